"""However odd a script is: where its values are accepted, no shell that can read it runs anything of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from executor.errors import InvalidInput
from executor.model.leaves import Kind
from tests.templates.helpers import value
from tests.templates.shells import SHELLS, run

PIECES = [
    *("{{ x }}", " {{ x }} ", "'{{ x }}'", '"{{ x }}"', "$(echo {{ x }})", '"$(echo "{{ x }}")"', "{{ x }}\n"),
    *(
        "'",
        '"',
        "\\",
        "$",
        "`",
        "(",
        ")",
        "{",
        "}",
        "$(",
        "${a:-",
        "}",
        "$((",
        "))",
        "((",
        "#",
        " #",
        "\n",
        " ",
        ";",
        "&&",
    ),
    *(
        "<<E\n",
        "<<'E'\n",
        "<<-E\n",
        "<<\\E\n",
        "\nE\n",
        "\tE\n",
        "<<<",
        "<<",
        "<",
        ">",
        ">&",
        "<&",
        "&>",
        ">>",
        "<>",
        ">|",
        "2>&1 ",
        "case a in ",
        "a)",
        ";;",
    ),
    *(
        "esac",
        "if true; then ",
        "fi",
        "for i in ",
        "; do ",
        "done",
        "echo ",
        "a=",
        "$'",
        '$"',
        "[[ ",
        " -eq ",
        " ]]",
        "[",
        "]",
        "|",
    ),
    *("f() ", "{ ", "; }", "! ", "=", "/", "a", "1", "\r", "\t", "é", "!", "*", "~", "\\\n"),
]
SCRIPTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
# Each tries to get out of one place; all of them would leave a file behind.
HOSTILE = [
    "; >CANARY; #",
    "\n>CANARY\n",
    "$(>CANARY)",
    "`>CANARY`",
    "'; >CANARY; '",
    '"; >CANARY; "',
    "');>CANARY;('",
    "}; >CANARY; {",
    "\nE\n>CANARY\n",
    "|| >CANARY &",
    ") ; >CANARY ; (",
    "x[$(>CANARY)]",
    ";; *) >CANARY ;; esac",
]


def rendered(script: str) -> list[str]:
    """The script with each of the values, where it is accepted."""
    if "{{ x }}" not in script:
        return []
    try:
        return [value(script, Kind.SHELL, x=text) for text in HOSTILE]
    except InvalidInput:
        return []


# ksh hangs on some scripts that are broken anyway (`<<}<<$`), so it is not tried here.
@pytest.mark.parametrize(("name", "shell"), [shell for shell in SHELLS if shell[0] != "ksh"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=SCRIPTS)
@example(script='"${a:-\'}" {{ x }} "\'}"')
@example(script="echo $'\\'' {{ x }} '")
@example(script=">&{{ x }}")
@example(script="echo a >& b{{ x }}")
@example(script='echo a >&"$(echo b {{ x }})"')
@example(script="[[ {{ x }} -eq 1 ]]")
@example(script="cat <<E; echo '\nE\n' {{ x }}\nE\n")
def test_nothing_of_a_value_is_run(name: str, shell: list[str], script: str, tmp_path: Path) -> None:
    assert name
    canary = tmp_path / "CANARY"
    for text in rendered(script):
        run(shell, text + "\n", tmp_path)
        ran = canary.exists()
        canary.unlink(missing_ok=True)
        assert not ran, text
