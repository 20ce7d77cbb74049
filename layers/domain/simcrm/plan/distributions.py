"""Arrival times of records along the curve a simulation asks for.

A curve is its quantile function: the share of the span that has passed when a share of the records has
arrived. Arrival i of n is the quantile of (i + 1/2) / n, so times are sorted, exact in number, inside the
span, and any one of them is known without the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simcrm.errors import InvalidSimulationError
from simcrm.models.simulation import DistributionMethod

Quantile = Callable[[float], float]
"""Maps a share of the records in (0, 1) to the share of the span in [0, 1] at which it has arrived."""


def _even(share: float) -> float:
    return share


QUANTILES: dict[DistributionMethod, Quantile] = {DistributionMethod.EVEN: _even}


def quantile_of(method: DistributionMethod) -> Quantile:
    """The curve of a method.

    Raises:
        InvalidSimulationError: the method has no curve.
    """
    try:
        return QUANTILES[method]
    except KeyError:
        available = ", ".join(QUANTILES)
        raise InvalidSimulationError("distributionMethod", f"{method} is not available, use {available}") from None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The arrival times of ``count`` records between ``start`` and ``end`` in simulated time."""

    method: DistributionMethod
    count: int
    start: datetime
    end: datetime

    def at(self, index: int) -> datetime:
        """When record ``index`` arrives."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        share = quantile_of(self.method)((index + 0.5) / self.count)
        return self.start + (self.end - self.start) * share
