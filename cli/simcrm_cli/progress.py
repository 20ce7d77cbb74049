"""Progress of a simulation on standard error: a bar on a terminal, otherwise a line from time to time."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from simcrm_cli.output import messages
from simcrm_cli.parallel_generation import Chunk
from simcrm_cli.simulation_status import SimulationStatus

WINDOW_SECONDS = 15.0
BAR_WIDTH = 16
LINE_EVERY_SECONDS = 5.0
Show = Callable[[SimulationStatus], None]


class Speed:
    """Objects per second over the last seconds."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, now: float, objects: int) -> float:
        """Add a count at a time in seconds and return the current speed."""
        self._samples.append((now, objects))
        while now - self._samples[0][0] > self._window:
            self._samples.popleft()
        first_time, first_count = self._samples[0]
        return (objects - first_count) / (now - first_time) if now > first_time else 0.0


def describe_status(status: SimulationStatus, speed: float) -> str:
    """Describe a status in a few words."""
    records = f"{status.counts['contacts']:,} of {status.planned:,} records"
    failed = f", {status.failed:,} failed" if status.failed else ""
    return f"{records}, {status.objects:,} objects{failed}, {speed:,.0f}/s{_timeline(status)}"


def _timeline(status: SimulationStatus) -> str:
    """Describe how far a paced run is; empty for any other run."""
    wave = status.document.get("wave") or {}
    if not wave.get("simulatedTime"):
        return ""
    following = f", next batch due {_minute(wave['nextDue'])}" if wave["nextDue"] else ""
    return (
        f", batch {wave['batchesDone']:,} of {wave['batches']:,}, simulated {_minute(wave['simulatedTime'])}{following}"
    )


def _minute(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"


@contextmanager
def progress(console: Console | None = None) -> Iterator[Show]:
    """Yield a function that shows a status; the display ends with the block."""
    console = console or messages()
    speed = Speed()
    if not console.is_terminal:
        yield _line_printer(console, speed)
        return
    columns = [
        SpinnerColumn(),
        TextColumn("{task.fields[status]}"),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.percentage:>3.0f}%"),
    ]
    columns += [TextColumn("{task.fields[detail]}"), TimeRemainingColumn(compact=True)]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=100, status="QUEUED", detail="")
        yield lambda standing: _move(bar, task, standing, speed.add(time.monotonic(), standing.objects))


def _move(bar: Progress, task: TaskID, status: SimulationStatus, speed: float) -> None:
    bar.update(task, completed=status.percent, status=status.status, detail=describe_status(status, speed))


def _line_printer(console: Console, speed: Speed) -> Show:
    printed_at = -LINE_EVERY_SECONDS

    def show(status: SimulationStatus) -> None:
        nonlocal printed_at
        now = time.monotonic()
        rate = speed.add(now, status.objects)
        if status.is_final or now - printed_at >= LINE_EVERY_SECONDS:
            printed_at = now
            console.print(f"{status.status} {status.percent:.0f}%: {describe_status(status, rate)}", soft_wrap=True)

    return show


MIN_COUNTED_RECORDS = 5_000
"""Records from which writing takes long enough for a progress bar."""

CountChunks = Callable[[Iterable[Chunk]], Iterator[Chunk]]


@contextmanager
def count_chunks(total: int, console: Console | None = None) -> Iterator[CountChunks]:
    """Yield a function that passes chunks on and shows how many records have passed, if that takes a while."""
    console = console or messages()
    if total < MIN_COUNTED_RECORDS or not console.is_terminal:
        yield iter
        return
    columns = (TextColumn("records"), BarColumn(bar_width=BAR_WIDTH), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)
        yield lambda made: _advance(bar, task, made)


def _advance(bar: Progress, task: TaskID, made: Iterable[Chunk]) -> Iterator[Chunk]:
    for chunk in made:
        yield chunk
        bar.advance(task, chunk.records)
