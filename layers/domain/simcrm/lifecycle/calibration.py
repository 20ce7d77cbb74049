"""Links between latent indexes and outcomes, calibrated so that a scenario's rates are met on average.

Each step of the funnel is a logistic function of an index, ``1 / (1 + exp(-(intercept + slope * index)))``. Accounts
that pass one step have higher indexes than all accounts, so the intercept of the next step is solved over those that
arrive there: by quadrature over three correlated standard normal indexes, and bisection. Sums are those of ``fsum``,
which are the same in all Python versions.
"""

from functools import lru_cache
from math import exp, fsum, log, sqrt
from typing import NamedTuple

from simcrm.synthetic.latent_variables import OPPORTUNITY, QUALIFICATION, WIN, Loadings, correlation

QUALIFICATION_SLOPE = 0.9
OPPORTUNITY_SLOPE = 0.9
WIN_SLOPE = 2.0

_NODES = (
    (-4.1445471861, 0.0001126145),
    (-2.8024858613, 0.0096352201),
    (-1.6365190424, 0.1172399077),
    (-0.5390798114, 0.3730122577),
    (0.5390798114, 0.3730122577),
    (1.6365190424, 0.1172399077),
    (2.8024858613, 0.0096352201),
    (4.1445471861, 0.0001126145),
)
"""Points and weights of Gauss-Hermite quadrature over a standard normal variable, exact up to degree 15."""
_BISECTIONS = 40
_BOUND = 30.0


class LogisticLink(NamedTuple):
    """The probability of an outcome as a logistic function of a standard normal index."""

    intercept: float
    slope: float

    @classmethod
    def constant(cls, share: float) -> "LogisticLink":
        """Return the link of an outcome that does not depend on the index."""
        if 0 < share < 1:
            return cls(log(share / (1 - share)), 0.0)
        return cls(_BOUND if share >= 1 else -_BOUND, 0.0)

    def probability(self, index: float) -> float:
        """Return the probability of the outcome for this index."""
        return 1 / (1 + exp(-max(-_BOUND, min(_BOUND, self.intercept + self.slope * index))))


class FunnelLinks(NamedTuple):
    """The links of the funnel's three steps; each applies to accounts that passed the one before.

    ``mean_qualification`` and ``mean_opportunity`` are the means of these indexes over accounts with an opportunity.
    """

    qualification: LogisticLink
    opportunity: LogisticLink
    win: LogisticLink
    mean_qualification: float = 0.0
    mean_opportunity: float = 0.0

    def mean_with_opportunity(self, loadings: Loadings) -> float:
        """Return the mean of an index over the accounts with an opportunity, whose indexes are above average."""
        r12, r1, r2 = (
            correlation(QUALIFICATION, OPPORTUNITY),
            correlation(loadings, QUALIFICATION),
            correlation(loadings, OPPORTUNITY),
        )
        on_first, on_second = (r1 - r2 * r12) / (1 - r12**2), (r2 - r1 * r12) / (1 - r12**2)
        return on_first * self.mean_qualification + on_second * self.mean_opportunity


class _Point(NamedTuple):
    weight: float
    value: float


@lru_cache(maxsize=64)
def calibrate(qualified: float, opportunity: float, won: float) -> FunnelLinks:
    """Return links whose means over all accounts are these shares.

    Args:
        qualified: the share of accounts that qualify.
        opportunity: the share of qualified accounts with an opportunity.
        won: the share of opportunities that are won.
    """
    qualification = _solve([_Point(weight, index) for index, weight in _NODES], QUALIFICATION_SLOPE, qualified)
    second = [
        (weight * share * qualification.probability(first), first, index)
        for first, weight in _NODES
        for index, share in _given_one(first)
    ]
    opens = _solve([_Point(weight, index) for weight, _, index in second], OPPORTUNITY_SLOPE, opportunity)
    third = [
        _Point(weight * share * opens.probability(index), outcome)
        for weight, first, index in second
        for outcome, share in _given_two(first, index)
    ]
    arrived = [(weight * opens.probability(index), first, index) for weight, first, index in second]
    total = fsum(weight for weight, _, _ in arrived)
    return FunnelLinks(
        qualification,
        opens,
        _solve(third, WIN_SLOPE, won),
        fsum(weight * first for weight, first, _ in arrived) / total,
        fsum(weight * index for weight, _, index in arrived) / total,
    )


def _solve(points: list[_Point], slope: float, share: float) -> LogisticLink:
    """Return the link whose weighted mean over the points is ``share``; 0 and 1 are met exactly."""
    if share <= 0 or share >= 1:
        return LogisticLink.constant(share)
    total, low, high = fsum(point.weight for point in points), -_BOUND, _BOUND
    for _ in range(_BISECTIONS):
        link = LogisticLink((low + high) / 2, slope)
        mean = fsum(point.weight * link.probability(point.value) for point in points) / total
        low, high = (link.intercept, high) if mean < share else (low, link.intercept)
    return link


def _given_one(first: float) -> list[tuple[float, float]]:
    """Return points and weights of the opportunity index of an account with this qualification index."""
    rho = correlation(QUALIFICATION, OPPORTUNITY)
    return [(rho * first + sqrt(1 - rho**2) * noise, weight) for noise, weight in _NODES]


def _given_two(first: float, second: float) -> list[tuple[float, float]]:
    """Return points and weights of the win index of an account, given its other two indexes."""
    r12, r13, r23 = (
        correlation(QUALIFICATION, OPPORTUNITY),
        correlation(QUALIFICATION, WIN),
        correlation(OPPORTUNITY, WIN),
    )
    from_first, from_second = (r13 - r12 * r23) / (1 - r12**2), (r23 - r12 * r13) / (1 - r12**2)
    mean = from_first * first + from_second * second
    spread = sqrt(1 - (from_first * r13 + from_second * r23))
    return [(mean + spread * noise, weight) for noise, weight in _NODES]


def log_normal_location(mean: float, sigma: float) -> float:
    """Return the mean of the logarithm of a log-normal variable with this mean."""
    return log(mean) - sigma**2 / 2
