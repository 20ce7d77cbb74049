"""Activities of an account before its scenes are in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from simcrm.models.account_story import Purpose, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger


class TouchDraft(NamedTuple):
    """A touch before its scene has a number: ``scene`` is a place in the list of scene drafts."""

    object_type: ObjectType
    at: datetime
    scene: int
    position: int
    trigger: LifecycleTrigger
    purpose: Purpose
    answers: "TouchDraft | None" = None
    is_done: bool = False
    entered_at: datetime | None = None
    closed_at: datetime | None = None


def number_touches(touches: Sequence[TouchDraft], scenes: Mapping[int, int]) -> tuple[Touch, ...]:
    """Return touches in chronological order; ``scenes`` are the numbers of scenes by their places as drafts."""
    ordered = sorted(touches, key=lambda touch: touch.at)
    places = {id(touch): place for place, touch in enumerate(ordered)}
    return tuple(
        Touch(
            touch.object_type,
            touch.at,
            scenes[touch.scene],
            touch.position,
            touch.trigger,
            touch.purpose,
            None if touch.answers is None else places[id(touch.answers)],
            touch.is_done,
            touch.entered_at,
            touch.closed_at,
        )
        for touch in ordered
    )
