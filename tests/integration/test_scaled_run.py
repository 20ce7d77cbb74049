"""A day in a minute on the embedded stack."""

from datetime import UTC, datetime, timedelta

import pytest
from integration.driving import Api, Portal

from simcrm.models.simulation import DistributionMethod
from simcrm.plan.distributions import Arrivals
from simcrm.plan.pace import Pace, iso_utc
from simcrm_embedded.state import StackState

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
DAY_IN_A_MINUTE = 1440
RECORDS = 40


@pytest.fixture
def api(state: StackState) -> Api:
    return Api(state, state.operator_token)


def test_nothing_of_a_scaled_day_is_there_before_its_time_and_everything_after_it(state: StackState, api: Api) -> None:
    run = api.run(
        totalRecords=RECORDS,
        startTime=iso_utc(BEGIN),
        endTime=iso_utc(END),
        timeScale=DAY_IN_A_MINUTE,
        distributionMethod="BELL_CURVE",
        seed="scaled",
        activities={"enabled": False},
    )

    started = datetime.fromisoformat(run["startedAt"])
    pace = Pace(started, BEGIN, END, DAY_IN_A_MINUTE)
    arrivals = Arrivals(DistributionMethod.BELL_CURVE, RECORDS, BEGIN, END, seed="scaled")
    contacts = Portal(state).of_simulation("contacts", run["simulationId"])
    assert (run["status"], len(contacts)) == ("SUCCEEDED", RECORDS)
    for contact in contacts:
        index = int(contact["properties"]["simcrm_record_key"].rsplit(":", 1)[1])
        # The portal's clock and the run's are the same machine's; both keep milliseconds.
        assert datetime.fromisoformat(contact["createdAt"]) >= pace.due(arrivals.at(index)) - timedelta(milliseconds=2)
