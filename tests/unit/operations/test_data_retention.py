"""What ended long ago is deleted, whatever its objects' age; what lives, or was touched lately, is kept."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from bucket_in_memory import BucketInMemory
from builders import DAY, entry, status
from recorders import LogLines
from template_resources import Resources
from unit.operations.expiring import BEGIN, RUN, World

from simcrm.core import aws_clients
from simcrm.core.errors import SimulationNotFoundError
from simcrm.jobs.action import EXPIRE
from simcrm.operations.data_retention import RetentionCursor
from simcrm.operations.job_lock import JobLocks
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.job_record import JobRecord, JobSlot, read_job
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import RunState, read_status, write_status

OTHER = f"{RUN}-2"
FAR = 400


@pytest.fixture
def world(resources: Resources) -> World:
    return World(resources)


def test_a_run_that_lives_keeps_all_of_it_however_old_its_objects_are(world: World) -> None:
    world.begin()
    before = world.left()

    for day in range(FAR):
        assert world.walk(day) == ("", True)

    assert world.left() == before
    assert world.alive == [RUN] * FAR


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.PARTIAL, RunState.FAILED, RunState.ABORTED])
def test_all_of_a_run_goes_so_many_days_after_its_end_and_not_before(world: World, state: RunState) -> None:
    world.begin()
    before = world.left()
    world.day(300)
    world.end(state=state)

    world.walk(389.9)
    assert world.left() == before

    world.walk(390)
    assert world.bucket.objects == {}
    assert world.alive == []


TOUCHES: dict[str, Callable[[World], object]] = {
    "repair": lambda world: world.files().write_lines(file_names.REPAIR, [{}]),
    "clean-up": lambda world: world.files().write_lines(file_names.CLEANUP, [{}]),
    "abort": lambda world: write_abort_marker(world.files(), AbortMarker(at=world.now)),
    "job": lambda world: world.files().write(file_names.JOB, JobSlot()),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_whatever_is_done_with_a_run_keeps_it_anew(world: World, touch: str) -> None:
    world.begin()
    world.end()
    world.day(80)
    TOUCHES[touch](world)

    world.walk(169.9)
    assert world.left() > 0

    world.walk(170)
    assert world.left() == 0


def test_a_run_that_is_resumed_lives_again(world: World) -> None:
    world.begin()
    world.end(state=RunState.FAILED)
    world.day(80)
    world.start(world.machine, f"{RUN}--r2")
    write_status(world.files(), status(attempt=2))
    before = world.left()

    world.walk(FAR)

    assert (world.left(), world.alive) == (before, [RUN])


def test_a_run_that_was_redriven_after_its_end_was_recorded_is_kept(world: World) -> None:
    world.begin()
    world.end(state=RunState.FAILED)
    world.stop(RUN, "RUNNING")
    before = world.left()

    world.walk(FAR)

    assert world.left() == before


@pytest.mark.parametrize(("word", "state"), [("FAILED", RunState.FAILED), ("ABORTED", RunState.ABORTED)])
def test_an_end_that_nobody_recorded_is_recorded_and_the_run_kept_from_then_on(
    world: World, log_lines: LogLines, word: str, state: RunState
) -> None:
    world.begin()
    world.day(200)
    world.stop(RUN, word)

    world.walk(200.5)
    recorded = read_status(world.files())
    assert recorded is not None
    assert (recorded.status, recorded.ended_at) == (state, BEGIN + 200 * DAY)
    assert [line["status"] for line in log_lines.with_event_id("SIMULATION_END_NOTED")] == [state]

    world.forget(RUN)
    world.walk(290.4)
    assert world.left() > 0
    world.walk(290.5)
    assert world.left() == 0


def test_an_end_is_not_recorded_while_a_job_is_done_with_the_run(world: World) -> None:
    world.begin()
    world.stop(RUN, "ABORTED")
    aftermath = world.start(world.maintenance, "abort-run")
    world.files().write(file_names.JOB, JobSlot(job=JobRecord(action="abort", execution=aftermath, since=BEGIN)))

    world.walk(100)

    recorded = read_status(world.files())
    assert recorded is not None
    assert recorded.status is RunState.RUNNING


def test_a_run_that_nobody_knows_any_more_goes_too(world: World) -> None:
    world.begin(execution=False)
    world.walk(89)
    assert world.left() > 0

    world.walk(90)

    assert world.bucket.objects == {}


def test_what_a_late_writer_left_of_a_run_that_is_gone_goes_at_once(world: World) -> None:
    Ledger(world.files()).write_step(0, file_names.CONTACTS_STEP, [entry()])

    world.walk(0)

    assert world.bucket.objects == {}


def test_a_run_that_is_not_planned_yet_is_kept(world: World) -> None:
    world.start(world.machine, RUN)
    world.files().write_lines(file_names.PLAN, [{}])

    world.walk(FAR)

    assert world.left() == 1


def test_a_run_with_a_job_is_not_deleted(world: World) -> None:
    world.begin()
    repair = world.start(world.maintenance, "repair-run")
    world.files().write(file_names.JOB, JobSlot(job=JobRecord(action="repair", execution=repair, since=BEGIN)))
    world.end()
    before = world.left()

    world.walk(100)
    assert world.left() == before

    world.stop("repair-run", "SUCCEEDED", world.maintenance)
    world.walk(101)
    assert world.left() == 0


def test_runs_are_told_apart_by_their_whole_names(world: World) -> None:
    for name in (RUN, OTHER):
        world.begin(name)
    world.end(RUN)

    world.walk(FAR)

    assert (world.left(RUN), world.left(OTHER) > 0) == (0, True)


def test_nothing_can_begin_with_a_run_while_it_is_deleted(world: World) -> None:
    world.begin()
    world.end()
    assert world.walk(100, times=1) == ("", False)
    found = read_job(world.files())
    assert found is not None
    assert (found.action, found.execution) == (EXPIRE, world.job)

    resume = JobRecord(action="resume", execution=f"{world.machine}:other", since=world.now)
    with (
        pytest.raises(SimulationNotFoundError),
        JobLocks(aws_clients.step_functions()).acquire(world.files(), resume),
    ):
        pass


def test_a_deletion_that_was_cut_off_goes_on_the_next_time(world: World) -> None:
    world.bucket = BucketInMemory(page=3, clock=lambda: world.now)
    world.begin()
    world.end()
    before = world.left()

    assert world.walk(100, times=1) == ("", False)
    assert 0 < world.left() < before

    assert world.walk(101) == ("", True)
    assert world.bucket.objects == {}


def test_a_walk_goes_on_behind_the_last_run_that_it_has_settled(world: World) -> None:
    ids = [f"sim-{number}" for number in range(5)]
    for name in ids:
        world.begin(name)

    place, walks = RetentionCursor("", done=False), 0
    while not place.done:
        place, walks = world.walk(after=place.after, times=2), walks + 1

    assert world.alive == ids
    assert walks == 3


def test_what_cannot_be_read_or_deleted_holds_nothing_else_up(world: World, log_lines: LogLines) -> None:
    for name in ("sim-0", "sim-1", "sim-2"):
        world.begin(name)
        world.end(name)
    world.bucket.objects[f"simulations/sim-0/{file_names.STATUS}"] = b"{"
    world.bucket.locked = {f"simulations/sim-1/{file_names.records_file(0)}"}

    assert world.walk(100) == ("", True)
    (line,) = log_lines.with_event_id("EXPIRY_FAILED")
    assert (line["simulationId"], line["errorType"]) == ("sim-0", "ValidationError")
    assert world.left("sim-2") == 0

    world.bucket.locked = set()
    world.walk(101)
    assert (world.left("sim-1"), world.left("sim-0") > 0) == (0, True)


def test_an_outage_of_step_functions_deletes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    world.begin()
    world.end()
    before = world.left()

    def away(**_: str) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "DescribeExecution")

    monkeypatch.setattr(aws_clients.step_functions(), "describe_execution", away)
    world.walk(FAR)

    assert world.left() == before
    assert len(log_lines.with_event_id("EXPIRY_FAILED")) == 1


def test_the_log_says_what_was_deleted(world: World, log_lines: LogLines) -> None:
    world.begin()
    world.end()
    before = world.left()

    world.walk(100)

    (line,) = log_lines.with_event_id("SIMULATION_EXPIRED")
    assert (line["simulationId"], line["deleted"], line["done"]) == (RUN, before + 1, True)


@pytest.mark.parametrize(("objects", "requests"), [(1_000, 7 + 2 * 2), (100_000, 7 + 2 * 101)])
def test_a_thousand_objects_go_with_two_requests(world: World, objects: int, requests: int) -> None:
    world.begin()
    world.end()
    world.bucket.objects |= {f"simulations/{RUN}/records/{number:06d}.jsonl": b"" for number in range(objects)}
    world.bucket.calls.clear()

    world.walk(100)

    assert world.bucket.objects == {}
    assert len(world.bucket.calls) == requests


def test_a_run_that_has_ended_costs_three_requests_a_walk_whatever_its_size(world: World) -> None:
    world.begin()
    world.end()
    world.bucket.objects |= {f"simulations/{RUN}/records/{number:06d}.jsonl": b"" for number in range(20_000)}
    world.bucket.calls.clear()

    world.walk(50)

    of_the_walk = 1
    assert len(world.bucket.calls) - of_the_walk == 3
