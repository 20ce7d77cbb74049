"""What becomes of queue messages: written and answered, left for later, or given up with a reason."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import redis
from botocore.exceptions import ClientError

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import Metrics
from simcrm.core import cloudwatch_metrics, log
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.errors import SimulationAbortedError
from simcrm.hubspot.errors import PortalBusyError, PortalRefusedError
from simcrm.models.throughput_series import point
from simcrm.storage.file_names import CONTACTS_STEP
from simcrm.storage.ledger_entries import Tally, furthest_stages
from simcrm.storage.lifecycle_funnel import reached
from simcrm.storage.run_status import Failure, note_stop
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.message_errors import passes, reason_of, where
from simcrm.writing.redelivery import MAX_DEATHS, Deaths, seconds_after_failures, wait_seconds
from simcrm.writing.task_callbacks import TaskAnswers
from simcrm.writing.write_request import UnusableMessageError, WriteRequest, parse_request
from simcrm.writing.writer import Job, Writer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


DEADLY = f"writers took this message up {MAX_DEATHS} times and never came to an end with it"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as SQS delivered it, for the ``receives``-th time."""

    id: str
    receipt_handle: str
    body: str
    receives: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivering needs; ``artifacts_of`` opens the data of a simulation."""

    writer: Writer
    tasks: TaskAnswers
    sqs: "SQSClient"
    queue_url: str
    dead_letter_url: str
    artifacts_of: Callable[[str], Artifacts]
    cache: redis.Redis | None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def deliver(delivery: Delivery, messages: Sequence[Message], hubspot_calls: Callable[[], int]) -> list[Message]:
    """Settle what the messages ask for; returns the messages that must stay in the queue.

    An error of one message leaves the others as they are: it alone is tried again, and at last given up.
    """
    deaths = Deaths(delivery.cache)
    counts = deaths.so_far([message.id for message in messages])
    deadly = [message for message in messages if counts[message.id] >= MAX_DEATHS]
    ends = _each(deadly, lambda message: _give_up(delivery, message, DEADLY, "timeout"))
    for group in in_groups([message for message in messages if message not in deadly], counts):
        deaths.begin([message.id for message in group])
        found = _deliver(delivery, group, hubspot_calls)
        deaths.end([message.id for message in group if message not in found.failed])
        ends.add(found)
    return ends.kept + [message for message, error in ends.failed.items() if _failed(delivery, message, error, counts)]


@dataclass(slots=True)
class Ends:
    """Messages that stay in the queue: those that wait in order, and those that raised an error."""

    kept: list[Message] = field(default_factory=list)
    failed: dict[Message, Exception] = field(default_factory=dict)

    def add(self, other: "Ends") -> None:
        """Take over the ends of further messages."""
        self.kept += other.kept
        self.failed |= other.failed


def in_groups(messages: Sequence[Message], deaths: Mapping[str, int]) -> list[list[Message]]:
    """The messages that are settled together: those without a death, then each other one alone.

    So a message that ends the process takes the others along once and no more; the likeliest to do so comes last.
    """
    fresh = [message for message in messages if not deaths[message.id]]
    suspect = sorted((message for message in messages if deaths[message.id]), key=lambda found: deaths[found.id])
    return ([fresh] if fresh else []) + [[message] for message in suspect]


def _deliver(delivery: Delivery, messages: Sequence[Message], hubspot_calls: Callable[[], int]) -> Ends:
    ends = Ends()
    jobs = _usable(delivery, messages, ends)
    if not jobs:
        return ends
    before = hubspot_calls()
    try:
        ends.add(_settle(delivery, jobs))
    finally:
        # Calls are shared by all messages; they are counted on the first one's simulation.
        first = next(iter(jobs.values())).request.simulation_id
        Metrics(delivery.cache, first).add({counters.HUBSPOT_CALLS: hubspot_calls() - before})
    return ends


def _settle(delivery: Delivery, jobs: Mapping[Message, Job]) -> Ends:
    try:
        tallies = delivery.writer.settle(list(jobs.values()))
    except PortalRefusedError as error:
        refused = error
        return _each(jobs, lambda message: _stop(delivery, jobs[message].request, refused))
    except PortalBusyError as error:
        _postpone(delivery, list(jobs), error)
        return Ends(list(jobs))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one message's
        return _settle_alone(delivery, jobs, error)
    by_message = dict(zip(jobs, tallies, strict=True))
    return _each(jobs, lambda message: _answer(delivery, jobs[message], by_message[message]))


def _settle_alone(delivery: Delivery, jobs: Mapping[Message, Job], error: Exception) -> Ends:
    """After an error of several jobs together, each by itself: whose error it is shows there."""
    if len(jobs) == 1:
        return Ends(failed=dict.fromkeys(jobs, error))
    ends = Ends()
    for message, job in jobs.items():
        ends.add(_settle(delivery, {message: job}))
    return ends


def _answer(delivery: Delivery, job: Job, tally: Tally) -> None:
    """Count a settled job and tell its task; where the answer fails, the ledger knows at the next try."""
    if not job.is_repeat:
        _count(delivery, job, tally)
    delivery.tasks.succeed(job.request.task_token, tally)


def _each(messages: Iterable[Message], act: Callable[[Message], None]) -> Ends:
    """Do something for each message, whatever becomes of the others."""
    ends = Ends()
    for message in messages:
        try:
            act(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            ends.failed[message] = error
    return ends


def _failed(delivery: Delivery, message: Message, error: Exception, deaths: Mapping[str, int]) -> bool:
    """Whether a message that raised an error stays: not once it has done so too often."""
    times = deaths[message.id] + 1
    reason = reason_of(error)
    if passes(error):
        Deaths(delivery.cache).end([message.id])
        _postpone(delivery, [message], error)
        return True
    log.event(
        "MESSAGE_FAILED",
        "an error kept a message from being settled",
        level=logging.ERROR,
        messageId=message.id,
        errorType=type(error).__name__,
        where=where(error),
        reason=reason,
    )
    if times < MAX_DEATHS:
        _hide(delivery, message, max(seconds_after_failures(times), wait_seconds(None, message.receives)))
        return True
    given_up = _each([message], lambda _: _give_up(delivery, message, f"failed {times} times: {reason}", "error"))
    if given_up.failed:  # the next try fails again, and then this reason is at hand again
        Deaths(delivery.cache).end([message.id])
    return bool(given_up.failed)


def _usable(delivery: Delivery, messages: Sequence[Message], ends: Ends) -> dict[Message, Job]:
    """What the messages ask for; those that no retry can mend go to the dead letter queue with the reason."""
    jobs: dict[Message, Job] = {}

    def open_job(message: Message) -> None:
        try:
            jobs[message] = delivery.writer.open(parse_request(message.body))
        except UnusableMessageError as error:
            _give_up(delivery, message, str(error), "validation")
        except SimulationAbortedError as error:
            delivery.tasks.fail(parse_request(message.body).task_token, error.code, str(error))

    ends.add(_each(messages, open_job))
    return jobs


def _give_up(delivery: Delivery, message: Message, reason: str, category: str) -> None:
    log.event("MESSAGE_GIVEN_UP", "no retry can mend a message", level=logging.ERROR, reason=reason)
    attributes = {
        "reason": {"DataType": "String", "StringValue": reason[:1000]},
        "category": {"DataType": "String", "StringValue": category},
    }
    delivery.sqs.send_message(
        QueueUrl=delivery.dead_letter_url,
        MessageBody=message.body,
        MessageAttributes=attributes,  # type: ignore[arg-type]
    )


def _stop(delivery: Delivery, request: WriteRequest, error: PortalRefusedError) -> None:
    """Fail the task and keep the reason, which the run ends with."""
    note_stop(delivery.artifacts_of(request.simulation_id), Failure(code=error.code, message=str(error)))
    delivery.tasks.fail(request.task_token, error.code, str(error))
    log.event(
        "WRITE_STOPPED",
        "the portal cannot be written to",
        level=logging.ERROR,
        simulationId=request.simulation_id,
        batch=request.batch,
        reason=str(error),
    )


def _postpone(delivery: Delivery, messages: Sequence[Message], error: Exception) -> None:
    """Hide the messages for as long as the portal asks, instead of the queue's long default."""
    asked = error.retry_after if isinstance(error, PortalBusyError) else None
    cloudwatch_metrics.add(Measure.MESSAGES_POSTPONED, len(messages))
    log.event("WRITE_POSTPONED", "messages wait", level=logging.WARNING, count=len(messages), reason=reason_of(error))
    for message in messages:
        _hide(delivery, message, wait_seconds(asked, message.receives))


def _hide(delivery: Delivery, message: Message, seconds: int) -> None:
    try:
        delivery.sqs.change_message_visibility(
            QueueUrl=delivery.queue_url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
        )
    except ClientError as failure:
        log.event("VISIBILITY_UNCHANGED", "a message waits longer", reason=failure.response["Error"]["Code"])


def _count(delivery: Delivery, job: Job, tally: Tally) -> None:
    request, written = job.request, sum(tally.written.values())
    amounts = {counters.created(kind): count for kind, count in tally.written.items() if count}
    stages = reached(furthest_stages(job.settled or ()), job.known_stages)
    amounts |= {counters.stage_reached(stage): count for stage, count in stages.items() if count}
    settled = counters.RECORDS_SETTLED if request.step == CONTACTS_STEP else counters.ACTIVITIES_SETTLED
    amounts |= {counters.REFUSED: tally.refused, settled: written + tally.refused}
    metrics = Metrics(delivery.cache, request.simulation_id)
    metrics.add_written(amounts, point(written, job.run_start, delivery.clock()))
    log.event(
        "STEP_WRITTEN",
        "a step of a batch is settled",
        simulationId=request.simulation_id,
        batch=request.batch,
        step=request.step,
        written=written,
        refused=tally.refused,
    )
