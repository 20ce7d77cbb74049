"""The ways an execution goes: what is called with what, in which order, and how it ends."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from template.machine_run import (
    Ended,
    Executor,
    Function,
    JsonObject,
    Script,
    account,
    batch,
    fail,
    script,
    succeed_after,
)

Run = Callable[..., Ended]

OUTSIDE = ["plan", "finish"]
TRANSIENT = ["Lambda.ServiceException", "Lambda.Unknown", "Sandbox.Timedout"]


@pytest.fixture(name="executor")
def _executor(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Executor]:
    with account(monkeypatch, caplog):
        yield Executor(monkeypatch)


@pytest.fixture
def run(executor: Executor) -> Run:
    """Run a simulation of the given batches, two unless told otherwise."""
    return lambda machine, *batches: executor.simulation(machine, list(batches) or [batch(0), batch(1)])


def batch_steps(machine: Script, number: int) -> list[str]:
    """The steps of one batch in order."""

    def belongs(payload: JsonObject) -> bool:
        found = payload.get("batch")
        return number == (found["batch"] if isinstance(found, dict) else found)

    return [name for name, payload in machine.calls if belongs(payload)]


def test_each_batch_is_generated_and_written_and_then_its_waves(run: Run) -> None:
    machine = script(waves=2)
    ended = run(machine)
    assert (ended.status, ended.output["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert [step for step in machine.steps if step in OUTSIDE] == OUTSIDE
    for number in (0, 1):
        assert batch_steps(machine, number) == ["contacts", "write", "activities", "write", "activities", "write"]


def test_a_firing_that_its_schedule_refuses_ends_well_and_runs_nothing(run: Run) -> None:
    machine = script(plan=lambda _: {"simulationId": "run", "batchesKey": "none", "words": "NONE"})
    ended = run(machine)
    assert (ended.status, machine.steps) == ("SUCCEEDED", ["plan"])


def test_the_plan_is_asked_with_id_start_and_input_as_given(run: Run) -> None:
    machine = script()
    run(machine)
    (asked,) = machine.asked("plan")
    assert (asked["simulationId"], asked["input"]) == ("run", {"totalRecords": 300})
    assert datetime.fromisoformat(asked["startedAt"]).tzinfo is not None


def test_the_writer_is_told_where_the_rows_are_and_each_time_with_a_token_of_its_own(run: Run) -> None:
    machine = script(waves=1)
    run(machine, batch(3))
    told = machine.asked("write")
    assert [(item["simulationId"], item["batch"], item["step"], item["source"]) for item in told] == [
        ("run", 3, "contacts", "records/000003.jsonl"),
        ("run", 3, "wave-000", "activities/000003/000.jsonl"),
    ]
    assert len({item["taskToken"] for item in told}) == 2


def test_a_batch_without_activities_is_done_with_its_contacts(run: Run) -> None:
    machine = script(waves=0)
    assert run(machine, batch(0)).status == "SUCCEEDED"
    assert machine.steps == ["plan", "contacts", "write", "finish"]


def test_a_refused_input_fails_the_execution_with_its_reason_and_nothing_else_runs(run: Run) -> None:
    machine = script(plan=fail("InvalidSimulationError", "totalRecords: is missing"))
    machine.functions["finish"] = lambda payload: {
        "error": {"code": payload["failure"]["Error"], "message": payload["failure"]["Cause"]}
    }
    ended = run(machine)
    assert (ended.status, ended.error) == ("FAILED", "InvalidSimulationError")
    assert "totalRecords: is missing" in str(ended.cause)
    assert machine.steps == OUTSIDE
    assert machine.pauses == []


def with_message_batches(machine: Script, words: Function) -> Script:
    """The same machine for a plan whose words come by message batches."""
    answer = machine.functions["plan"]
    machine.functions |= {"plan": lambda payload: answer(payload) | {"words": "BATCH"}, "words": words}
    return machine


def test_words_by_message_batches_are_there_before_the_first_batch(run: Run) -> None:
    answers = iter([(False, 1), (False, 1), (True, 0)])
    machine = with_message_batches(
        script(waves=0), lambda _: dict(zip(("done", "waitSeconds"), next(answers), strict=True))
    )
    assert run(machine, batch(0)).status == "SUCCEEDED"
    assert machine.steps == ["plan", "words", "words", "words", "contacts", "write", "finish"]
    assert machine.asked("words") == [{"simulationId": "run"}] * 3


def test_without_message_batches_nobody_is_asked_for_all_words(run: Run) -> None:
    machine = script(waves=0)
    run(machine, batch(0))
    assert machine.asked("words") == []


def test_words_that_cannot_be_prepared_fail_the_run_before_a_batch_begins(run: Run) -> None:
    machine = with_message_batches(script(), fail("ConfigError", "SECRET_ARN"))
    assert run(machine).status == "FAILED"
    assert machine.steps == ["plan", "words", "finish"]


@pytest.mark.parametrize("step", ["plan", "contacts", "activities", "finish"])
def test_a_function_that_its_service_failed_is_called_again(run: Run, step: str) -> None:
    machine = script()
    answer = machine.functions[step]
    failing = succeed_after(*TRANSIENT, answer=None)
    machine.functions[step] = lambda payload: failing(payload) or answer(payload)
    assert run(machine, batch(0)).status == "SUCCEEDED"
    assert machine.steps.count(step) == len(TRANSIENT) + 1
    assert all(0 <= pause <= 2 * 2**number for number, pause in enumerate(machine.pauses))


@pytest.mark.parametrize("step", ["plan", "contacts", "activities", "finish"])
def test_a_function_that_is_not_free_is_called_again_more_often_than_one_that_fails(run: Run, step: str) -> None:
    machine = script()
    answer = machine.functions[step]
    throttled = succeed_after(*["Lambda.TooManyRequestsException"] * 12, answer=None)
    machine.functions[step] = lambda payload: throttled(payload) or answer(payload)
    assert run(machine, batch(0)).status == "SUCCEEDED"
    assert (machine.steps.count(step), max(machine.pauses) <= 60) == (13, True)


def test_a_portal_that_is_busy_when_the_run_is_planned_is_asked_again(run: Run) -> None:
    machine = script()
    answer = machine.functions["plan"]
    busy = succeed_after("PortalUnavailableError", "PortalUnavailableError", answer=None)
    machine.functions["plan"] = lambda payload: busy(payload) or answer(payload)
    assert run(machine, batch(0)).status == "SUCCEEDED"
    assert machine.steps.count("plan") == 3


def test_a_portal_that_refuses_is_not_tried_again_and_fails_the_batch(executor: Executor) -> None:
    machine = script(write=fail("PORTAL_REFUSED", "The token lacks a scope."))
    ended = executor.batch(machine)
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "PORTAL_REFUSED", "recorded")
    assert machine.steps == ["contacts", "write", "finish"]


@pytest.mark.parametrize("step", ["contacts", "activities"])
def test_a_function_whose_code_fails_is_not_tried_again_and_fails_the_batch(executor: Executor, step: str) -> None:
    machine = script()
    machine.functions[step] = fail("KeyError", "'firstIndex'")
    ended = executor.batch(machine)
    assert (ended.status, ended.error, machine.steps.count(step)) == ("FAILED", "KeyError", 1)


@pytest.mark.parametrize(
    ("step", "known"),
    [
        ("contacts", {"simulationId", "attempt", "item", "failure"}),
        ("write", {"simulationId", "attempt", "item", "contacts", "failure"}),
        ("activities", {"simulationId", "attempt", "item", "contacts", "written", "failure"}),
    ],
)
def test_a_batch_that_fails_notes_why_with_all_that_its_states_know(
    executor: Executor, step: str, known: set[str]
) -> None:
    failing = fail("KeyError", "'firstIndex'")
    machine = script(write=failing) if step == "write" else script()
    if step != "write":
        machine.functions[step] = failing
    executor.batch(machine)
    (asked,) = machine.asked("finish")
    assert (asked["simulationId"], asked["attempt"], asked["failed"]["item"]["batch"]) == ("run", 1, 0)
    assert asked["failed"].keys() == known
    assert asked["failed"]["failure"]["Error"] == "KeyError"


def test_a_batch_whose_failure_cannot_be_noted_fails_all_the_same(executor: Executor) -> None:
    machine = script(contacts=fail("KeyError"), finish=fail("ConfigError"))
    assert (executor.batch(machine).error, machine.steps) == ("FailureNotNoted", ["contacts", "finish"])


def test_a_service_that_stays_away_fails_the_batch_after_growing_pauses(executor: Executor) -> None:
    machine = script(contacts=fail("Lambda.ServiceException"))
    assert executor.batch(machine).error == "Lambda.ServiceException"
    assert machine.steps == ["contacts"] * 5 + ["finish"]
    assert all(0 <= pause <= 2 * 2**number for number, pause in enumerate(machine.pauses))


def test_a_map_that_fails_is_recorded_and_fails_the_run(executor: Executor) -> None:
    error = {"code": "MapFailed", "message": "There are no batches."}
    machine = script(finish=lambda _payload: {"status": "FAILED", "error": error})
    ended = executor.simulation(machine, batches=None)
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "MapFailed", "There are no batches.")
    (asked,) = machine.asked("finish")
    assert asked["failure"].keys() == {"Error", "Cause"}


def test_a_run_of_which_nothing_arrived_fails_though_no_step_has(run: Run) -> None:
    error = {"code": "NOTHING_ARRIVED", "message": "Nothing arrived."}
    ended = run(script(finish=lambda _payload: {"status": "FAILED", "error": error}), batch(0))
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "NOTHING_ARRIVED", "Nothing arrived.")


@pytest.mark.parametrize("status", ["PARTIAL", "ABORTED"])
def test_a_run_that_came_to_its_end_succeeds_as_an_execution(run: Run, status: str) -> None:
    ended = run(script(finish=lambda _payload: {"status": status, "error": None}), batch(0))
    assert (ended.status, ended.output["status"]) == ("SUCCEEDED", status)


def test_a_run_that_cannot_be_counted_is_recorded_as_failed(run: Run) -> None:
    machine = script()
    answer = machine.functions["finish"]
    machine.functions["finish"] = lambda payload: (
        answer(payload) if "failure" in payload else fail("ConfigError", "BUCKET_NAME")(payload)
    )
    ended = run(machine, batch(0))
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "ConfigError", "recorded")


def test_a_failure_that_cannot_even_be_recorded_says_so(run: Run) -> None:
    ended = run(script(plan=fail("PortalAccessError"), finish=fail("ConfigError")))
    assert (ended.status, ended.error) == ("FAILED", "StatusNotRecorded")
