"""A simulation's distribution curve as a histogram of records over its span."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.arrivals import ArrivalTimes

BINS = 60


def _one_contact(account: int) -> range:
    return range(account, account + 1)


def histogram(
    arrivals: ArrivalTimes, contacts: Callable[[int], range] = _one_contact, bins: int = BINS
) -> list[JsonObject]:
    """Return equal bins of the span with the exact number of records whose accounts arrive in each.

    A span of zero length is one bin. Arrivals are sorted, so each edge is found by binary search.

    Args:
        arrivals: the arrival times of all accounts.
        contacts: returns the indexes of an account's contacts.
        bins: the number of bins.
    """
    edges = _edges(arrivals.start, arrivals.end, bins)
    accounts = [0, *(_count_before(arrivals, edge) for edge in edges[1:-1]), arrivals.count]
    passed = [contacts(number - 1).stop if number else 0 for number in accounts]
    parts = zip(edges, edges[1:], passed, passed[1:], strict=False)
    return [
        {"from": to_iso_utc(begin), "to": to_iso_utc(end), "records": high - low} for begin, end, low, high in parts
    ]


def _edges(start: datetime, end: datetime, bins: int) -> list[datetime]:
    if start == end:
        return [start, end]
    return [start + (end - start) * number / bins for number in range(bins)] + [end]


def _count_before(arrivals: ArrivalTimes, moment: datetime) -> int:
    """Return how many accounts arrive before a given time."""
    return bisect_left(range(arrivals.count), moment, key=arrivals.at)
