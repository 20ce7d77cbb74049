"""Consume queue messages: write and complete them, delay them, or give them up with a reason."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from simcrm.cache import run_counters as counters
from simcrm.cache.resilient_cache import RedisClient
from simcrm.cache.run_counters import RunCounters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.errors import SimulationAbortedError
from simcrm.core.log import log_event
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError
from simcrm.models.throughput_series import bucket_for
from simcrm.storage.file_names import CONTACTS_STEP
from simcrm.storage.ledger_entries import LedgerTotals, furthest_stages
from simcrm.storage.lifecycle_funnel import newly_reached
from simcrm.storage.run_status import RunFailure, write_stop_reason
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.message_errors import describe_error, is_transient, short_error_location
from simcrm.writing.redelivery import MAX_CRASHES, CrashCounter, visibility_after_failures, visibility_seconds
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.write_request import InvalidMessageError, WriteRequest, parse_write_request
from simcrm.writing.writer import WriteJob, Writer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


TOO_MANY_CRASHES = f"writers started this message {MAX_CRASHES} times and never finished it"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as SQS delivered it, for the ``receives``-th time."""

    id: str
    receipt_handle: str
    body: str
    receives: int = 1

    @classmethod
    def from_sqs_record(cls, record: dict[str, Any]) -> Self:
        """Parse an SQS record of a Lambda event."""
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        return cls(record["messageId"], record["receiptHandle"], record["body"], receives)


@dataclass(frozen=True, slots=True)
class QueueConsumer:
    """The queue consumer's dependencies; ``open_files`` opens the files of a simulation."""

    writer: Writer
    tasks: TaskCallbacks
    sqs: "SQSClient"
    queue_url: str
    dead_letter_url: str
    open_files: Callable[[str], SimulationFiles]
    cache: RedisClient | None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def consume(consumer: QueueConsumer, messages: Sequence[Message], hubspot_calls: Callable[[], int]) -> list[Message]:
    """Settle the requests in the messages; return the messages that must stay in the queue.

    An error in one message does not affect the others: only that message is retried, and eventually given up.
    """
    crash_counter = CrashCounter(consumer.cache)
    crashes = crash_counter.read([message.id for message in messages])
    poison_messages = [message for message in messages if crashes[message.id] >= MAX_CRASHES]
    ends = _for_each(
        poison_messages, lambda message: _send_to_dead_letters(consumer, message, TOO_MANY_CRASHES, "timeout")
    )
    for group in group_messages([message for message in messages if message not in poison_messages], crashes):
        crash_counter.record_start([message.id for message in group])
        outcome = _consume_group(consumer, group, hubspot_calls)
        crash_counter.record_end([message.id for message in group if message not in outcome.failed])
        ends.add(outcome)
    return ends.retained + [
        message for message, error in ends.failed.items() if _retain_failed(consumer, message, error, crashes)
    ]


@dataclass(slots=True)
class MessageOutcomes:
    """Messages that stay in the queue: those that are delayed, and those that raised an error."""

    retained: list[Message] = field(default_factory=list)
    failed: dict[Message, Exception] = field(default_factory=dict)

    def add(self, other: "MessageOutcomes") -> None:
        """Add the outcomes of further messages."""
        self.retained += other.retained
        self.failed |= other.failed


def group_messages(messages: Sequence[Message], crashes: Mapping[str, int]) -> list[list[Message]]:
    """Group the messages to settle together: those without crashes, then each of the others alone.

    A message that crashes the process thus affects the others only once; the one that crashed most often comes last.
    """
    fresh = [message for message in messages if not crashes[message.id]]
    suspect = sorted((message for message in messages if crashes[message.id]), key=lambda found: crashes[found.id])
    return ([fresh] if fresh else []) + [[message] for message in suspect]


def _consume_group(
    consumer: QueueConsumer, messages: Sequence[Message], hubspot_calls: Callable[[], int]
) -> MessageOutcomes:
    ends = MessageOutcomes()
    jobs = _open_requests(consumer, messages, ends)
    if not jobs:
        return ends
    before = hubspot_calls()
    try:
        ends.add(_write(consumer, jobs))
    finally:
        # All messages share the calls; they are counted for the first message's simulation.
        first = next(iter(jobs.values())).request.simulation_id
        RunCounters(consumer.cache, first).add({counters.HUBSPOT_CALLS: hubspot_calls() - before})
    return ends


def _write(consumer: QueueConsumer, jobs: Mapping[Message, WriteJob]) -> MessageOutcomes:
    try:
        totals_by_job = consumer.writer.write(list(jobs.values()))
    except PortalAccessError as error:
        refused = error
        return _for_each(jobs, lambda message: _stop_run(consumer, jobs[message].request, refused))
    except PortalUnavailableError as error:
        _delay(consumer, list(jobs), error)
        return MessageOutcomes(list(jobs))
    except Exception as error:  # noqa: BLE001 - any error is retried per message
        return _write_each(consumer, jobs, error)
    by_message = dict(zip(jobs, totals_by_job, strict=True))
    return _for_each(jobs, lambda message: _complete(consumer, jobs[message], by_message[message]))


def _write_each(consumer: QueueConsumer, jobs: Mapping[Message, WriteJob], error: Exception) -> MessageOutcomes:
    """After several jobs fail together, write each one alone to find the one that causes the error."""
    if len(jobs) == 1:
        return MessageOutcomes(failed=dict.fromkeys(jobs, error))
    ends = MessageOutcomes()
    for message, job in jobs.items():
        ends.add(_write(consumer, {message: job}))
    return ends


def _complete(consumer: QueueConsumer, job: WriteJob, totals: LedgerTotals) -> None:
    """Count a settled job and complete its task; if the callback fails, a retry finds the job in the ledger."""
    if not job.is_repeat:
        _count(consumer, job, totals)
    consumer.tasks.succeed(job.request.task_token, totals)


def _for_each(messages: Iterable[Message], act: Callable[[Message], None]) -> MessageOutcomes:
    """Run an action for each message, even if it fails for others."""
    ends = MessageOutcomes()
    for message in messages:
        try:
            act(message)
        except Exception as error:  # noqa: BLE001 - no error may stop the others
            ends.failed[message] = error
    return ends


def _retain_failed(consumer: QueueConsumer, message: Message, error: Exception, crashes: Mapping[str, int]) -> bool:
    """Whether a message that raised an error stays in the queue; after too many errors it does not."""
    times = crashes[message.id] + 1
    reason = describe_error(error)
    if is_transient(error):
        CrashCounter(consumer.cache).record_end([message.id])
        _delay(consumer, [message], error)
        return True
    log_event(
        "MESSAGE_FAILED",
        "an error kept a message from being settled",
        level=logging.ERROR,
        messageId=message.id,
        errorType=type(error).__name__,
        where=short_error_location(error),
        reason=reason,
    )
    if times < MAX_CRASHES:
        _hide(consumer, message, max(visibility_after_failures(times), visibility_seconds(None, message.receives)))
        return True
    given_up = _for_each(
        [message], lambda _: _send_to_dead_letters(consumer, message, f"failed {times} times: {reason}", "error")
    )
    if given_up.failed:  # the next attempt fails again, with this reason
        CrashCounter(consumer.cache).record_end([message.id])
    return bool(given_up.failed)


def _open_requests(
    consumer: QueueConsumer, messages: Sequence[Message], ends: MessageOutcomes
) -> dict[Message, WriteJob]:
    """Open the requests in the messages; those that no retry can fix go to the dead-letter queue with the reason."""
    jobs: dict[Message, WriteJob] = {}

    def open_job(message: Message) -> None:
        try:
            jobs[message] = consumer.writer.open(parse_write_request(message.body))
        except InvalidMessageError as error:
            _send_to_dead_letters(consumer, message, str(error), "validation")
        except SimulationAbortedError as error:
            consumer.tasks.fail(parse_write_request(message.body).task_token, error.code, str(error))

    ends.add(_for_each(messages, open_job))
    return jobs


def _send_to_dead_letters(consumer: QueueConsumer, message: Message, reason: str, category: str) -> None:
    log_event("MESSAGE_GIVEN_UP", "a message cannot be fixed by a retry", level=logging.ERROR, reason=reason)
    attributes = {
        "reason": {"DataType": "String", "StringValue": reason[:1000]},
        "category": {"DataType": "String", "StringValue": category},
    }
    consumer.sqs.send_message(
        QueueUrl=consumer.dead_letter_url,
        MessageBody=message.body,
        MessageAttributes=attributes,  # type: ignore[arg-type]
    )


def _stop_run(consumer: QueueConsumer, request: WriteRequest, error: PortalAccessError) -> None:
    """Fail the task and store the reason, with which the run ends."""
    write_stop_reason(consumer.open_files(request.simulation_id), RunFailure(code=error.code, message=str(error)))
    consumer.tasks.fail(request.task_token, error.code, str(error))
    log_event(
        "WRITE_STOPPED",
        "the portal cannot be written to",
        level=logging.ERROR,
        simulationId=request.simulation_id,
        batch=request.batch,
        reason=str(error),
    )


def _delay(consumer: QueueConsumer, messages: Sequence[Message], error: Exception) -> None:
    """Hide the messages for as long as the portal asks, instead of the queue's long default."""
    retry_after = error.retry_after if isinstance(error, PortalUnavailableError) else None
    cloudwatch_metrics.record(Metric.MESSAGES_POSTPONED, len(messages))
    log_event(
        "WRITE_POSTPONED", "messages wait", level=logging.WARNING, count=len(messages), reason=describe_error(error)
    )
    for message in messages:
        _hide(consumer, message, visibility_seconds(retry_after, message.receives))


def _hide(consumer: QueueConsumer, message: Message, seconds: int) -> None:
    try:
        consumer.sqs.change_message_visibility(
            QueueUrl=consumer.queue_url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
        )
    except ClientError as failure:
        log_event("VISIBILITY_UNCHANGED", "a message waits longer", reason=failure.response["Error"]["Code"])


def _count(consumer: QueueConsumer, job: WriteJob, totals: LedgerTotals) -> None:
    request, written = job.request, sum(totals.written.values())
    amounts = {counters.created_counter(kind): count for kind, count in totals.written.items() if count}
    stages = newly_reached(furthest_stages(job.previous_result or ()), job.known_stages)
    amounts |= {counters.stage_counter(stage): count for stage, count in stages.items() if count}
    settled = counters.RECORDS_SETTLED if request.step == CONTACTS_STEP else counters.ACTIVITIES_SETTLED
    amounts |= {counters.RECORDS_REFUSED: totals.refused, settled: written + totals.refused}
    amounts |= {counters.PROPERTIES_SKIPPED: skipped} if (skipped := job.count_skipped()) else {}
    metrics = RunCounters(consumer.cache, request.simulation_id)
    metrics.add_with_throughput(amounts, bucket_for(written, job.run_start, consumer.clock()))
    log_event(
        "STEP_WRITTEN",
        "a step of a batch is settled",
        simulationId=request.simulation_id,
        batch=request.batch,
        step=request.step,
        written=written,
        refused=totals.refused,
        skipped=totals.skipped,
    )
