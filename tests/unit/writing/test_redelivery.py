import pytest
import redis
from builders import pair_row, write_request
from recorders import LogLines
from unit.writing.conftest import Desk, Generate

from simcrm.writing.queue_consumer import Message
from simcrm.writing.redelivery import LONGEST_SECONDS, MAX_DEATHS, Deaths, wait_seconds

TASK_SECONDS = 86_400
RECEIVES = 150


@pytest.mark.parametrize(
    ("asked", "receives", "seconds"),
    [(None, 1, 15), (4.4, 1, 4), (0.1, 1, 1), (4.0, 6, 30), (30.0, 6, 60), (None, 500, 900), (3600.0, 99, 3600)],
)
def test_a_wait_is_what_was_asked_for_and_longer_after_many(asked: float | None, receives: int, seconds: int) -> None:
    assert wait_seconds(asked, receives) == seconds


def test_waiting_outlasts_the_task_before_the_queue_gives_the_message_up() -> None:
    assert sum(wait_seconds(None, receive) for receive in range(1, RECEIVES)) > TASK_SECONDS
    assert max(wait_seconds(None, receive) for receive in range(1, RECEIVES)) == LONGEST_SECONDS


def test_a_message_that_writers_die_of_is_given_up_and_holds_up_nothing(
    desk: Desk, generated: Generate, cache: redis.Redis
) -> None:
    generated([pair_row(0)])
    deadly, harmless = desk.receive("{}", write_request())
    for _ in range(MAX_DEATHS):
        Deaths(cache).begin([deadly.id])

    assert desk.deliver([deadly, harmless]) == []

    ((body, attributes),) = desk.dead_letters()
    assert (body, attributes["category"]) == ("{}", "timeout")
    assert desk.portal.count("contacts") == 1


def test_waiting_for_the_portal_is_no_death(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)
    messages = desk.receive(write_request())

    for _ in range(MAX_DEATHS + 2):
        assert desk.deliver(messages) == messages
    assert desk.dead_letters() == []


def test_a_message_that_came_often_waits_longer(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)
    (found,) = desk.receive(write_request())

    desk.deliver([Message(found.id, found.receipt_handle, found.body, receives=11)])

    assert desk.hidden_for() == {found.receipt_handle: 60}


def test_without_a_cache_no_death_is_counted(absent_redis_url: str, log_lines: LogLines) -> None:
    with redis.Redis.from_url(absent_redis_url) as absent:
        assert Deaths(absent).begin(["1"]) == Deaths(None).begin(["1"]) == {}
    assert len(log_lines.of("CACHE_UNAVAILABLE")) == 1
