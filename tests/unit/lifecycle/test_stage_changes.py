"""A life as it unfolds, against the same life told at its end."""

from datetime import datetime

import pytest
from builders import DAY, START

from simcrm.lifecycle import LifecycleSettings, initial_stage, simulate_lead
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import SeedSequence

LEADS = 400
SEED = SeedSequence("history")
PARAMETERS = load_scenario("B2B").parameters
TOLD = LifecycleSettings(parameters=PARAMETERS, pipeline=DEFAULT_PIPELINE, cutoff=None, emit_stage_changes=False)
UNFOLDING = LifecycleSettings(parameters=PARAMETERS, pipeline=DEFAULT_PIPELINE, cutoff=None, emit_stage_changes=True)
DEALS, CONTACTS = ObjectType.DEALS, ObjectType.CONTACTS


def simulate(index: int, settings: LifecycleSettings = UNFOLDING) -> list[ActivityEvent]:
    return simulate_lead(SEED, index, START, **settings)


def events_of_type(kind: ObjectType, events: list[ActivityEvent]) -> list[ActivityEvent]:
    return [event for event in events if event.object_type is kind]


WITH_DEAL = [index for index in range(LEADS) if events_of_type(DEALS, simulate(index, TOLD))]


def test_events_stand_in_the_order_in_which_they_happen() -> None:
    for index in range(LEADS):
        times = [event.at for event in simulate(index)]
        assert times == sorted(times)


@pytest.mark.parametrize("kind", [kind for kind in ObjectType if kind not in {DEALS, CONTACTS}])
def test_activities_are_those_of_the_life_told_at_its_end(kind: ObjectType) -> None:
    def plain(events: list[ActivityEvent]) -> list[tuple[int, datetime]]:
        return [(event.ordinal, event.at) for event in events_of_type(kind, events)]

    assert all(plain(simulate(index)) == plain(simulate(index, TOLD)) for index in range(LEADS))


def test_a_deal_walks_through_the_pipeline_to_the_end_it_has() -> None:
    for index in WITH_DEAL:
        final = events_of_type(DEALS, simulate(index, TOLD))[0].deal
        walk = [event.deal for event in events_of_type(DEALS, simulate(index))]
        assert [state.stage for state in walk if state][:-1] == list(DEFAULT_PIPELINE.open)
        assert walk[-1] == final
        assert all(state is not None and state.outcome is DealOutcome.OPEN for state in walk[:-1])


def test_a_deal_is_one_record_that_opens_and_closes_when_it_says() -> None:
    for index in WITH_DEAL:
        events = events_of_type(DEALS, simulate(index))
        assert {event.ordinal for event in events} == {0}
        assert events[0].deal is not None
        assert (events[0].at, events[-1].at) == (events[0].deal.opened_at, events[0].deal.closes_at)


def test_an_activity_does_not_know_how_its_deal_will_end() -> None:
    early = [
        e for i in WITH_DEAL for e in simulate(i) if e.deal and e.object_type is not DEALS and e.at < e.deal.closes_at
    ]

    assert len(early) > 100
    assert all(event.deal is not None and event.deal.outcome is DealOutcome.OPEN for event in early)


def test_a_contact_starts_as_a_lead_and_ends_where_the_told_life_has_it() -> None:
    for index in range(LEADS):
        stages = [
            initial_stage(SEED, index, START, **UNFOLDING),
            *(e.stage for e in events_of_type(CONTACTS, simulate(index))),
        ]
        assert stages[0] is LifecycleStage.LEAD
        assert stages[-1] is initial_stage(SEED, index, START, **TOLD)


def test_a_contact_never_goes_back() -> None:
    order = list(LifecycleStage)
    for index in range(LEADS):
        places = [order.index(event.stage) for event in events_of_type(CONTACTS, simulate(index)) if event.stage]
        assert places == sorted(set(places))


@pytest.mark.parametrize("days", [0, 5, 30, 80])
def test_a_horizon_cuts_a_life_off_and_leaves_what_is_before_it_as_it_was(days: int) -> None:
    cutoff = START + days * DAY
    until: LifecycleSettings = {**UNFOLDING, "cutoff": cutoff}

    for index in range(LEADS):
        assert simulate(index, until) == [event for event in simulate(index) if event.at <= cutoff]


def test_what_happens_at_the_horizon_itself_is_kept() -> None:
    for index in WITH_DEAL[:50]:
        for place, event in enumerate(simulate(index)):
            assert len(simulate(index, {**UNFOLDING, "cutoff": event.at})) > place
