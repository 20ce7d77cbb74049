import os
import signal

import pytest

from simcrm_embedded.errors import InterruptedByUserError
from simcrm_embedded.polling import interruptible, wait_for

LONGER_THAN_ANY_TEST = 3_600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_raised_at_the_next_pause_and_not_before(number: signal.Signals) -> None:
    reached = False
    with interruptible() as interruption:
        os.kill(os.getpid(), number)
        reached = True
        with pytest.raises(InterruptedByUserError, match=number.name):
            interruption.pause(10)
    assert reached


def test_a_signal_cuts_a_pause_short() -> None:
    with interruptible() as interruption:
        signal.signal(signal.SIGALRM, interruption.notice)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(InterruptedByUserError):
            interruption.pause(LONGER_THAN_ANY_TEST)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_a_second_signal_ends_even_what_never_pauses() -> None:
    with interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(InterruptedByUserError):
            os.kill(os.getpid(), signal.SIGTERM)


def test_nothing_stops_the_cleaning_up() -> None:
    with interruptible() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        interruption.begin_cleaning()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        interruption.pause(0.01)


def test_signals_mean_again_what_they_meant_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_waiting_returns_what_the_check_finds() -> None:
    answers = iter([None, None, "ready"])
    pauses: list[float] = []

    found = wait_for(lambda: next(answers), timeout=60, on_timeout=AssertionError, pause=pauses.append, every=0.5)

    assert found == "ready"
    assert pauses == [0.5, 0.5]


def test_waiting_ends_at_its_deadline_after_one_look_at_least() -> None:
    looks: list[int] = []

    with pytest.raises(TimeoutError):
        wait_for(lambda: looks.append(1), timeout=0, on_timeout=TimeoutError)

    assert looks == [1]


def test_an_error_of_the_check_is_not_swallowed() -> None:
    def check() -> None:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        wait_for(check, timeout=60, on_timeout=AssertionError)
