"""What a person waits for asks for as much of a large run as of a small one, and for nothing that it does not need."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from builders import SIMULATION, START, batch, entry, plan, simulation_input, status, write_request
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import SimulationEndedError
from simcrm.jobs.clean_up import preview_cleanup
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.dead_letters import replay_letters
from simcrm.operations.run_actions import RunActions
from simcrm.operations.scenarios import ScenarioChange, ScenarioService
from simcrm.operations.schedule_expressions import normalize_expression
from simcrm.operations.schedules import ScheduleRequest, Schedules
from simcrm.operations.simulations import Simulations
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.run_totals import SHARDS
from simcrm.storage.scenario_store import ScenarioStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.dead_letter_store import DeadLetter, store_dead_letter
from simcrm.writing.task_callbacks import TaskCallbacks

SMALL, LARGE = 3, 40
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:maintenance"


def written(files: SimulationFiles, batches: int, state: RunState = RunState.RUNNING) -> None:
    """A planned run of which so many batches are settled."""
    write_plan(files, plan())
    files.write_lines(file_names.BATCHES, [batch(number).to_row() for number in range(batches)])
    write_status(files, status(state))
    for number in range(batches):
        Ledger(files).write_step(number, file_names.CONTACTS_STEP, [entry(ObjectType.CONTACTS, number)])


@pytest.fixture
def started(without_cache: Simulations) -> Simulations:
    """A deployment whose cache is away, with one simulation."""
    without_cache.start(simulation_input(), SIMULATION)
    return without_cache


LOOKS: dict[str, Callable[[Simulations, SimulationFiles], object]] = {
    "describe": lambda found, _: found.describe(SIMULATION),
    "metrics": lambda found, _: found.metrics(SIMULATION),
    "list": lambda found, _: found.list_page(None),
    "preview of a clean-up": lambda _, files: preview_cleanup(files),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_asks_for_the_same_of_any_run_and_for_no_ledger(
    started: Simulations, files: SimulationFiles, api_calls: ApiCalls, look: str
) -> None:
    asked = []
    for batches in (SMALL, LARGE):
        written(files, batches)
        LOOKS[look](started, files)  # the timeline is read once
        asked.append(Counter(api_calls.between(lambda: LOOKS[look](started, files))))

    assert [name for name in asked[1] if "ledger/" in name] == []
    assert asked[0].total() == asked[1].total() <= SHARDS + 8


def test_an_abort_reads_nothing_but_where_the_run_stands_before_its_marker(
    started: Simulations, files: SimulationFiles, api_calls: ApiCalls, resources: Resources
) -> None:
    written(files, LARGE)
    maintenance = RunActions(aws_clients.step_functions(), resources.values["MaintenanceStateMachine"], started)

    asked = api_calls.between(lambda: maintenance.abort(files, datetime.now(UTC)))

    before = asked[: asked.index("PutObject abort.json")]
    assert set(before) <= {"GetObject status.json", "DescribeExecution", "GetObject job.json", "PutObject job.json"}
    assert [name for name in asked if "ledger/" in name or "totals/" in name] == []
    assert len(asked) < 20


def test_whether_a_run_has_ended_is_asked_of_its_status_alone(
    started: Simulations, files: SimulationFiles, api_calls: ApiCalls
) -> None:
    written(files, SMALL, RunState.SUCCEEDED)
    maintenance = RunActions(aws_clients.step_functions(), MACHINE, started)

    def abort() -> None:
        with pytest.raises(SimulationEndedError):
            maintenance.abort(files, datetime.now(UTC))

    assert api_calls.between(abort) == ["GetObject status.json", "DescribeExecution"]


def test_that_a_run_exists_is_known_from_its_status(
    started: Simulations, files: SimulationFiles, api_calls: ApiCalls
) -> None:
    assert api_calls.between(lambda: started.require(SIMULATION)) == ["GetObject status.json", "DescribeExecution"]
    written(files, SMALL)

    assert api_calls.between(lambda: started.require(SIMULATION)) == ["GetObject status.json"]


def test_a_list_asks_step_functions_once(
    without_cache: Simulations, open_files: Callable[[str], SimulationFiles], api_calls: ApiCalls
) -> None:
    for number in range(5):
        without_cache.start(simulation_input(), f"sim-{number}")
        write_status(open_files(f"sim-{number}"), status(simulation_id=f"sim-{number}"))
    arn = without_cache.execution_arn("sim-3")
    aws_clients.step_functions().stop_execution(executionArn=arn)

    asked = api_calls.between(lambda: without_cache.list_page(None))

    assert asked[0] == "ListExecutions"
    assert "DescribeExecution" not in asked
    rows = {row["simulationId"]: row for row in without_cache.list_page(None)["simulations"]}
    assert {name: row["status"] for name, row in rows.items() if row["status"] != "RUNNING"} == {"sim-3": "ABORTED"}
    assert rows["sim-3"]["endedAt"] is not None


def test_schedules_are_each_asked_for_once(resources: Resources, api_calls: ApiCalls) -> None:
    assert resources
    schedules = Schedules(
        aws_clients.scheduler(), "simcrm", MACHINE, "arn:aws:iam::123456789012:role/r", "arn:aws:sqs:::q"
    )
    for name in ("b", "a"):
        request = ScheduleRequest(name=name, expression="rate(1 hour)", input={"totalRecords": 1})
        schedules.add(request, normalize_expression(request.expression, "UTC", START))
    aws_clients.scheduler().meta.events.register("provide-client-params", api_calls.record)
    try:
        asked = api_calls.between(lambda: schedules.list_schedules(START))
    finally:
        aws_clients.scheduler().meta.events.unregister("provide-client-params", api_calls.record)

    assert Counter(asked) == {"ListSchedules": 1, "GetSchedule": 2}
    assert [row["name"] for row in schedules.list_schedules(START)["schedules"]] == ["a", "b"]


def test_scenarios_are_listed_once_and_each_is_read_once(resources: Resources, api_calls: ApiCalls) -> None:
    control = ScenarioService(ScenarioStore(aws_clients.s3(), resources.bucket))
    for version in range(3):
        for name in ("acme", "zeta"):
            control.change(name, ScenarioChange(version=version, base="B2B"))

    asked = Counter(name.split(" ")[0] for name in api_calls.between(control.list_scenarios))

    assert asked == {"ListObjectsV2": 1, "GetObject": 2}
    assert [(row["id"], row["version"]) for row in control.list_scenarios()["scenarios"][-2:]] == [
        ("acme", 3),
        ("zeta", 3),
    ]


def test_letters_are_sent_and_struck_off_many_at_a_time(resources: Resources, api_calls: ApiCalls) -> None:
    tasks = TaskCallbacks(aws_clients.step_functions())
    for number in range(23):
        body = "nonsense" if number == 7 else write_request(batch=number)
        letter = DeadLetter(f"m-{number:02d}", body, 1, "why", "unknown", START)
        store_dead_letter(letter, aws_clients.s3(), resources.bucket, tasks, START)
    queue = resources.values["WriteQueue"]
    answer: dict[str, object] = {}

    def ask() -> None:
        answer.update(replay_letters(aws_clients.s3(), aws_clients.sqs(), resources.bucket, queue, dry_run=False))

    asked = Counter(name.split(" ")[0] for name in api_calls.between(ask))

    assert answer == {"dryRun": False, "replayed": 22, "unusable": 1}
    assert (asked["SendMessageBatch"], asked["DeleteObjects"], asked["GetObject"]) == (3, 1, 23)
    left = aws_clients.s3().list_objects_v2(Bucket=resources.bucket, Prefix="dead-letters/")["Contents"]
    assert [item["Key"].rpartition("/")[2] for item in left] == ["m-07.json"]
