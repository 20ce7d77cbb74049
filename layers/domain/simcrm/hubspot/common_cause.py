"""When the records of a batch are not to blame: all are refused for one cause, batch after batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from simcrm.hubspot.errors import TypeRefusedError
from simcrm.hubspot.input_errors import Refusal
from simcrm.models.crm_objects import ObjectType, PlannedObject

FEWEST = 10
"""Objects of a batch from which on a common cause is looked for; fewer are simply halved, which costs little."""

Try = Callable[[Sequence[PlannedObject]], Refusal | None]
"""Writes objects, or tells why the portal has refused all of them without saying which are bad."""


def divide(objects: Sequence[PlannedObject], refusal: Refusal, attempt: Try) -> dict[str, Refusal]:
    """The reasons by key, where a call for these objects was refused as a whole; the others are written.

    Each half is tried. Where only one is refused, the bad objects are in it, and it is halved on. Where both are, three
    objects are tried alone: if these are refused for the same cause, so are all.
    """
    if len(objects) < FEWEST:
        return _halve(objects, refusal, attempt)
    halves = _refused_halves(objects, attempt)
    alone: dict[str, Refusal] = {}
    if len(halves) == 2:  # noqa: PLR2004 - one half is fine otherwise
        probes = (objects[len(objects) // 4], objects[3 * len(objects) // 4], objects[-1])
        for probe in probes:
            found = attempt([probe])
            if found is None or not found.is_like(refusal):
                alone |= {} if found is None else {probe.key: found}
                halves = [([item for item in half if item is not probe], again) for half, again in halves]
                break
            alone[probe.key] = found
        else:
            return dict.fromkeys((item.key for item in objects), refusal) | alone
    left = (([item for item in half if item.key not in alone], again) for half, again in halves)
    return alone | _merged(_halve(rest, again, attempt) for rest, again in left if rest)


def _halve(objects: Sequence[PlannedObject], refusal: Refusal, attempt: Try) -> dict[str, Refusal]:
    if len(objects) == 1:
        return {objects[0].key: refusal}
    return _merged(_halve(half, again, attempt) for half, again in _refused_halves(objects, attempt))


def _refused_halves(objects: Sequence[PlannedObject], attempt: Try) -> list[tuple[Sequence[PlannedObject], Refusal]]:
    """The halves of what was refused that are refused too, each with HubSpot's answer."""
    middle = len(objects) // 2
    return [(half, again) for half in (objects[:middle], objects[middle:]) if (again := attempt(half)) is not None]


def _merged(parts: Iterable[dict[str, Refusal]]) -> dict[str, Refusal]:
    return {key: refusal for part in parts for key, refusal in part.items()}


@dataclass(slots=True)
class CommonCauses:
    """Which types of which runs have had a batch refused as a whole and none written since; one for a process."""

    _seen: set[tuple[str, ObjectType]] = field(default_factory=set)

    def settled(self, objects: Sequence[PlannedObject]) -> None:
        """Some of these objects were written, so the next refusal is the records'."""
        self._seen -= _runs(objects)

    def refused(self, objects: Sequence[PlannedObject], refusal: Refusal) -> None:
        """A whole batch was refused for one cause.

        Raises:
            TypeRefusedError: as was the one before of the same type and run.
        """
        runs = _runs(objects)
        again = runs & self._seen
        self._seen |= runs
        if again:
            kind = objects[0].object_type
            raise TypeRefusedError(
                f"HubSpot refuses all {kind}, and none of them is to blame ({refusal.message.rstrip('.')}): mend that "
                "in the portal, then resume the simulation."
            )


def _runs(objects: Sequence[PlannedObject]) -> set[tuple[str, ObjectType]]:
    return {(item.key.partition(":")[0], item.object_type) for item in objects}
