"""A life as it unfolds: deals that walk through their stages, contacts that move down the funnel.

Where everything is written at once, a deal is written as it stands at the end. Where a run follows the clock, it is
written when it opens and again at each stage: the same record by its key, so the portal shows one deal with a history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.lead_events import (
    STAGE_AFTER_TRIGGER,
    ActivityEvent,
    DealOutcome,
    DealState,
    LifecycleStage,
    LifecycleTrigger,
)


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """A turning point of a lead's life."""

    trigger: LifecycleTrigger
    at: datetime


def with_stage_changes(
    events: Sequence[ActivityEvent], triggers: Sequence[TriggerEvent], pipeline: DealPipeline
) -> list[ActivityEvent]:
    """The events with each change of stage as an event of its own, in the order they happen."""
    final = next((event.deal for event in events if event.object_type is ObjectType.DEALS), None)
    walk = [] if final is None else list(_deal_stages(final, pipeline))
    others = [_with_deal_at_time(event, walk) for event in events if event.object_type is not ObjectType.DEALS]
    deals = [ActivityEvent(ObjectType.DEALS, 0, at, _state_trigger(state), state) for at, state in walk]
    return sorted([*others, *deals, *_contact_stages(triggers)], key=lambda event: (event.at, event.object_type))


def _deal_stages(deal: DealState, pipeline: DealPipeline) -> Iterator[tuple[datetime, DealState]]:
    """When the deal reaches which stage."""
    for place, stage in enumerate(pipeline.open):
        at = deal.opened_at + (deal.closes_at - deal.opened_at) * place / len(pipeline.open)
        yield at, replace(deal, stage=stage, outcome=DealOutcome.OPEN)
    if deal.outcome is not DealOutcome.OPEN:
        yield deal.closes_at, deal


def _state_trigger(state: DealState) -> LifecycleTrigger:
    return {
        DealOutcome.OPEN: LifecycleTrigger.OPPORTUNITY,
        DealOutcome.WON: LifecycleTrigger.WON,
        DealOutcome.LOST: LifecycleTrigger.LOST,
    }[state.outcome]


def _with_deal_at_time(event: ActivityEvent, walk: Sequence[tuple[datetime, DealState]]) -> ActivityEvent:
    """An activity knows of its deal what was true when it happened."""
    if event.deal is None:
        return event
    return replace(event, deal=[state for at, state in walk if at <= event.at][-1])


def _contact_stages(triggers: Sequence[TriggerEvent]) -> Iterator[ActivityEvent]:
    """The contact's way forward; HubSpot does not let a lifecycle stage go back."""
    order, reached = list(LifecycleStage), LifecycleStage.LEAD
    for cause in triggers:
        stage = STAGE_AFTER_TRIGGER[cause.trigger]
        if order.index(stage) > order.index(reached):
            reached = stage
            yield ActivityEvent(ObjectType.CONTACTS, 0, cause.at, cause.trigger, stage=stage)
