"""Draw the arrival curves for the documents: ``python scripts/curves.py docs/images/curves.svg``."""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simcrm.models.simulation_input import CurveWeights, DistributionMethod
from simcrm.planning.arrivals import ArrivalTimes

COUNT, BARS = 20_000, 84
START, SPAN = datetime(2026, 3, 2, tzinfo=UTC), timedelta(days=14)
WIDTH, HEIGHT, GAP, COLUMNS = 250, 70, 46, 3
CUSTOM = CurveWeights(points=((0.0, 0.0), (0.3, 1.0), (0.35, 0.2), (1.0, 0.6)))


def main(file: str) -> None:
    """Write one histogram a method, two weeks from a Monday on."""
    charts = [_chart(place, method) for place, method in enumerate(DistributionMethod)]
    rows = -(-len(charts) // COLUMNS)
    size = f'viewBox="0 0 {COLUMNS * (WIDTH + 20)} {rows * (HEIGHT + GAP)}"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#33475b"'
    Path(file).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join(charts) + "\n</svg>\n",
        encoding="utf-8",
    )


def _chart(place: int, method: DistributionMethod) -> str:
    left, top = place % COLUMNS * (WIDTH + 20), place // COLUMNS * (HEIGHT + GAP) + 16
    counts = _histogram(method)
    highest = max(counts)
    bars = "".join(_bar(left, top, number, count / highest) for number, count in enumerate(counts))
    base = f'<path d="M{left} {top + HEIGHT}h{WIDTH}" stroke="#cbd6e2"/>'
    return f'<text x="{left}" y="{top - 4}">{method}</text><g fill="#0091ae">{bars}</g>{base}'


def _bar(left: int, top: int, number: int, share: float) -> str:
    width, height = WIDTH / BARS, HEIGHT * share
    x, y = left + number * width, top + HEIGHT - height
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width * 0.8:.1f}" height="{height:.1f}"/>'


def _histogram(method: DistributionMethod) -> list[int]:
    weights = CUSTOM if method is DistributionMethod.CUSTOM else None
    arrivals = ArrivalTimes(method, COUNT, START, START + SPAN, seed="7", weights=weights)
    bars = Counter(min(BARS - 1, int((arrivals.at(index) - START) / SPAN * BARS)) for index in range(COUNT))
    return [bars[number] for number in range(BARS)]


if __name__ == "__main__":
    main(sys.argv[1])
