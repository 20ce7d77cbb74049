"""The curve of a simulation as counts of records over its span."""

from bisect import bisect_left
from datetime import datetime

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.arrivals import ArrivalTimes

BINS = 60


def histogram(arrivals: ArrivalTimes, bins: int = BINS) -> list[JsonObject]:
    """Equal parts of the span, each with the records that arrive in it: exact, whatever their number.

    A span without length is one part. Arrivals are sorted, so each edge is found without looking at all of them.
    """
    edges = _edges(arrivals.start, arrivals.end, bins)
    passed = [0, *(_count_before(arrivals, edge) for edge in edges[1:-1]), arrivals.count]
    parts = zip(edges, edges[1:], passed, passed[1:], strict=False)
    return [
        {"from": to_iso_utc(begin), "to": to_iso_utc(end), "records": high - low} for begin, end, low, high in parts
    ]


def _edges(start: datetime, end: datetime, bins: int) -> list[datetime]:
    if start == end:
        return [start, end]
    return [start + (end - start) * number / bins for number in range(bins)] + [end]


def _count_before(arrivals: ArrivalTimes, moment: datetime) -> int:
    """How many records have arrived before a moment."""
    return bisect_left(range(arrivals.count), moment, key=arrivals.at)
