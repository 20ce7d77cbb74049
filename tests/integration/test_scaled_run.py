"""A day in a minute on the embedded stack: when contacts may come, and that none comes before.

How late they are depends on how busy the machine is; ``bench/scale.py`` measures that on a quiet one.
"""

import json
from datetime import timedelta

import pytest
from integration.driving import Api, JsonObject, PortalDriver, aws_client
from scaled_run import BEGIN, DAY_IN_A_MINUTE, END, RECORDS, REQUEST, ScaledRun, distance, front_loaded

from simcrm.models.simulation_input import DistributionMethod
from simcrm.planning.batches import Batch
from simcrm.planning.time_mapping import Pace
from simcrm_embedded.state import StackState

FARTHEST = 0.11
"""Of the batches from the curve: one holds the arrivals of a second and is due in the next whole one; at the fullest
moment 0.05 of all arrive in a second. An even flow is 0.34 away."""

CLOCK_SECONDS = 0.002
"""The portal's clock and the run's are the same machine's; both keep milliseconds."""

MILLISECOND = timedelta(milliseconds=1)
"""What a moment loses on its way through the state machine."""


@pytest.fixture(scope="module")
def simulation(state: StackState) -> JsonObject:
    """After a small run, which makes the portal ready and starts the functions."""
    api = Api(state, state.operator_token)
    api.run(totalRecords=1, activities={"enabled": False})
    return api.run(**REQUEST)


@pytest.fixture(scope="module")
def run(state: StackState, simulation: JsonObject) -> ScaledRun:
    contacts = PortalDriver(state).simulation_records("contacts", simulation["simulationId"])
    assert (simulation["status"], len(contacts)) == ("SUCCEEDED", RECORDS)
    return ScaledRun.from_simulation(simulation, contacts)


@pytest.fixture(scope="module")
def batches(state: StackState, simulation: JsonObject) -> list[Batch]:
    """The batches as the state machine read them."""
    key = f"simulations/{simulation['simulationId']}/batches.jsonl"
    body = aws_client(state, "s3").get_object(Bucket=state.outputs["BucketName"], Key=key)["Body"]
    return [Batch.from_row(json.loads(line)) for line in body.read().splitlines()]


def due_shares(run: ScaledRun, batches: list[Batch]) -> list[float]:
    """When the batch of each record is due, as a share of the simulated day."""
    begin = Pace(run.started_at, BEGIN, END, DAY_IN_A_MINUTE).to_real(BEGIN)
    return [(batch.due_at - begin) * DAY_IN_A_MINUTE / (END - BEGIN) for batch in batches for _ in range(batch.count)]


def test_nothing_of_a_scaled_day_is_there_before_its_batch_is_due(run: ScaledRun, batches: list[Batch]) -> None:
    early = [
        (run.created[index] - batch.due_at).total_seconds()
        for batch in batches
        for index in batch.indexes
        if (run.created[index] - batch.due_at).total_seconds() < -CLOCK_SECONDS
    ]

    assert early == []


def test_no_batch_is_due_before_its_records(run: ScaledRun, batches: list[Batch]) -> None:
    due = run.due_shares(DistributionMethod.FRONT_LOADED)

    assert all(due[index] < batch.due_at + MILLISECOND for batch in batches for index in batch.indexes)


def test_batches_are_due_along_the_curve(run: ScaledRun, batches: list[Batch]) -> None:
    assert distance(due_shares(run, batches), front_loaded) < FARTHEST


def test_an_even_flow_would_not_pass_for_the_curve(run: ScaledRun) -> None:
    assert distance(run.shares(run.due_shares(DistributionMethod.EVEN)), front_loaded) > FARTHEST
