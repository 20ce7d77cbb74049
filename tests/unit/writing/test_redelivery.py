import pytest
import redis
from builders import pair_row, write_request
from recorders import LogLines
from unit.writing.conftest import Generate, QueueHarness

from simcrm.writing.queue_consumer import Message
from simcrm.writing.redelivery import MAX_CRASHES, MAX_SECONDS, CrashCounter, visibility_seconds

TASK_SECONDS = 86_400
RECEIVES = 150


@pytest.mark.parametrize(
    ("asked", "receives", "seconds"),
    [(None, 1, 15), (4.4, 1, 4), (0.1, 1, 1), (4.0, 6, 30), (30.0, 6, 60), (None, 500, 900), (3600.0, 99, 3600)],
)
def test_a_wait_is_what_was_asked_for_and_longer_after_many(asked: float | None, receives: int, seconds: int) -> None:
    assert visibility_seconds(asked, receives) == seconds


def test_waiting_outlasts_the_task_before_the_queue_gives_the_message_up() -> None:
    assert sum(visibility_seconds(None, receive) for receive in range(1, RECEIVES)) > TASK_SECONDS
    assert max(visibility_seconds(None, receive) for receive in range(1, RECEIVES)) == MAX_SECONDS


def test_a_message_that_writers_die_of_is_given_up_and_holds_up_nothing(
    desk: QueueHarness, generated: Generate, cache: redis.Redis
) -> None:
    generated([pair_row(0)])
    deadly, harmless = desk.receive("{}", write_request())
    for _ in range(MAX_CRASHES):
        CrashCounter(cache).record_start([deadly.id])

    assert desk.consume([deadly, harmless]) == []

    ((body, attributes),) = desk.dead_letters()
    assert (body, attributes["category"]) == ("{}", "timeout")
    assert desk.portal.count("contacts") == 1


def test_waiting_for_the_portal_is_no_death(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)
    messages = desk.receive(write_request())

    for _ in range(MAX_CRASHES + 2):
        assert desk.consume(messages) == messages
    assert desk.dead_letters() == []


def test_a_message_that_came_often_waits_longer(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)
    (found,) = desk.receive(write_request())

    desk.consume([Message(found.id, found.receipt_handle, found.body, receives=11)])

    assert desk.hidden_seconds() == {found.receipt_handle: 60}


def test_without_a_cache_no_death_is_counted(absent_redis_url: str, log_lines: LogLines) -> None:
    with redis.Redis.from_url(absent_redis_url) as absent:
        assert CrashCounter(absent).record_start(["1"]) == CrashCounter(None).record_start(["1"]) == {}
    assert len(log_lines.with_event_id("CACHE_UNAVAILABLE")) == 1
