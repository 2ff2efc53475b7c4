"""What `ansible-inventory --list` prints, for many inventories at once. A program of its own: run it, do not import it.

On standard input a JSON list of calls, each with a folder and the arguments; on standard output the list of answers.
Ansible is loaded once; each call is made in a child process, for it keeps the first call's inventory for ever.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn


def ask(command: Any) -> NoReturn:
    """Run it, and leave the process: nothing of its parent's is to be tidied up here."""
    try:
        command.run()
    except SystemExit:
        os._exit(0)
    except BaseException:  # noqa: BLE001  whatever it is, this child must not go on as its parent
        traceback.print_exc()
    os._exit(1)


def main() -> None:
    from ansible.cli.inventory import InventoryCLI  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types

    answers = []
    for call in json.load(sys.stdin):
        with tempfile.NamedTemporaryFile() as output:
            child = os.fork()
            if child == 0:
                os.chdir(call["folder"])
                os.dup2(2, 1)  # what it prints beside the list is for people
                ask(InventoryCLI(["ansible-inventory", "--list", "--output", output.name, *call["arguments"]]))
            if os.waitpid(child, 0)[1] != 0:
                sys.exit(f"ansible-inventory failed: {call}")
            answers.append(json.loads(Path(output.name).read_text("utf-8")))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
