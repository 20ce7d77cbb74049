"""A day in a minute: what is asked for, when each contact was due and came, and how far that is from the curve.

Each account has one contact: an account arrives along the curve with its first contact, and others would join later.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.simulation_input import DistributionMethod
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.time_mapping import Pace

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
DAY_IN_A_MINUTE = 1440
RECORDS = 300
SEED = "scaled"
REQUEST = {
    "totalRecords": RECORDS,
    "contactsPerCompany": 1,
    "startTime": to_iso_utc(BEGIN),
    "endTime": to_iso_utc(END),
    "timeScale": DAY_IN_A_MINUTE,
    "distributionMethod": DistributionMethod.FRONT_LOADED.value,
    "seed": SEED,
    "activities": {"enabled": False},
    "ai": {"enabled": False},
}


@dataclass(frozen=True)
class ScaledRun:
    """Such a run by its begin and, by index, the moments at which the portal got its contacts."""

    started_at: datetime
    created: list[datetime]

    @classmethod
    def from_simulation(cls, simulation: dict[str, Any], contacts: list[dict[str, Any]]) -> "ScaledRun":
        """The run by what the API says of it and the portal of its contacts; KeyError where one is missing."""
        came = {_index(contact): datetime.fromisoformat(contact["createdAt"]) for contact in contacts}
        return cls(datetime.fromisoformat(simulation["startedAt"]), [came[index] for index in range(RECORDS)])

    def due_shares(self, method: DistributionMethod) -> list[datetime]:
        """When each record is due in real time, had this curve been asked for."""
        arrivals = ArrivalTimes(method, RECORDS, BEGIN, END, seed=SEED)
        return [self._pace.to_real(arrivals.at(index)) for index in range(RECORDS)]

    @property
    def delays(self) -> list[float]:
        """How many seconds after its time each record came."""
        pairs = zip(self.created, self.due_shares(DistributionMethod.FRONT_LOADED), strict=True)
        return [(came - due).total_seconds() for came, due in pairs]

    def shares(self, came: list[datetime]) -> list[float]:
        """These moments in their order as shares of the simulated day, without the delay that half of the run has."""
        begin = self._pace.to_real(BEGIN) + timedelta(seconds=median(self.delays))
        return sorted((moment - begin) * DAY_IN_A_MINUTE / (END - BEGIN) for moment in came)

    @property
    def _pace(self) -> Pace:
        return Pace(self.started_at, BEGIN, END, DAY_IN_A_MINUTE)


def _index(contact: dict[str, Any]) -> int:
    return int(contact["properties"]["simcrm_record_key"].rsplit(":", 1)[1])


def front_loaded(passed: float) -> float:
    """The share of FRONT_LOADED's records that have arrived when that share of the span has passed."""
    return (1 - math.exp(-3 * min(1.0, max(0.0, passed)))) / (1 - math.exp(-3))


def distance(sample: Sequence[float], expected: Callable[[float], float]) -> float:
    """The Kolmogorov-Smirnov distance, 0 to 1, of a sorted sample from a cumulative distribution."""
    return max(
        max(abs((place + 1) / len(sample) - expected(value)), abs(place / len(sample) - expected(value)))
        for place, value in enumerate(sample)
    )
