"""Which errors of a message are over when it comes again, how long it stays hidden, and how often it may fail."""

import pytest
import redis
from botocore.exceptions import ClientError, ReadTimeoutError
from builders import pair_row, write_request
from unit.writing.conftest import Generate, QueueHarness

from simcrm.core.errors import InvalidInputError
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError, RequestRejectedError
from simcrm.storage.simulation_files import ConcurrentWriteError
from simcrm.writing.message_errors import describe_error, is_transient, short_error_location
from simcrm.writing.queue_consumer import Message, group_messages
from simcrm.writing.redelivery import CrashCounter, visibility_after_failures, visibility_seconds


def aws_error(code: str, status: int | None = 400) -> ClientError:
    about = {} if status is None else {"ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError({"Error": {"Code": code, "Message": "secret"}, **about}, "PutObject")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aws_error("Throttling"), True),
        (aws_error("ThrottlingException"), True),
        (aws_error("SlowDown"), True),
        (aws_error("TooManyRequestsException"), True),
        (aws_error("AccessDenied"), False),
        (aws_error("AccessDenied", 499), False),
        (aws_error("AccessDenied", None), False),
        (aws_error("InternalError", 500), True),
        (aws_error("InternalError", 503), True),
        (PortalUnavailableError("busy"), True),
        (RequestRejectedError(400, "VALIDATION_ERROR", "no"), True),
        (PortalAccessError("no"), False),
        (ReadTimeoutError(endpoint_url="http://aws.example"), True),
        (ConcurrentWriteError("ledger/0"), True),
        (KeyError("x"), False),
    ],
    ids=str,
)
def test_what_waiting_resolves(error: Exception, *, expected: bool) -> None:
    assert is_transient(error) is expected


def test_an_error_is_described_without_data() -> None:
    assert describe_error(aws_error("SlowDown")) == "PutObject: SlowDown"
    assert describe_error(InvalidInputError("field", "is wrong")) == str(InvalidInputError("field", "is wrong"))
    with pytest.raises(ValueError, match="secret") as raised:
        int("secret")
    assert describe_error(raised.value).startswith("ValueError at test_message_errors.py:")
    assert "/" not in short_error_location(raised.value)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 15), (1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 480), (7, 900), (8, 900), (10_000, 900)],
)
def test_each_failure_doubles_the_wait(failures: int, seconds: int) -> None:
    assert visibility_after_failures(failures) == seconds


@pytest.mark.parametrize(
    ("receives", "seconds"), [(0, 15), (1, 15), (5, 15), (6, 30), (10, 30), (11, 60), (16, 120), (26, 480), (31, 900)]
)
def test_every_five_receives_double_the_wait(receives: int, seconds: int) -> None:
    assert visibility_seconds(None, receives) == seconds


def test_a_wait_that_the_portal_asks_for_is_never_shortened() -> None:
    assert [visibility_seconds(seconds, 6) for seconds in (1, 100, 450, 451, 900, 1_000)] == [
        30,
        200,
        900,
        900,
        900,
        1_000,
    ]


def test_attempts_that_do_not_end_are_counted_for_four_days(cache: redis.Redis) -> None:
    counter = CrashCounter(cache)

    assert counter.read(["a", "b"]) == {"a": 0, "b": 0}
    assert [counter.record_start(["a"]), counter.record_start(["a", "b"])] == [{"a": 0}, {"a": 1, "b": 0}]
    counter.record_end(["b"])
    assert counter.read(["a", "b"]) == {"a": 2, "b": 0}
    for _ in range(3):
        counter.record_end(["b"])
    assert counter.read(["b"]) == {"b": 0}
    assert 4 * 24 * 3600 - 60 < cache.ttl("writing:a") <= 4 * 24 * 3600


def test_no_messages_need_no_cache(absent_redis_url: str) -> None:
    assert CrashCounter(redis.Redis.from_url(absent_redis_url)).read([]) == {}
    assert CrashCounter(None).read(["a"]) == {"a": 0}
    assert CrashCounter(redis.Redis.from_url(absent_redis_url)).read(["a"]) == {"a": 0}


def test_messages_that_crashed_come_alone_and_the_worst_comes_last() -> None:
    messages = [Message(name, "receipt", "{}") for name in "abcde"]
    groups = group_messages(messages, {"a": 3, "b": 0, "c": 1, "d": 0, "e": 2})

    assert [[message.id for message in group] for group in groups] == [["b", "d"], ["c"], ["e"], ["a"]]
    assert group_messages(messages[:1], {"a": 1}) == [[messages[0]]]


def broken(desk: QueueHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each attempt to complete a task fail for a reason that no wait resolves."""

    def fail(*_: object) -> None:
        raise KeyError("no task")

    monkeypatch.setattr(type(desk.consumer.tasks), "succeed", fail)


def test_a_message_that_fails_stays_until_its_eighth_failure(
    desk: QueueHarness, generated: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated([pair_row(0)])
    broken(desk, monkeypatch)
    messages, waits = desk.receive(write_request()), list[int]()

    for _ in range(7):
        assert desk.consume(messages) == messages
        waits.append(next(iter(desk.hidden_seconds().values())))
    assert waits == [15, 30, 60, 120, 240, 480, 900]
    assert desk.dead_letters() == []

    assert desk.consume(messages) == []
    ((_, attributes),) = desk.dead_letters()
    assert attributes["category"] == "error"
    assert attributes["reason"].startswith("failed 8 times: KeyError at test_message_errors.py:")


def test_a_message_that_cannot_be_given_up_stays_and_fails_once_more(
    desk: QueueHarness, generated: Generate, cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated([pair_row(0)])
    broken(desk, monkeypatch)
    messages = desk.receive(write_request())
    for _ in range(7):
        desk.consume(messages)
    with monkeypatch.context() as away:

        def refuse(**_: object) -> None:
            raise aws_error("AccessDenied")

        away.setattr(desk.consumer.sqs, "send_message", refuse)
        assert desk.consume(messages) == messages

    assert CrashCounter(cache).read([messages[0].id]) == {messages[0].id: 7}
    assert desk.consume(messages) == []
    assert len(desk.dead_letters()) == 1


def test_a_message_that_fails_after_many_receives_waits_as_long_as_the_longer_of_both_says(
    desk: QueueHarness, generated: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated([pair_row(0)])
    broken(desk, monkeypatch)
    (found,) = desk.receive(write_request())

    desk.consume([Message(found.id, found.receipt_handle, found.body, receives=11)])

    assert desk.hidden_seconds() == {found.receipt_handle: 60}
