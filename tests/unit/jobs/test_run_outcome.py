import pytest
from builders import entry

from simcrm.jobs.run_outcome import Result, ending, judged
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import Outcome, Tally
from simcrm.storage.run_status import Failure, State

CAUSE = Failure(code="PORTAL_REFUSED", message="Put a valid token")


@pytest.mark.parametrize(
    ("planned", "written", "refused", "missing", "state"),
    [
        (100, 100, 0, 0, State.SUCCEEDED),
        (100, 99, 1, 0, State.SUCCEEDED),
        (100, 99, 0, 1, State.SUCCEEDED),
        (200, 197, 2, 1, State.PARTIAL),
        (100, 98, 2, 0, State.PARTIAL),
        (100, 98, 0, 2, State.PARTIAL),
        (100, 1, 99, 0, State.PARTIAL),
        (100, 0, 100, 0, State.FAILED),
        (100, 0, 0, 100, State.FAILED),
        (1, 0, 1, 0, State.FAILED),
        (0, 0, 0, 0, State.SUCCEEDED),
    ],
)
def test_the_state_follows_from_what_arrived(
    planned: int, written: int, refused: int, missing: int, state: State
) -> None:
    assert ending(planned, written, refused, missing) is state


def result(refused: int = 0, written: int = 10, missing: int = 0, **more: object) -> Result:
    entries = [entry(index=index) for index in range(written)]
    entries += [entry(index=100 + index, outcome=Outcome.REFUSED) for index in range(refused)]
    return Result("sim-1", 20, Tally.of(entries), missing, **more)  # type: ignore[arg-type]


def test_a_run_that_arrived_has_nothing_to_say() -> None:
    assert judged(result(), stopped=False) == (State.SUCCEEDED, None)


def test_a_part_says_what_was_refused_why_and_what_tries_it_again() -> None:
    state, said = judged(result(refused=5, reason="HubSpot answered 400."), stopped=False)

    assert (state, said and said.code) == (State.PARTIAL, "PARTIAL")
    assert said is not None
    assert (
        "5 of 15 objects were refused, most often because: HubSpot answered 400. `simcrm resume sim-1`" in said.message
    )


def test_a_part_says_what_was_never_made_and_why() -> None:
    state, said = judged(result(missing=3, cause=Failure(code="X", message="Batch 4 failed.")), stopped=False)

    assert state is State.PARTIAL
    assert said is not None
    assert "3 of 13 objects were never made, because: Batch 4 failed. `simcrm resume sim-1`" in said.message


def test_a_run_of_which_nothing_arrived_has_failed_for_the_commonest_reason() -> None:
    state, said = judged(result(refused=5, written=0, reason="no such property"), stopped=False)

    assert state is State.FAILED
    assert said is not None
    assert said.code == "NOTHING_ARRIVED"
    assert said.message.startswith("Nothing arrived in the portal: 5 of 5 objects were refused, most often because: no")


def test_a_stopped_run_has_failed_whatever_arrived_and_says_what_goes_on() -> None:
    state, said = judged(result(cause=CAUSE), stopped=True)

    assert state is State.FAILED
    assert said == Failure(
        code="PORTAL_REFUSED",
        message="Put a valid token. 10 of 20 records were not made: `simcrm resume sim-1` goes on.",
    )


def test_an_input_that_was_refused_is_not_to_be_resumed() -> None:
    cause = Failure(code="VALIDATION_ERROR", message="totalRecords: is missing")

    assert judged(Result("sim-1", 0, Tally.of([]), 0, cause=cause), stopped=True) == (State.FAILED, cause)


def test_what_was_written_and_whose_change_was_refused_is_in_the_portal_and_among_the_refused() -> None:
    tally = Tally.of([entry(index=0), entry(index=0, outcome=Outcome.REFUSED)])

    assert (tally.written[ObjectType.CONTACTS], tally.refused, tally.settled[ObjectType.CONTACTS]) == (1, 1, 1)
