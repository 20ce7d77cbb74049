import pytest
from builders import entry

from simcrm.jobs.run_outcome import RunResult, final_state, judge_run
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerOutcome, LedgerTotals
from simcrm.storage.run_status import RunFailure, RunState

CAUSE = RunFailure(code="PORTAL_REFUSED", message="Put a valid token")


@pytest.mark.parametrize(
    ("planned", "written", "refused", "missing", "state"),
    [
        (100, 100, 0, 0, RunState.SUCCEEDED),
        (100, 99, 1, 0, RunState.SUCCEEDED),
        (100, 99, 0, 1, RunState.SUCCEEDED),
        (200, 197, 2, 1, RunState.PARTIAL),
        (100, 98, 2, 0, RunState.PARTIAL),
        (100, 98, 0, 2, RunState.PARTIAL),
        (100, 1, 99, 0, RunState.PARTIAL),
        (100, 0, 100, 0, RunState.FAILED),
        (100, 0, 0, 100, RunState.FAILED),
        (1, 0, 1, 0, RunState.FAILED),
        (0, 0, 0, 0, RunState.SUCCEEDED),
    ],
)
def test_the_state_follows_from_what_arrived(
    planned: int, written: int, refused: int, missing: int, state: RunState
) -> None:
    assert final_state(planned, written, refused, missing) is state


def result(refused: int = 0, written: int = 10, missing: int = 0, **more: object) -> RunResult:
    entries = [entry(index=index) for index in range(written)]
    entries += [entry(index=100 + index, outcome=LedgerOutcome.REFUSED) for index in range(refused)]
    return RunResult("sim-1", 20, LedgerTotals.from_entries(entries), missing, **more)  # type: ignore[arg-type]


def test_a_run_that_arrived_has_nothing_to_say() -> None:
    assert judge_run(result(), stopped=False) == (RunState.SUCCEEDED, None)


def test_a_part_says_what_was_refused_why_and_what_tries_it_again() -> None:
    state, said = judge_run(result(refused=5, reason="HubSpot answered 400."), stopped=False)

    assert (state, said and said.code) == (RunState.PARTIAL, "PARTIAL")
    assert said is not None
    assert (
        "5 of 15 objects were refused, most often because: HubSpot answered 400. `simcrm resume sim-1`" in said.message
    )


def test_a_part_says_what_was_never_made_and_why() -> None:
    state, said = judge_run(result(missing=3, cause=RunFailure(code="X", message="Batch 4 failed.")), stopped=False)

    assert state is RunState.PARTIAL
    assert said is not None
    assert "3 of 13 objects were never generated, because: Batch 4 failed. `simcrm resume sim-1`" in said.message


def test_a_run_of_which_nothing_arrived_has_failed_for_the_commonest_reason() -> None:
    state, said = judge_run(result(refused=5, written=0, reason="no such property"), stopped=False)

    assert state is RunState.FAILED
    assert said is not None
    assert said.code == "NOTHING_ARRIVED"
    assert said.message.startswith("Nothing arrived in the portal: 5 of 5 objects were refused, most often because: no")


def test_a_stopped_run_has_failed_whatever_arrived_and_says_what_goes_on() -> None:
    state, said = judge_run(result(cause=CAUSE), stopped=True)

    assert state is RunState.FAILED
    assert said == RunFailure(
        code="PORTAL_REFUSED",
        message="Put a valid token. 10 of 20 records were not generated: `simcrm resume sim-1` continues the run.",
    )


def test_an_input_that_was_refused_is_not_to_be_resumed() -> None:
    cause = RunFailure(code="VALIDATION_ERROR", message="totalRecords: is missing")

    assert judge_run(RunResult("sim-1", 0, LedgerTotals.from_entries([]), 0, cause=cause), stopped=True) == (
        RunState.FAILED,
        cause,
    )


def test_what_was_written_and_whose_change_was_refused_is_in_the_portal_and_among_the_refused() -> None:
    totals = LedgerTotals.from_entries([entry(index=0), entry(index=0, outcome=LedgerOutcome.REFUSED)])

    assert (totals.written[ObjectType.CONTACTS], totals.refused, totals.settled[ObjectType.CONTACTS]) == (1, 1, 1)
