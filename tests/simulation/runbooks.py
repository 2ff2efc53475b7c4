"""Runbooks and inventories at random, as their authors would write them. The same dice give the same text.

Names of results (`r1`, …) are used where the step that gives them has run on that host: the plans are all fit to run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]

VALUES = ("plain", "it's two words", "$HOME `x`", "-rf *", "größe")


@dataclass(slots=True)
class Author:
    """Writes one runbook. `late`: some of its values are known in the run alone."""

    dice: Random
    late: bool
    hosts: int = 3
    number: int = 0
    everywhere: list[str] = field(default_factory=list)  # names of results that all hosts have by now
    once: list[str] = field(default_factory=list)  # what `once` can be in this stage
    text: str = ""  # the runbook

    def __post_init__(self) -> None:
        self.text = json.dumps(self.runbook())

    def perhaps(self, chance: float) -> bool:
        return self.dice.random() < chance

    def inventory(self) -> str:
        names = [f"h{n}" for n in range(1, self.hosts + 1)]
        hosts = {name: {"address": f"203.0.113.{n}", "vars": {"n": n}} for n, name in enumerate(names, 1)}
        hosts["db"] = {"address": "203.0.113.99", "vars": {"n": 99}}
        some = [name for name in names if self.perhaps(0.6)] or names[:1]
        groups = {"web": {"hosts": names, "vars": {"color": self.dice.choice(VALUES)}}, "some": {"hosts": some}}
        return json.dumps({"vars": {"color": "grey"}, "hosts": hosts, "groups": groups})

    def runbook(self) -> Node:
        stages = [self.stage(number) for number in range(1, self.dice.randint(1, 3) + 1)]
        book: Node = {"name": "Random", "vars": {"given": self.dice.choice(VALUES)}, "stages": stages}
        if self.perhaps(0.3):
            book["always"] = [{"name": "Last", "shell": "last {{ given }}"}]
        return book

    def stage(self, number: int) -> Node:
        stage: Node = {"name": f"Stage {number}", "hosts": self.dice.choice(["web", "some", "h1", "web:!h1", "web,db"])}
        stage |= self.dice.choice(
            [{}, {"serial": 2}, {"serial": "50%"}, {"serial": [1, "100%"]}, {"max_unavailable": 2}]
        )
        if self.perhaps(0.3):
            stage["when"] = self.dice.choice(["n > 1", "n < 3", *self.conditions(self.everywhere)])
        if self.perhaps(0.3):
            stage["vars"] = {"given": self.dice.choice(VALUES)}
        if self.perhaps(0.2):
            stage["become"] = True
        if self.perhaps(0.3):
            stage["traffic"] = {"drain": "drain {{ n }}", "restore": "restore {{ n }}"}
        if self.perhaps(0.3):
            stage["health"] = [{"shell": "healthy {{ n }}"}]
        if self.perhaps(0.3):
            stage["always"] = [{"name": "Leave", "shell": "leave {{ given }}"}]
        mine: list[str] = []
        self.once = [] if "max_unavailable" in stage else ["run", "stage"]  # a window's first host may be any
        stage["steps"] = [self.node(mine) for _ in range(self.dice.randint(1, 5))]
        if "when" not in stage:
            self.everywhere += [step["register"] for step in stage["steps"] if "register" in step and "once" in step]
        return stage

    def node(self, mine: list[str]) -> Node:
        if self.perhaps(0.15):
            block: Node = {
                "name": "Block",
                "block": [self.step(mine, plain=True) for _ in range(self.dice.randint(1, 2))],
            }
            return block | self.dice.choice([{}, {"when": "n < 3"}, {"loop": ["x", "it's"]}, {"become": True}])
        return self.step(mine)

    def step(self, mine: list[str], *, plain: bool = False) -> Node:
        """One step. `mine` are names of results in this stage; a `plain` step gives none."""
        self.number += 1
        names = (*mine, *self.everywhere)
        step: Node = {"name": f"Step {self.number}", **self.action(names)}
        if "shell" in step and self.perhaps(0.2):
            step["loop"] = self.dice.choice([["a", "b c"], [], "{{ [n, given] }}"])
            step["shell"] += " {{ item }}"
        if self.perhaps(0.2):
            step["when"] = self.dice.choice(["n > 1", "color != 'plain'", *self.conditions(names)])
        elif self.late and not plain and "shell" in step and "loop" not in step and self.perhaps(0.5):
            step["register"] = f"r{self.number}"
            if self.once and self.perhaps(0.3):
                step["once"] = self.dice.choice(self.once)
        elif self.once and not plain and "loop" not in step and self.perhaps(0.1):
            step["once"] = self.dice.choice(self.once)
        for chance, key, value in (
            (0.2, "delegate_to", "db"),
            (0.2, "environment", {"A": self.words(names), "B": "b"}),
            (0.1, "become_user", "app"),
            (0.15, "verify", {"shell": f"verify {self.number} {self.words(names)}"}),
            (0.1, "tags", ["slow"]),
            (0.4, "rollback", f"undo {self.number} {self.words(names)}"),
            (0.04, "irreversible", True),
        ):
            if self.perhaps(chance) and not (key == "tags" and "register" in step):
                step[key] = value
        if "register" in step:
            mine.append(step["register"])
        elif self.perhaps(0.2):
            for guard in self.dice.choice([("unless",), ("only_if",), ("unless", "only_if")]):
                step[guard] = f"{guard} {self.number} {self.words(names)} {self.dice.choice(['yes', 'no'])}"
        return step

    def action(self, names: tuple[str, ...]) -> Node:
        words, number = self.words(names), self.number
        match self.dice.choice(["shell"] * 5 + ["copy", "symlink", "stdin", "retry"]):
            case "copy":
                copy: Node = {"copy": {"dest": f"/f{number}", "content": f"{words}\n"}}
                return copy | ({"apply": f"apply {number} {words}"} if self.perhaps(0.5) else {})
            case "symlink":
                return {"symlink": {"dest": f"/l{number}", "to": f"to-{number}"}}
            case "stdin":
                return {"shell": f"read {number}", "stdin": words}
            case "retry":
                return {"shell": f"flaky {number} {words}", "retry": {"attempts": 3, "delay": "1s"}}
        return {"shell": f"do {number} {words}" + ("\nand more" if self.perhaps(0.2) else "")}

    def words(self, names: tuple[str, ...]) -> str:
        parts = ["{{ n }}", "{{ host.name }}", "{{ given }}", "'in {{ color }}'", '"{{ color }}"', "x"]
        parts += [f"{{{{ {name}.stdout }}}}" for name in names]
        return " ".join(self.dice.choices(parts, k=self.dice.randint(1, 3)))

    def conditions(self, names: tuple[str, ...] | list[str]) -> list[str]:
        return [f"{name}.rc == {rc}" for name in names for rc in (0, 5)] if self.late else []
