"""How much a model is asked at a time, by what it has shown."""

from dataclasses import replace

import pytest

from simcrm.llm.call_pace import FIRST_SECONDS, MIN_CALL_TOKENS, CallPace

HOSTED = CallPace(100.0, 60.0, 1_600, 20, concurrency=20)
OWN = CallPace(10.0, 60.0, 1_600, 20, concurrency=1, is_own_server=True)


@pytest.fixture(name="hosted")
def _hosted() -> CallPace:
    return replace(HOSTED)


@pytest.fixture(name="own")
def _own() -> CallPace:
    return replace(OWN)


def test_a_hosted_model_is_asked_for_much_at_once(hosted: CallPace) -> None:
    assert hosted.call_tokens == 1_600


def test_an_unknown_machine_is_asked_for_one_text_first_and_then_for_twice_as_much_each_time(own: CallPace) -> None:
    sizes = []
    for output in (44, 88, 176):
        sizes.append(own.call_tokens)
        own.record_answer(output, output / 50)

    assert [*sizes, own.call_tokens] == [MIN_CALL_TOKENS, 88, 176, 352]


@pytest.mark.parametrize("speed", [8, 20, 50])
def test_what_a_slow_machine_may_write_fits_into_the_time_of_a_call(own: CallPace, speed: float) -> None:
    for _ in range(20):
        limits = own.limits_for(own.call_tokens, 2 * own.call_tokens + 200)
        written = limits.max_tokens
        if own.fastest:
            assert written / speed <= limits.timeout_seconds
        own.record_answer(written, written / speed)

    assert own.call_tokens == pytest.approx(speed * 30, rel=0.02)


def test_an_answer_that_finds_no_end_is_stopped_by_its_tokens(hosted: CallPace) -> None:
    hosted.record_answer(1_000, 50.0)

    limits = hosted.limits_for(600, 1_400)

    assert (limits.max_tokens, limits.timeout_seconds) == (960, 60.0)


def test_the_expected_answer_fits_however_little_time_is_left(own: CallPace) -> None:
    limits = own.limits_for(100, 400, seconds_left=5.0)

    assert (limits.max_tokens, limits.timeout_seconds) == (125, 5.0)


def test_calls_get_the_whole_time_until_the_speed_is_known(hosted: CallPace) -> None:
    before = hosted.limits_for(40, 280).timeout_seconds
    hosted.record_answer(1_000, 10.0)

    assert (before, hosted.limits_for(40, 280).timeout_seconds) == (60.0, FIRST_SECONDS)


def test_a_machine_of_ones_own_gets_the_whole_time_always(own: CallPace) -> None:
    own.record_answer(100, 1.0)

    assert own.limits_for(40, 280).timeout_seconds == 60.0


def test_many_calls_that_were_made_at_one_pace_and_took_too_long_halve_it_once(hosted: CallPace) -> None:
    limits = hosted.limits_for(1_600, 3_400)

    for _ in range(20):
        hosted.record_timeout(limits)

    assert (hosted.call_tokens, hosted.concurrency) == (800, 10)


def test_the_pace_never_falls_below_one_text(hosted: CallPace) -> None:
    for _ in range(20):
        hosted.record_timeout(hosted.limits_for(hosted.call_tokens, 3_400))

    assert (hosted.call_tokens, hosted.concurrency) == (MIN_CALL_TOKENS, 1)


def test_calls_run_side_by_side_while_that_slows_none_down(own: CallPace) -> None:
    own.record_answer(100, 2.0)
    own.record_answer(100, 2.1)
    grown = own.concurrency
    own.record_answer(100, 4.0)

    assert (grown, own.concurrency) == (3, 2)


def test_a_short_answer_tells_nothing_about_the_speed(hosted: CallPace) -> None:
    hosted.record_answer(20, 10.0)

    assert (hosted.tokens_per_second, hosted.fastest) == (100.0, 0)
