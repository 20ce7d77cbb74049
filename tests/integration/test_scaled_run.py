"""A day in a minute on the embedded stack: one run, looked at from all sides."""

from datetime import timedelta

import pytest
from integration.driving import FINAL, Api, Portal, wait_for
from scaled_run import RECORDS, REQUEST, ScaledRun, distance, front_loaded

from simcrm.models.simulation import DistributionMethod
from simcrm_embedded.state import StackState

FARTHEST = 0.15
"""Of the arrivals from the curve: planned ones are less than 0.01 away, a batch holds the arrivals of a second, which
at the fullest moment are 0.05, and the emulator does not delay all of them alike. An even flow is 0.34 away."""

CLOCK_SECONDS = 0.002
"""The portal's clock and the run's are the same machine's; both keep milliseconds."""

DEADLINE_SECONDS = 400


@pytest.fixture(scope="module")
def run(state: StackState) -> ScaledRun:
    """After a small run, which makes the portal ready and starts the functions."""
    api = Api(state, state.operator_token)
    api.run(totalRecords=1, activities={"enabled": False})
    simulation_id = api.start(**REQUEST)
    wait_for(lambda: api.simulation(simulation_id)["status"] in FINAL, DEADLINE_SECONDS)
    simulation = api.simulation(simulation_id)
    contacts = Portal(state).of_simulation("contacts", simulation_id)
    assert (simulation["status"], len(contacts)) == ("SUCCEEDED", RECORDS)
    return ScaledRun.of(simulation, contacts)


def test_nothing_of_a_scaled_day_is_there_before_its_time(run: ScaledRun) -> None:
    assert min(run.delays) >= -CLOCK_SECONDS


def test_contacts_arrive_along_the_curve(run: ScaledRun) -> None:
    assert distance(run.passed(run.created), front_loaded) < FARTHEST


def test_an_even_flow_with_the_same_delays_would_not_pass_for_the_curve(run: ScaledRun) -> None:
    even = [
        due + timedelta(seconds=delay) for due, delay in zip(run.due(DistributionMethod.EVEN), run.delays, strict=True)
    ]

    assert distance(run.passed(even), front_loaded) > FARTHEST
