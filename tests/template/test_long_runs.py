"""Executions over days and months: what an outage of the portal does to a batch, and what expires of a long run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from bucket_in_memory import BucketInMemory
from builders import DAY, entry, status
from template.conftest import Deploy
from template.machine_run import FailedError, JsonObject, Script, account, batch, fail, script, wave
from template.simulated_time import Clock, TimedExecutor, away_until

from simcrm.cache.run_counters import RunCounters
from simcrm.core.timestamps import to_iso_utc
from simcrm.jobs.failure_causes import parse_cause
from simcrm.operations.data_retention import DataRetention
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.simulations import Simulations
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.storage.simulation_prefixes import SimulationPrefixes

BEGIN = datetime(2026, 3, 2, 14, tzinfo=UTC)
WRITTEN = {"written": 200, "refused": 0}
RUN = "run"
DUE = ((0, 0), (1, 110), (2, 220))
"""Batches and the days on which they begin, one after the other."""

WAVES = {0: (1, 100), 1: (115, 210), 2: (230, 300)}
"""The days on which the activities of each batch are due."""


@pytest.fixture
def clock() -> Clock:
    return Clock(BEGIN)


@pytest.fixture(name="executor")
def _executor(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> Iterator[TimedExecutor]:
    with account(monkeypatch, caplog):
        yield TimedExecutor(monkeypatch, clock)


@pytest.mark.parametrize("hours", [1, 24, 30, 48, 71])
def test_an_outage_of_the_portal_of_up_to_three_days_fails_no_batch(
    executor: TimedExecutor, clock: Clock, hours: int
) -> None:
    back = BEGIN + timedelta(hours=hours)
    machine = script(waves=1, write=away_until(clock, back, WRITTEN))

    ended = executor.batch(machine)

    assert (ended.status, ended.output) == ("SUCCEEDED", {"batch": 0})
    assert back <= clock.now < back + timedelta(hours=1)
    assert [step for step in machine.steps if step != "write"] == ["contacts", "activities"]


def test_a_run_of_several_batches_outlasts_an_outage(executor: TimedExecutor, clock: Clock) -> None:
    machine = script(waves=1, write=away_until(clock, BEGIN + timedelta(hours=30), WRITTEN))
    answer = machine.functions["plan"]
    machine.functions["plan"] = lambda payload: answer(payload) | {"sideBySide": 1}

    ended = executor.simulation(machine, [batch(number) for number in range(3)])

    assert (ended.status, ended.output["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert sorted(asked["batch"]["batch"] for asked in machine.asked("contacts")) == [0, 1, 2]


def test_a_portal_that_stays_away_fails_the_batch_after_three_days(executor: TimedExecutor, clock: Clock) -> None:
    machine = script(
        write=away_until(clock, BEGIN + timedelta(days=30), WRITTEN),
        finish=lambda payload: {"error": parse_cause(payload["failed"]["failure"]).model_dump()},
    )

    ended = executor.batch(machine)

    assert (ended.status, ended.error) == ("FAILED", "TIMED_OUT")
    assert timedelta(days=3) <= clock.now - BEGIN < timedelta(days=3, minutes=1)
    assert executor.messages == 3


def test_a_portal_that_refuses_is_not_waited_for(executor: TimedExecutor, clock: Clock) -> None:
    assert executor.batch(script(write=fail("PORTAL_REFUSED"))).error == "PORTAL_REFUSED"
    assert clock.now == BEGIN


class LongRun:
    """A run whose batches and waves are far apart, its data, and what a bucket and a daily walk do with it."""

    def __init__(self, clock: Clock, rules: list[JsonObject], retention: timedelta) -> None:
        self.clock, self.rules, self.retention = clock, rules, retention
        self.bucket = BucketInMemory(clock=lambda: clock.now)
        self.files = SimulationFiles(cast("Any", self.bucket), "data", RUN)
        self.lost: list[tuple[str, datetime]] = []
        self.renewed: list[str] = []
        clock.each_day = self.expire

    def script(self) -> Script:
        """Functions that write what theirs write, and read what they need of what came before."""
        made = script(
            waves=0,
            contacts=self._contacts,
            activities=self._activities,
            finish=self._finish,
            write=self._write,
        )
        answer = made.functions["plan"]
        made.functions["plan"] = lambda payload: self._plan(answer(payload))
        return made

    def expire(self) -> None:
        """What happens at midnight: the bucket's own rules, then the walk."""
        before = set(self.bucket.objects)
        for rule in self.rules:
            if "ExpirationInDays" in rule:
                self._apply(rule)
        self._walk()
        self.lost += [(key, self.clock.now) for key in sorted(before - set(self.bucket.objects))]

    def _apply(self, rule: JsonObject) -> None:
        """No object has a tag, so a rule with a filter of tags takes none."""
        oldest = self.clock.now - timedelta(days=rule["ExpirationInDays"])
        mine = [] if "TagFilters" in rule else [key for key in self.bucket.objects if key.startswith(rule["Prefix"])]
        for key in mine:
            if self.bucket.written(key) <= oldest:
                del self.bucket.objects[key]

    def _walk(self) -> None:
        states = boto3.client("stepfunctions")
        machine = "arn:aws:states:us-east-1:123456789012:stateMachine:simulation"
        executions = Executions(states, machine)
        DataRetention(
            SimulationPrefixes(cast("Any", self.bucket), "data"),
            lambda _: self.files,
            Simulations(executions, lambda _: self.files, lambda name: RunCounters(None, name)),
            executions,
            JobLocks(states),
            self.renewed.append,
            self.retention,
            machine.replace(":stateMachine:simulation", ":execution:maintenance:expiry"),
        ).run(self.clock.now, "", lambda: False)

    def _plan(self, answer: JsonObject) -> JsonObject:
        self.files.write_lines(file_names.PLAN, [{}])
        write_status(self.files, status(simulation_id=RUN))
        return answer | {"sideBySide": 1}

    def _contacts(self, payload: JsonObject) -> JsonObject:
        number = payload["batch"]["batch"]
        self._need(file_names.PLAN)
        self.files.write_lines(file_names.records_file(number), [{}])
        waves = [wave(place, to_iso_utc(BEGIN + day * DAY)) for place, day in enumerate(WAVES[number])]
        return {"source": file_names.records_file(number), "count": 100, "waves": waves}

    def _activities(self, payload: JsonObject) -> JsonObject:
        number, place = payload["batch"]["batch"], payload["wave"]
        self._need(file_names.PLAN, file_names.records_file(number))
        self.files.write_lines(file_names.activities_file(number, place), [{}])
        return {"source": file_names.activities_file(number, place), "step": file_names.wave_step(place), "count": 5}

    def _write(self, message: JsonObject) -> JsonObject:
        self._need(file_names.PLAN, message["source"])
        Ledger(self.files).write_step(message["batch"], message["step"], [entry()])
        return WRITTEN

    def _finish(self, _payload: JsonObject) -> JsonObject:
        ledgers = [file_names.ledger_file(number, file_names.CONTACTS_STEP) for number in WAVES]
        self._need(file_names.PLAN, *map(file_names.records_file, WAVES), *ledgers)
        write_status(self.files, status(RunState.SUCCEEDED, RUN))
        return {"status": "SUCCEEDED", "error": None}

    def _need(self, *needed: str) -> None:
        missing = [name for name in needed if self.files.key(name) not in self.bucket.objects]
        if missing:
            raise FailedError("LookupError", str(missing))


def test_of_a_run_of_three_hundred_days_nothing_is_gone_before_it_ends(
    executor: TimedExecutor, clock: Clock, deploy: Deploy
) -> None:
    deployed = deploy(DataRetentionDays=90)
    kept = int(deployed.properties("ExpireSimulationsFunction")["Environment"]["Variables"]["DATA_RETENTION_DAYS"])
    rules = deployed.properties("DataBucket")["LifecycleConfiguration"]["Rules"]
    run = LongRun(clock, rules, timedelta(days=kept))

    ended = executor.simulation(run.script(), [batch(number, to_iso_utc(BEGIN + first * DAY)) for number, first in DUE])

    assert (ended.status, ended.cause) == ("SUCCEEDED", None)
    assert clock.now == BEGIN + 300 * DAY
    assert run.lost == []
    assert run.renewed == [RUN] * 300

    clock.sleep(89 * DAY.total_seconds())
    assert run.lost == []

    clock.sleep(2 * DAY.total_seconds())
    assert run.bucket.objects == {}
    assert {at - (BEGIN + 300 * DAY) < timedelta(days=kept + 1) for _, at in run.lost} == {True}
