"""Guards: the conditions that must hold before a text may be written.

A guard such as ``source=event|webinar, knows.pain, !knows.decision_date, minutes<=10`` is a set of atoms, all of which
must hold. Each atom of a language has a bit, so whether a text may be written is one operation on integers.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from simcrm.models.account_story import Channel, CommitteeRole, LostReason, PromiseKind, SceneKind, SceneOutcome, Topic
from simcrm.models.lead_events import DealOutcome

FactValue: TypeAlias = str | int | frozenset[str]
GuardFacts: TypeAlias = Mapping[str, FactValue]
"""What is so in a scene, by name: a choice as text, a number, a flag as bool, topics as a set. Absent means not so."""

MaskByValue: TypeAlias = Callable[[FactValue | None], int]

_CONDITION = re.compile(r"(?P<negation>!?)\s*(?P<name>[\w.]+)\s*(?:(?P<op>>=|<=|=|<|>)\s*(?P<operand>.+))?")
_EXAMPLES = "knows.pain, source=event|demo, minutes<=10 or !promise"
_SET = "knows"
_KNOWS = f"{_SET}."
_MASKS_PER_NAME = 4096
_ORDER: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class GuardError(ValueError):
    """A guard is invalid; says what is wrong and what would be right."""

    def __init__(self, condition: str, reason: str) -> None:
        super().__init__(f"{condition!r}: {reason}")


class Atom(NamedTuple):
    """One condition. ``op`` is empty for a name that stands alone; ``values`` are several only with ``=``."""

    name: str
    op: str = ""
    values: tuple[str | int, ...] = ()
    negated: bool = False

    def __str__(self) -> str:
        op = "." if self.name == _SET else self.op
        return f"{'!' * self.negated}{self.name}{op}{'|'.join(map(str, self.values))}"

    @property
    def opposite(self) -> "Atom":
        """The condition that holds if and only if this one does not."""
        return self._replace(negated=not self.negated)

    def holds(self, value: FactValue | None) -> bool:
        """Whether the condition holds for the value of its name; no comparison holds for None."""
        return (value is not None and self._matches(value)) != self.negated

    def _matches(self, value: FactValue) -> bool:
        if not self.op:
            return bool(value)
        if self.op in _ORDER:
            return isinstance(value, int) and _ORDER[self.op](value, int(self.values[0]))
        members = value if isinstance(value, frozenset) else (value,)
        return any((member.lower() if isinstance(member, str) else member) in self.values for member in members)


class AtomDomain(NamedTuple):
    """What a name may be compared with, and whether it may stand alone."""

    choices: tuple[str, ...] = ()
    is_number: bool = False
    is_flag: bool = False

    @property
    def example(self) -> str:
        """What may follow the name in a condition."""
        return "<=10" if self.is_number else f"={'|'.join(self.choices)}"


_NUMBER, _FLAG = AtomDomain(is_number=True), AtomDomain(is_flag=True)
_DOMAINS = {
    "kind": AtomDomain(tuple(map(str, SceneKind))),
    "channel": AtomDomain(tuple(map(str, Channel))),
    "outcome": AtomDomain(tuple(map(str, SceneOutcome))),
    _SET: AtomDomain(tuple(map(str, Topic))),
    "decider": AtomDomain(("main", "other", "absent")),
    "main.role": AtomDomain(tuple(role.lower() for role in CommitteeRole)),
    "promise": AtomDomain(tuple(map(str, PromiseKind)), is_flag=True),
    "deal": AtomDomain(tuple(map(str, DealOutcome)), is_flag=True),
    "reason": AtomDomain(tuple(map(str, LostReason))),
    "temperature": AtomDomain(("hot", "warm", "cold")),
    # What somebody asks support about: the first two are faults, the others are not.
    "request": AtomDomain(("product_issue", "billing_issue", "feature_request", "general_inquiry")),
    **dict.fromkeys(("minutes", "people", "employees", "hour", "seats", "discount", "scenes"), _NUMBER),
    **dict.fromkeys(("days_quiet", "due_days", "decision_days", "met"), _NUMBER),
    **dict.fromkeys(("main.first", "decider.met", "introduced", "existing", "renewal", "customer"), _FLAG),
    **dict.fromkeys(("subscription", "done", "answers"), _FLAG),
    # Of slots alone: a person has a title, the text is about what somebody asks support.
    **dict.fromkeys(("main.title", "other.title", "decider.title", "issue"), _FLAG),
}


class GuardParser:
    """Parses the guards of one language and kind of scenario; ``sources`` are how an account may have come."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._domains = {**_DOMAINS, "source": AtomDomain(tuple(sources))}

    def parse(self, guard: str) -> frozenset[Atom]:
        """Parse a guard. Raises GuardError."""
        return frozenset(self._parse_atom(condition.strip()) for condition in guard.split(","))

    def _parse_atom(self, condition: str) -> Atom:
        match = _CONDITION.fullmatch(condition)
        if match is None:
            raise GuardError(condition, f"is no condition such as {_EXAMPLES}")
        negated, name, op = bool(match["negation"]), match["name"], match["op"] or ""
        if name.startswith(_KNOWS) and not op:
            return Atom(_SET, "=", self._choices(_SET, name.removeprefix(_KNOWS), condition), negated)
        self._check_operator(name, op, condition)
        return Atom(name, op, self._values(name, op, match["operand"], condition), negated)

    def _check_operator(self, name: str, op: str, condition: str) -> None:
        domain = self._domains.get(name)
        if domain is None or name == _SET:
            raise GuardError(condition, f"there is no {name!r}{suggestion(name, self._names())}")
        if not op and not domain.is_flag:
            raise GuardError(condition, f"must be compared, as in {name}{domain.example}")
        if (op in _ORDER and not domain.is_number) or (op and domain is _FLAG):
            raise GuardError(condition, f"cannot be compared by {op!r}; write {name}{domain.example.rstrip('=')}")

    def _names(self) -> list[str]:
        return [*self._domains, *(f"{_KNOWS}{topic}" for topic in Topic)]

    def _values(self, name: str, op: str, operand: str, condition: str) -> tuple[str | int, ...]:
        if not op:
            return ()
        if not self._domains[name].is_number:
            return self._choices(name, operand, condition)
        numbers = operand.split("|") if op == "=" else [operand]
        if not all(number.strip().isdecimal() for number in numbers):
            raise GuardError(condition, f"needs a whole number, as in {name}{op}10")
        return tuple(map(int, numbers))

    def _choices(self, name: str, operand: str, condition: str) -> tuple[str, ...]:
        choices = self._domains[name].choices
        values = tuple(value.strip() for value in operand.split("|"))
        for value in values:
            if value not in choices:
                raise GuardError(condition, f"{value!r} is none of {', '.join(choices)}{suggestion(value, choices)}")
        return tuple(sorted(values))


class AtomTable:
    """The atoms of a language, each with a bit."""

    def __init__(self, atoms: Iterable[Atom]) -> None:
        self._bits = {atom: 1 << number for number, atom in enumerate(sorted(set(atoms), key=str))}
        self._masks = [(name, self._mask_by_value(name)) for name in sorted({atom.name for atom in self._bits})]

    def __len__(self) -> int:
        return len(self._bits)

    def mask(self, atoms: Iterable[Atom]) -> int:
        """Return the bits of some atoms."""
        mask = 0
        for atom in atoms:
            mask |= self._bits[atom]
        return mask

    def state(self, facts: GuardFacts) -> int:
        """Return the bits of all atoms that hold."""
        state = 0
        for name, mask_by_value in self._masks:
            state |= mask_by_value(facts.get(name))
        return state

    def _mask_by_value(self, name: str) -> MaskByValue:
        atoms = [atom for atom in self._bits if atom.name == name]
        if name == _SET:
            return self._mask_by_members(atoms)
        return lru_cache(_MASKS_PER_NAME)(lambda value: self.mask(atom for atom in atoms if atom.holds(value)))

    def _mask_by_members(self, atoms: Iterable[Atom]) -> MaskByValue:
        """Return the masks of sets, of which there are too many to remember; a member changes the bits of its atoms."""
        empty = self.mask(atom for atom in atoms if atom.negated)
        changes = {str(atom.values[0]): self._bits[atom] | self._bits.get(atom.opposite, 0) for atom in atoms}

        def mask(value: FactValue | None) -> int:
            state = empty
            for member in value if isinstance(value, frozenset) else ():
                state ^= changes.get(member, 0)
            return state

        return mask


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that resembles an unknown one, to end a message; empty if none does."""
    matches = get_close_matches(name, list(known), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
