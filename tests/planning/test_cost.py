"""What a plan costs grows in step with its hosts, also where nothing of a step is the same on any two of them."""

from __future__ import annotations

import cProfile
import pstats

from executor.checking.checking import foreseen
from executor.planning import text
from tests.planning.planner import Project

STEPS = """
    - {name: One, shell: "one {{ n }}", unless: "test -e {{ n }}", rollback: "undo {{ n }}"}
    - {name: Two, copy: {content: "{{ n }}", dest: "/f{{ n }}"}, register: file}
    - {name: Three, shell: "three {{ n }} {{ file.rc }}", when: file.changed}
    """


def calls(project: Project, hosts: int) -> int:
    """How many functions are called to plan these steps, to say what is known of them, and to write it down."""
    names = ", ".join(f"h{n}" for n in range(hosts))
    each = "".join(f"  h{n}: {{address: h{n}, vars: {{n: {n}}}}}\n" for n in range(hosts))
    project.inventory = f"hosts:\n{each}groups:\n  web: {{hosts: [{names}]}}\n"
    profile = cProfile.Profile()
    profile.enable()
    plan = project.plan(STEPS)
    shown = text(plan, findings=foreseen(plan))
    profile.disable()
    assert shown.count("$ one ") == hosts
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]  # not in its stubs


def test_twice_as_many_more_hosts_cost_twice_as_much_more(project: Project) -> None:
    calls(project, 2)  # what is made once
    few, some, many = (calls(project, hosts) for hosts in (20, 40, 80))
    assert many - some < 2.02 * (some - few)
