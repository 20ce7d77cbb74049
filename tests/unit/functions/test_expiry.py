"""The function that deletes what ended long ago and keeps what lives, with the template's own environment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import expire_simulations
import pytest
import redis
from builders import SIMULATION
from template_resources import Resources
from unit.functions.after_a_run import PATH, ask
from unit.functions.conftest import Invoke

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.jobs.action import EXPIRE
from simcrm.storage import file_names
from simcrm.storage.job_record import JobRecord, JobSlot
from simcrm.storage.simulation_files import SimulationFiles

pytestmark = pytest.mark.usefixtures("connected")
DAYS = 90
Walk = Callable[..., Any]


@pytest.fixture
def walk(invoke: Invoke, resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Let the function walk so many days from now."""
    machine = str(resources.values["MaintenanceStateMachine"])
    execution = aws_clients.step_functions().start_execution(stateMachineArn=machine, name="expiry", input="{}")[
        "executionArn"
    ]

    def after(days: float) -> Any:
        later = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=days))
        monkeypatch.setattr(expire_simulations, "datetime", later)
        return invoke("ExpireSimulationsFunction", {"execution": execution, "after": ""})

    return after


def stop(resources: Resources) -> None:
    arn = resources.state_machine_arn.replace(":stateMachine:", ":execution:")
    aws_clients.step_functions().stop_execution(executionArn=f"{arn}:{SIMULATION}")


def test_a_run_is_kept_for_the_days_of_the_parameter_and_then_it_never_was(
    walk: Walk, ran: SimulationFiles, resources: Resources
) -> None:
    stop(resources)
    before = list(ran.list_names(""))

    assert walk(DAYS - 1) == {"after": "", "done": True}
    assert list(ran.list_names("")) == before

    assert walk(DAYS + 1) == {"after": "", "done": True}
    assert list(ran.list_names("")) == []


def test_a_run_that_lives_is_kept_and_so_is_what_the_cache_knows_of_it(
    walk: Walk, running: SimulationFiles, cache: redis.Redis
) -> None:
    metrics = RunCounters(cache, SIMULATION)
    metrics.mark_started()
    cache.expire(metrics.complete_key, 60)
    before = list(running.list_names(""))

    walk(400)

    assert list(running.list_names("")) == before
    assert cache.ttl(metrics.complete_key) > 60


@pytest.mark.parametrize("route", ["cleanup", "resume", "abort"])
def test_nothing_is_begun_with_a_run_that_is_being_deleted(
    invoke: Invoke, ran: SimulationFiles, resources: Resources, route: str
) -> None:
    stop(resources)
    job = JobRecord(
        action=EXPIRE, execution="arn:aws:states:us-east-1:1:execution:m:x", since=datetime.now().astimezone()
    )
    ran.write(file_names.JOB, JobSlot(job=job))

    number, document = ask(invoke, "POST", f"{PATH}/{route}", {"dryRun": False} if route == "cleanup" else {})

    assert (number, document["error"]["code"]) in {(404, "NOT_FOUND"), (409, "SIMULATION_ENDED")}
    assert ran.read(file_names.JOB, JobSlot) == JobSlot(job=job)
