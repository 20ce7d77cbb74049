from builders import entry

from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.ledger_entries import LedgerEntry, Outcome, Tally, furthest_stages
from simcrm.storage.lifecycle_funnel import reached

LEAD, QUALIFIED, OPPORTUNITY, CUSTOMER = LifecycleStage


def at_stage(index: int, stage: LifecycleStage, outcome: Outcome = Outcome.WRITTEN) -> LedgerEntry:
    return entry(index=index).model_copy(update={"stage": stage, "outcome": outcome})


def test_a_contact_has_passed_every_stage_before_its_own() -> None:
    tally = Tally.of([at_stage(0, LEAD), at_stage(1, OPPORTUNITY), at_stage(2, CUSTOMER)])

    assert tally.funnel == {LEAD: 3, QUALIFIED: 2, OPPORTUNITY: 2, CUSTOMER: 1}


def test_a_change_of_stage_counts_its_contact_once() -> None:
    tally = Tally.of([at_stage(0, LEAD), at_stage(0, QUALIFIED), at_stage(0, CUSTOMER), at_stage(0, OPPORTUNITY)])

    assert tally.funnel == dict.fromkeys(LifecycleStage, 1)
    assert sum(tally.written.values()) == 1


def test_who_was_refused_or_has_no_stage_is_in_no_funnel() -> None:
    tally = Tally.of([at_stage(0, CUSTOMER, Outcome.REFUSED), entry(index=1)])

    assert tally.funnel == dict.fromkeys(LifecycleStage, 0)


def test_what_a_dry_run_keeps_back_counts() -> None:
    assert Tally.of([at_stage(0, LEAD, Outcome.DRY_RUN)]).funnel[LEAD] == 1


def test_only_stages_that_are_new_are_counted_as_a_run_goes_on() -> None:
    before = furthest_stages([at_stage(0, LEAD), at_stage(1, OPPORTUNITY)])
    now = furthest_stages([at_stage(0, OPPORTUNITY), at_stage(1, OPPORTUNITY), at_stage(2, LEAD)])

    assert reached(now, before) == {LEAD: 1, QUALIFIED: 1, OPPORTUNITY: 1, CUSTOMER: 0}
