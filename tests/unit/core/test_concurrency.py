from collections.abc import Iterator

import pytest

from simcrm.core.concurrency import chunked_windows, map_concurrently


def test_answers_come_in_the_order_of_the_items() -> None:
    assert list(map_concurrently(lambda number: number * 2, range(100), 8)) == list(range(0, 200, 2))


def test_no_more_is_begun_than_may_wait_to_be_taken() -> None:
    taken, ahead = 0, 0

    def items() -> Iterator[int]:
        nonlocal ahead
        for number in range(1_000):
            ahead = max(ahead, number - taken)
            yield number

    for _ in map_concurrently(lambda number: number, items(), 8):
        taken += 1

    assert (taken, ahead) == (1_000, 8)


def test_an_error_of_one_is_told_in_its_place() -> None:
    def ask(number: int) -> int:
        return 10 // (3 - number)

    answers = map_concurrently(ask, range(6), 2)

    assert [next(answers) for _ in range(3)] == [3, 5, 10]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_windows_hold_each_item_once() -> None:
    assert list(chunked_windows(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunked_windows((), 3)) == []
