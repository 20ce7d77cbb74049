"""The patterns of scene texts: which of their variants may be drawn in a state."""

from collections.abc import Iterable
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from simcrm.synthetic.scene_rules import RuleLine, Rules, slot_atoms
from simcrm.synthetic.seeded_random import StreamRandom
from simcrm.synthetic.template_parser import Slot, Variant, variants
from simcrm.synthetic.text_guards import AtomTable


class _VariantGroup(NamedTuple):
    """The variants of a pattern that need the same bits."""

    required: int
    variants: tuple[Variant, ...]


class AllowedLine(NamedTuple):
    """The variants of a pattern that may be drawn, in groups; ``number`` is the pattern's place in its rule."""

    groups: tuple[tuple[Variant, ...], ...]
    size: int
    number: int = 0

    def pick(self, rng: StreamRandom) -> Variant:
        """Draw one of the variants, all equally likely."""
        number = rng.next_u32() * self.size >> 32
        for group in self.groups:
            if number < len(group):
                break
            number -= len(group)
        return group[number]


class Requirements:
    """The bits that lines and slots need: those of conditions, and one for each rule that has a line to draw.

    For each rule, ``own`` are the bits that its lines need, ``used`` the rules among them with their bits, and
    ``relevant`` the bits of conditions that its lines and the rules it uses need.
    """

    def __init__(self, rules: Rules) -> None:
        lines = [line for own in rules.values() for line in own]
        atoms = {slot: own for slot, own in slot_atoms().items() if any(slot in line.slots for line in lines)}
        self.atoms = AtomTable({atom for own in (*atoms.values(), *(line.atoms for line in lines)) for atom in own})
        self._rules = {rule: 1 << len(self.atoms) + number for number, rule in enumerate(rules)}
        self._slots = {**{slot: self.atoms.mask(own) for slot, own in atoms.items()}, **self._rules}
        self.own: dict[str, int] = {}
        self.relevant: dict[str, int] = {}
        self.used: dict[str, list[tuple[str, int]]] = {}
        for rule, own in rules.items():
            self._add(rule, own)

    def guard(self, line: RuleLine) -> int:
        """Return the bits that a line's guard needs."""
        return self.atoms.mask(line.atoms)

    def slots(self, slots: Iterable[str]) -> int:
        """Return the bits that slots need."""
        mask = 0
        for slot in slots:
            mask |= self._slots.get(slot, 0)
        return mask

    def _add(self, rule: str, lines: Iterable[RuleLine]) -> None:
        slots = {slot for line in lines for slot in line.slots}
        self.used[rule] = [(slot, self._rules[slot]) for slot in sorted(slots & self._rules.keys())]
        atoms = {atom for line in lines for atom in line.atoms}
        relevant = self.atoms.mask(atoms) | self.slots(slots - self._rules.keys())
        self.own[rule] = relevant | self.slots(slots & self._rules.keys())
        for used, _ in self.used[rule]:
            relevant |= self.relevant[used]
        self.relevant[rule] = relevant


class ScenePattern:
    """A pattern of a rule; its variants are built when its guard holds for the first time."""

    def __init__(self, line: RuleLine, requirements: Requirements, *, capitals: bool) -> None:
        self._line, self._requirements, self._capitals = line, requirements, capitals
        self._guard = requirements.guard(line)
        self._allowed: dict[tuple[bool, ...], AllowedLine] = {}

    def select_allowed(self, state: int) -> AllowedLine | None:
        """Return the variants that may be drawn in a state; None if there are none."""
        if self._guard & ~state:
            return None
        selection = tuple(not group.required & ~state for group in self._groups)
        return self._select(selection) if any(selection) else None

    def _select(self, selection: tuple[bool, ...]) -> AllowedLine:
        line = self._allowed.get(selection)
        if line is None:
            groups = tuple(group.variants for group in compress(self._groups, selection))
            line = self._allowed[selection] = AllowedLine(groups, sum(map(len, groups)))
        return line

    @cached_property
    def _groups(self) -> tuple[_VariantGroup, ...]:
        groups: dict[int, list[Variant]] = {}
        for variant in variants(self._line.pattern, capitals=self._capitals):
            mask = self._requirements.slots(part.name for part in variant if isinstance(part, Slot))
            groups.setdefault(mask, []).append(variant)
        return tuple(_VariantGroup(mask, tuple(members)) for mask, members in groups.items())
