"""Stage changes as events: deals move through their stages, contacts move down the funnel.

If everything is written at once, a deal is written in its final state. If a run follows the clock, the deal is written
when it opens and again at each stage, under the same key, so that the portal shows one deal with a history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    TriggerEvent,
)


def with_stage_changes(
    events: Sequence[ActivityEvent], triggers: Sequence[TriggerEvent], pipeline: DealPipeline
) -> list[ActivityEvent]:
    """Return the events, with each stage change as a separate event, in chronological order."""
    final = next((event.deal for event in events if event.object_type is ObjectType.DEALS), None)
    walk = [] if final is None else list(_deal_stages(final, pipeline))
    others = [_with_deal_at_time(event, walk) for event in events if event.object_type is not ObjectType.DEALS]
    deals = [ActivityEvent(ObjectType.DEALS, 0, at, _state_trigger(state), state) for at, state in walk]
    return sorted([*others, *deals, *_contact_stages(triggers)], key=lambda event: (event.at, event.object_type))


def _deal_stages(deal: DealState, pipeline: DealPipeline) -> Iterator[tuple[datetime, DealState]]:
    """Yield the deal's stages and when it reaches them."""
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
    """Return an activity with its deal's state at the time of the activity."""
    if event.deal is None:
        return event
    return replace(event, deal=[state for at, state in walk if at <= event.at][-1])


def _contact_stages(triggers: Sequence[TriggerEvent]) -> Iterator[ActivityEvent]:
    """Yield the contact's stage changes, only forward: HubSpot does not let a lifecycle stage go back."""
    order, reached = list(LifecycleStage), LifecycleStage.LEAD
    for cause in triggers:
        stage = STAGE_AFTER_TRIGGER[cause.trigger]
        if order.index(stage) > order.index(reached):
            reached = stage
            yield ActivityEvent(ObjectType.CONTACTS, 0, cause.at, cause.trigger, stage=stage)
