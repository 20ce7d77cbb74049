"""The state machine as it is written: every step is bounded, and every way ends where it should."""

from typing import Any

import pytest
from template.conftest import Deploy
from template.deployment import Deployment
from template.machine import VALUES, definition, placeholders, states
from template.throttled_account import THROTTLED

from simcrm.planning.resolved_input import resolve_input

JsonObject = dict[str, Any]

MACHINE = definition(VALUES)
STATES = dict(states(MACHINE))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
TOP = {name: state for name, state in TASKS.items() if name in MACHINE["States"]}
LAMBDAS = {name: state for name, state in TASKS.items() if state["Resource"].endswith(":lambda:invoke")}
WRITES = {name: state for name, state in TASKS.items() if state["Resource"].endswith(".waitForTaskToken")}
TRANSIENT = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
}
"""What a Lambda task ends with when the service, the sandbox or the clock failed and not the code."""


def retried_errors(state: JsonObject) -> set[str]:
    return {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}


def test_names_of_states_are_unique() -> None:
    names = [name for name, _ in states(MACHINE)]
    assert len(names) == len(set(names))


def test_the_template_fills_in_every_placeholder_and_no_other(default: Deployment) -> None:
    assert default.properties("SimulationStateMachine")["DefinitionSubstitutions"].keys() == placeholders()


def test_each_placeholder_is_filled_with_what_it_names(default: Deployment) -> None:
    filled = default.properties("SimulationStateMachine")["DefinitionSubstitutions"]
    functions = {name: value for name, value in filled.items() if name.endswith("FunctionArn")}
    assert functions == {name: f"<{name.removesuffix('Arn')}.Arn>" for name in functions}
    others = (filled["WriteQueueUrl"], filled["BucketName"], filled["Partition"])
    assert others == ("<WriteQueue>", "<DataBucket>", "aws")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_does_not_wait_for_ever(name: str) -> None:
    assert 0 < TASKS[name]["TimeoutSeconds"] <= 86_400


@pytest.mark.parametrize("name", TASKS)
def test_a_task_retries_errors_by_their_names_and_not_for_ever(name: str) -> None:
    errors = retried_errors(TASKS[name])
    assert errors
    assert not errors & {"States.ALL", "States.TaskFailed"}
    for retrier in TASKS[name]["Retry"]:
        assert 1 <= retrier["MaxAttempts"] <= (1_440 if retrier["ErrorEquals"] == [THROTTLED] else 5)
        assert retrier["IntervalSeconds"] >= 1
        assert retrier["BackoffRate"] >= 2
        assert retrier["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", LAMBDAS)
def test_a_function_is_called_again_when_not_its_code_failed(name: str) -> None:
    assert retried_errors(LAMBDAS[name]) >= TRANSIENT


def test_writes_wait_longer_than_their_message_can_be_tried(default: Deployment) -> None:
    queue = default.properties("WriteQueue")
    longest = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert all(state["TimeoutSeconds"] > longest for state in WRITES.values())


def test_a_message_that_was_given_up_is_sent_anew() -> None:
    assert {name: "Undelivered" in retried_errors(state) for name, state in WRITES.items()} == dict.fromkeys(
        WRITES, True
    )


def test_every_message_carries_what_the_writer_asks_for() -> None:
    bodies = {name: state["Parameters"]["MessageBody"] for name, state in WRITES.items()}
    fields = {name: {field.removesuffix(".$") for field in body} for name, body in bodies.items()}
    wanted = {"taskToken", "simulationId", "batch", "step", "source"}
    assert fields == dict.fromkeys(WRITES, wanted)
    assert {body["taskToken.$"] for body in bodies.values()} == {"$$.Task.Token"}


@pytest.mark.parametrize("name", [*TOP, "RunBatches"])
def test_whatever_a_step_fails_of_its_failure_is_recorded(name: str) -> None:
    (catcher,) = STATES[name]["Catch"]
    assert catcher["ErrorEquals"] == ["States.ALL"]
    assert catcher["Next"] == ("FailUnrecorded" if name == "RecordFailure" else "RecordFailure")


def test_whatever_fails_a_batch_is_noted_and_then_fails_it() -> None:
    batch = STATES["RunBatches"]["ItemProcessor"]["States"]
    caught = {name: state["Catch"] for name, state in batch.items() if "Catch" in state}
    noted = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "RecordBatchFailure"}]
    unnoted = [{"ErrorEquals": ["States.ALL"], "Next": "BatchFailedUnnoted"}]
    working = dict.fromkeys(("GenerateContacts", "WriteContacts", "RunWaves"), noted)
    assert caught == working | {"RecordBatchFailure": unnoted}
    assert batch["RecordBatchFailure"]["Next"] == "BatchFailed"
    assert {batch[name]["Type"] for name in ("BatchFailed", "BatchFailedUnnoted")} == {"Fail"}


def test_what_fails_in_a_wave_is_its_batchs() -> None:
    waves = STATES["RunWaves"]["ItemProcessor"]["States"]
    assert [name for name, state in waves.items() if "Catch" in state] == []


def test_a_recorded_failure_ends_the_execution_as_failed() -> None:
    assert STATES["RecordFailure"]["Next"] == "Fail"
    assert {STATES[name]["Type"] for name in ("Fail", "FailUnrecorded")} == {"Fail"}


def test_only_success_and_failure_end_the_execution() -> None:
    ends = {name for name, state in MACHINE["States"].items() if state.get("End") or state["Type"] == "Fail"}
    assert ends == {"Fail", "FailUnrecorded"}
    succeeding = {name for name, state in MACHINE["States"].items() if state["Type"] == "Succeed"}
    assert succeeding == {"Done", "NotStarted"}


def test_the_map_is_never_retried_as_a_whole() -> None:
    assert "Retry" not in STATES["RunBatches"]


def test_the_map_tolerates_five_percent_in_children_that_may_wait_for_tokens() -> None:
    batches = STATES["RunBatches"]
    assert str(batches["ToleratedFailurePercentage"]) == "5.0"
    assert batches["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert len(batches["Label"]) <= 40


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [("plan", "MaxConcurrencyPath", "$.plan.sideBySide"), ("parameter", "MaxConcurrency", 7)],
)
def test_the_map_runs_as_many_batches_at_once_as_the_plan_or_the_parameter_says(
    deploy: Deploy, given: str, field: str, value: object
) -> None:
    deployed = deploy(MapConcurrency=7, MapConcurrencyFrom=given)
    filled = deployed.properties("SimulationStateMachine")["DefinitionSubstitutions"]
    batches = definition(VALUES | {"MapConcurrencySetting": filled["MapConcurrencySetting"]})["States"]["RunBatches"]

    assert {name: batches[name] for name in batches if name.startswith("MaxConcurrency")} == {field: value}
    assert deployed.properties("PlanSimulationFunction")["Environment"]["Variables"]["MAP_CONCURRENCY"] == 7


def test_results_of_children_never_reach_the_size_that_ends_an_execution() -> None:
    assert STATES["RunBatches"]["ResultPath"] is None
    assert STATES["RunWaves"]["ResultPath"] is None
    assert STATES["BatchDone"]["Parameters"] == {"batch.$": "$.item.batch"}


@pytest.mark.parametrize(("name", "due"), [("RunBatches", "$.item.dueAt"), ("RunWaves", "$.wave.dueAt")])
def test_a_batch_and_a_wave_begin_with_waiting_until_they_are_due(name: str, due: str) -> None:
    processor = STATES[name]["ItemProcessor"]
    first = processor["States"][processor["StartAt"]]
    assert (first["Type"], first["TimestampPath"]) == ("Wait", due)


def test_waves_run_one_after_another() -> None:
    assert STATES["RunWaves"]["MaxConcurrency"] == 1


def schedule_of(deployment: Deployment) -> JsonObject:
    """The template's own schedule of simulations."""
    schedules = deployment.resources("AWS::Scheduler::Schedule").values()
    (found,) = [item for item in schedules if item["Target"]["Arn"] == "<SimulationStateMachine>"]
    return found


def test_the_machine_and_its_schedule_are_named_after_the_stack(default: Deployment) -> None:
    assert default.properties("SimulationStateMachine")["StateMachineName"] == "simcrm-test-simulation"
    assert schedule_of(default)["Name"] == "simcrm-test-simulation"


def test_the_schedule_starts_the_machine_with_the_given_input_but_only_when_asked(deploy: Deploy) -> None:
    silent = schedule_of(deploy())
    given = deploy(ScheduleState="ENABLED", ScheduleInput='{"totalRecords": 3}', ScheduleExpression="rate(1 day)")
    schedule = schedule_of(given)
    assert silent["State"] == "DISABLED"
    assert (schedule["State"], schedule["ScheduleExpression"]) == ("ENABLED", "rate(1 day)")
    assert schedule["Target"]["Input"] == '{"totalRecords": 3}'


def test_the_schedules_own_input_is_one_that_the_plan_takes(default: Deployment) -> None:
    schedule = schedule_of(default)
    assert resolve_input(schedule["Target"]["Input"]).request.total_records == 10


def test_errors_of_executions_are_logged_without_their_data(default: Deployment) -> None:
    logging = default.properties("SimulationStateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    (destination,) = logging["Destinations"]
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"].startswith("<StateMachineLogGroup")
