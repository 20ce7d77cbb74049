"""Run many small requests concurrently, with bounded concurrency."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from simcrm.core.aws_clients import LEDGER_READ_CONCURRENCY

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def map_concurrently(
    function: Callable[[Item], Answer], items: Iterable[Item], max_concurrency: int = LEDGER_READ_CONCURRENCY
) -> Iterator[Answer]:
    """Yield results in the order of the items; at most ``max_concurrency`` are running or waiting to be consumed."""
    begun: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(max_concurrency) as pool:
        for item in items:
            if len(begun) >= max_concurrency:
                yield begun.popleft().result()
            begun.append(pool.submit(function, item))
        while begun:
            yield begun.popleft().result()


def chunked_windows(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of the given size; the last one may be shorter."""
    left = iter(items)
    while window := list(islice(left, size)):
        yield window
