"""Detects batches that are refused for one common cause, so that their records are not to blame."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from simcrm.hubspot.errors import CommonCauseError
from simcrm.hubspot.input_errors import InputError
from simcrm.models.crm_objects import CrmObject, ObjectType

MIN_OBJECTS = 10
"""The smallest batch checked for a common cause; smaller ones are simply halved, which costs little."""

Attempt = Callable[[Sequence[CrmObject]], InputError | None]
"""Writes objects, or returns why the portal refused all of them without saying which are bad."""


def find_rejected(objects: Sequence[CrmObject], input_error: InputError, attempt: Attempt) -> dict[str, InputError]:
    """The reasons by key, after a call for these objects was refused as a whole; the others are written.

    Each half is tried. If only one is refused, it contains the bad objects and is halved further. If both are, three
    objects are tried alone: if they are refused for the same cause, all objects count as refused.
    """
    if len(objects) < MIN_OBJECTS:
        return _find_in_halves(objects, input_error, attempt)
    halves = _rejected_halves(objects, attempt)
    alone: dict[str, InputError] = {}
    if len(halves) == 2:  # noqa: PLR2004 - otherwise one half is fine
        probes = (objects[len(objects) // 4], objects[3 * len(objects) // 4], objects[-1])
        for probe in probes:
            probe_error = attempt([probe])
            if probe_error is None or not probe_error.has_same_cause(input_error):
                alone |= {} if probe_error is None else {probe.key: probe_error}
                halves = [([item for item in half if item is not probe], again) for half, again in halves]
                break
            alone[probe.key] = probe_error
        else:
            return dict.fromkeys((item.key for item in objects), input_error) | alone
    remaining = (([item for item in half if item.key not in alone], again) for half, again in halves)
    return alone | _merge(_find_in_halves(rest, again, attempt) for rest, again in remaining if rest)


def _find_in_halves(objects: Sequence[CrmObject], input_error: InputError, attempt: Attempt) -> dict[str, InputError]:
    if len(objects) == 1:
        return {objects[0].key: input_error}
    return _merge(_find_in_halves(half, again, attempt) for half, again in _rejected_halves(objects, attempt))


def _rejected_halves(objects: Sequence[CrmObject], attempt: Attempt) -> list[tuple[Sequence[CrmObject], InputError]]:
    """The halves of the refused objects that are refused too, each with HubSpot's error."""
    middle = len(objects) // 2
    return [(half, again) for half in (objects[:middle], objects[middle:]) if (again := attempt(half)) is not None]


def _merge(parts: Iterable[dict[str, InputError]]) -> dict[str, InputError]:
    return {key: input_error for part in parts for key, input_error in part.items()}


@dataclass(slots=True)
class CommonCauses:
    """Types and runs with a whole batch refused and nothing written since; one instance per process."""

    _seen: set[tuple[str, ObjectType]] = field(default_factory=set)

    def note_success(self, objects: Sequence[CrmObject]) -> None:
        """Record that some of these objects were written, so the records are to blame for the next refusal."""
        self._seen -= _runs(objects)

    def note_rejection(self, objects: Sequence[CrmObject], input_error: InputError) -> None:
        """Record that a whole batch was refused for one cause.

        Raises:
            CommonCauseError: so was the previous batch of the same type and run.
        """
        runs = _runs(objects)
        again = runs & self._seen
        self._seen |= runs
        if again:
            kind = objects[0].object_type
            raise CommonCauseError(
                f"HubSpot refuses all {kind} for the same reason ({input_error.message.rstrip('.')}): "
                "fix it in the portal, then resume the simulation."
            )


def _runs(objects: Sequence[CrmObject]) -> set[tuple[str, ObjectType]]:
    return {(item.key.partition(":")[0], item.object_type) for item in objects}
