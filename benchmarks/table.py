"""Figures as tables, for a terminal and for the manual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ABSENT = "–"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures by name, one for each column; what is missing is shown as absent."""

    title: str
    corner: str
    columns: Sequence[str]
    rows: Mapping[str, Mapping[str, float]]
    digits: int

    def cells(self) -> list[list[str]]:
        """The table as text: the head first, then a line for each row that has a figure."""
        return [
            [self.corner, *self.columns],
            *(
                [name, *(f"{row[c]:.{self.digits}f}" if c in row else ABSENT for c in self.columns)]
                for name, row in self.rows.items()
                if row
            ),
        ]


def as_text(conditions: Sequence[str], tables: Sequence[Table]) -> str:
    """The tables with aligned columns, below the conditions."""
    parts = ["\n".join(conditions)]
    for table in tables:
        cells = table.cells()
        widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
        lines = [
            "  ".join(
                [
                    line[0].ljust(widths[0]),
                    *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
                ]
            )
            for line in cells
        ]
        parts.append("\n".join([table.title, *lines]))
    return "\n\n".join(parts) + "\n"


def as_markdown(conditions: Sequence[str], tables: Sequence[Table]) -> str:
    """The same for a page of the manual."""
    parts = ["\n".join(f"- {line}" for line in conditions)]
    for table in tables:
        head, *rows = table.cells()
        lines = [f"**{table.title}**", "", row(head), "|---|" + "---:|" * len(table.columns), *map(row, rows)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def into_page(page: str, figures: str) -> str:
    """A page of the manual with new figures between its marks. Raises ValueError where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
