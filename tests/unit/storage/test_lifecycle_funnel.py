from builders import entry

from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, LedgerTotals, furthest_stages
from simcrm.storage.lifecycle_funnel import newly_reached

LEAD, QUALIFIED, OPPORTUNITY, CUSTOMER = LifecycleStage


def at_stage(index: int, stage: LifecycleStage, outcome: LedgerOutcome = LedgerOutcome.WRITTEN) -> LedgerEntry:
    return entry(index=index).model_copy(update={"stage": stage, "outcome": outcome})


def test_a_contact_has_passed_every_stage_before_its_own() -> None:
    totals = LedgerTotals.from_entries([at_stage(0, LEAD), at_stage(1, OPPORTUNITY), at_stage(2, CUSTOMER)])

    assert totals.funnel == {LEAD: 3, QUALIFIED: 2, OPPORTUNITY: 2, CUSTOMER: 1}


def test_a_change_of_stage_counts_its_contact_once() -> None:
    totals = LedgerTotals.from_entries(
        [at_stage(0, LEAD), at_stage(0, QUALIFIED), at_stage(0, CUSTOMER), at_stage(0, OPPORTUNITY)]
    )

    assert totals.funnel == dict.fromkeys(LifecycleStage, 1)
    assert sum(totals.written.values()) == 1


def test_who_was_refused_or_has_no_stage_is_in_no_funnel() -> None:
    totals = LedgerTotals.from_entries([at_stage(0, CUSTOMER, LedgerOutcome.REFUSED), entry(index=1)])

    assert totals.funnel == dict.fromkeys(LifecycleStage, 0)


def test_what_a_dry_run_keeps_back_counts() -> None:
    assert LedgerTotals.from_entries([at_stage(0, LEAD, LedgerOutcome.DRY_RUN)]).funnel[LEAD] == 1


def test_only_stages_that_are_new_are_counted_as_a_run_goes_on() -> None:
    before = furthest_stages([at_stage(0, LEAD), at_stage(1, OPPORTUNITY)])
    now = furthest_stages([at_stage(0, OPPORTUNITY), at_stage(1, OPPORTUNITY), at_stage(2, LEAD)])

    assert newly_reached(now, before) == {LEAD: 1, QUALIFIED: 1, OPPORTUNITY: 1, CUSTOMER: 0}
