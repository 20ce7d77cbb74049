"""Size, time-out and number of calls follow the speed of the answers."""

from simcrm.llm.call_pace import FIRST_SECONDS, MIN_CALL_TOKENS, CallPace


def pace(speed: float = 10.0, *, ceiling: float = 60.0, concurrency: int = 1) -> CallPace:
    return CallPace(speed, ceiling, 1_600, 20, concurrency)


def answers(paced: CallPace, speed: float, times: int = 20) -> CallPace:
    """As many answers of a model that writes this many tokens a second, each as long as a call asks for."""
    for _ in range(times):
        paced.record_answer(paced.call_tokens, paced.call_tokens / speed)
    return paced


def test_a_fast_model_is_asked_for_as_much_as_a_call_may_hold_and_side_by_side() -> None:
    paced = answers(pace(), 200.0)

    assert paced.call_tokens == 1_600
    assert paced.concurrency == 20


def test_a_slow_model_is_asked_for_what_it_writes_in_half_of_the_time() -> None:
    paced = answers(pace(), 8.0)

    assert paced.call_tokens == 240
    assert 240 / 8.0 <= paced.timeout_for(paced.call_tokens) <= 60.0


def test_the_first_answer_replaces_the_guess() -> None:
    assert answers(pace(10.0), 100.0, times=1).call_tokens == 1_600


def test_calls_side_by_side_that_slow_each_other_down_become_fewer() -> None:
    paced = answers(pace(concurrency=4), 100.0, times=1)
    assert paced.concurrency == 5

    paced = answers(paced, 50.0, times=3)

    assert paced.concurrency == 2


def test_each_time_out_halves_what_is_asked_for_down_to_a_text() -> None:
    paced = pace(concurrency=8)
    before = paced.call_tokens

    paced.record_timeout()
    halved = paced.call_tokens, paced.concurrency
    for _ in range(20):
        paced.record_timeout()

    assert halved == (before // 2, 4)
    assert (paced.call_tokens, paced.concurrency) == (MIN_CALL_TOKENS, 1)


def test_a_short_answer_says_nothing_of_the_speed() -> None:
    paced = answers(pace(), 100.0)
    before = paced.tokens_per_second

    paced.record_answer(60, 6.0)

    assert paced.tokens_per_second == before


def test_no_call_may_take_longer_than_the_ceiling_and_a_short_one_has_its_least_time() -> None:
    paced = answers(pace(ceiling=20.0), 50.0)

    assert paced.timeout_for(100_000) == 20.0
    assert paced.timeout_for(10) == FIRST_SECONDS
    assert answers(pace(ceiling=5.0), 50.0).timeout_for(10) == 5.0
