"""The table of docs/security.md: who may do what on which resource, and why."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action on one resource, in the notation of the table."""

    who: str
    action: str
    resource: str
    condition: str = ""

    def covers(self, call: "Grant") -> bool:
        """Whether a call of the same function is allowed by this."""
        same = (self.who, self.action) == (call.who, call.action)
        return same and fnmatchcase(call.resource, self.resource)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table."""

    grants: frozenset[Grant]
    reason: str


def rows() -> list[Row]:
    """All rows, in order."""
    lines = PAGE.read_text(encoding="utf-8").split("| who | action |")[1].split("\n\n")[0].splitlines()[2:]
    return [_row([cell.strip() for cell in line.strip("|").split("|")]) for line in lines]


def read_granted() -> set[Grant]:
    """All that the table grants."""
    return {grant for row in rows() for grant in row.grants}


def _row(cells: list[str]) -> Row:
    who, actions, resources, condition, reason = cells
    made = {
        Grant(who, action, resource, condition)
        for action in _split_list(actions)
        for resource in _split_list(resources)
    }
    return Row(frozenset(made), reason)


def _split_list(cell: str) -> list[str]:
    return _CODE.findall(cell)
