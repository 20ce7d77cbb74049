import pytest

from simcrm.core.ttl_cache import TtlCache


@pytest.fixture
def questions() -> list[float]:
    """When the question was asked."""
    return []


@pytest.fixture
def clock() -> list[float]:
    """The seconds it is; a test moves them."""
    return [100.0]


@pytest.fixture
def kept(questions: list[float], clock: list[float]) -> TtlCache[int]:
    """Keeps how often it was asked, for five seconds."""

    def ask() -> int:
        questions.append(clock[0])
        return len(questions)

    return TtlCache(ask, 5, lambda: clock[0])


def test_nothing_is_asked_before_it_is_wanted(kept: TtlCache[int], questions: list[float]) -> None:
    assert kept
    assert questions == []


def test_an_answer_serves_all_who_ask_soon(kept: TtlCache[int], clock: list[float]) -> None:
    found = [kept.get()]
    clock[0] += 4.9
    found.append(kept.get())

    assert found == [1, 1]


def test_an_answer_is_no_older_than_it_may_be(kept: TtlCache[int], clock: list[float], questions: list[float]) -> None:
    kept.get()
    clock[0] += 5

    assert kept.get() == 2
    assert questions == [100.0, 105.0]


def test_an_error_is_not_kept() -> None:
    divisors = [0, 1]
    kept = TtlCache(lambda: 7 // divisors.pop(0), 5)

    with pytest.raises(ZeroDivisionError):
        kept.get()
    assert kept.get() == 7
