"""What becomes of queue messages: written and answered, left for later, or given up with a reason."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import redis
from botocore.exceptions import ClientError

from simcrm import log, measures
from simcrm.cache import metrics as counters
from simcrm.cache.metrics import Metrics
from simcrm.cache.series import point
from simcrm.errors import SimulationAbortedError
from simcrm.finishing import note_stop
from simcrm.hubspot.errors import CallRefusedError, PortalBusyError, PortalRefusedError
from simcrm.measures import Measure
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.funnel import reached
from simcrm.storage.ledger import Tally, furthest_stages
from simcrm.storage.names import CONTACTS_STEP
from simcrm.storage.status import Failure
from simcrm.writing.request import UnusableMessageError, WriteRequest, parse_request
from simcrm.writing.tasks import TaskAnswers
from simcrm.writing.waits import MAX_DEATHS, Deaths, wait_seconds
from simcrm.writing.writer import Job, Writer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


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
    """Settle what the messages ask for; returns the messages that must stay in the queue."""
    deaths = Deaths(delivery.cache)
    ids = [message.id for message in messages]
    kept = _deliver(delivery, _alive(delivery, messages, deaths.begin(ids)), hubspot_calls)
    deaths.end(ids)
    return kept


def _alive(delivery: Delivery, messages: Sequence[Message], deaths: dict[str, int]) -> list[Message]:
    """The messages that writers survive; the others are given up."""
    deadly = [message for message in messages if deaths.get(message.id, 0) >= MAX_DEATHS]
    for message in deadly:
        _give_up(delivery, message, f"a writer died of this message {MAX_DEATHS} times", "timeout")
    return [message for message in messages if message not in deadly]


def _deliver(delivery: Delivery, messages: Sequence[Message], hubspot_calls: Callable[[], int]) -> list[Message]:
    jobs = _usable(delivery, messages)
    if not jobs:
        return []
    try:
        return _settle(delivery, jobs)
    finally:
        # Calls are shared by all messages; they are counted on the first one's simulation.
        first = next(iter(jobs.values())).request.simulation_id
        Metrics(delivery.cache, first).add({counters.HUBSPOT_CALLS: hubspot_calls()})


def _settle(delivery: Delivery, jobs: dict[Message, Job]) -> list[Message]:
    try:
        tallies = delivery.writer.settle(list(jobs.values()))
    except PortalRefusedError as error:
        _stop(delivery, [job.request for job in jobs.values()], error)
        return []
    except (PortalBusyError, CallRefusedError) as error:
        _postpone(delivery, list(jobs), error)
        return list(jobs)
    for job, tally in zip(jobs.values(), tallies, strict=True):
        delivery.tasks.succeed(job.request.task_token, tally)
        if not job.is_repeat:
            _count(delivery, job, tally)
    return []


def _usable(delivery: Delivery, messages: Sequence[Message]) -> dict[Message, Job]:
    """What the messages ask for; those that no retry can mend go to the dead letter queue with the reason."""
    jobs: dict[Message, Job] = {}
    for message in messages:
        try:
            jobs[message] = delivery.writer.open(parse_request(message.body))
        except UnusableMessageError as error:
            _give_up(delivery, message, str(error), "validation")
        except SimulationAbortedError as error:
            delivery.tasks.fail(parse_request(message.body).task_token, error.code, str(error))
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


def _stop(delivery: Delivery, requests: Sequence[WriteRequest], error: PortalRefusedError) -> None:
    """Fail the tasks and keep the reason, which the run ends with."""
    for request in requests:
        failure = Failure(code=error.code, message=str(error))
        note_stop(delivery.artifacts_of(request.simulation_id), failure)
        delivery.tasks.fail(request.task_token, error.code, str(error))
        log.event(
            "WRITE_STOPPED",
            "the portal cannot be written to",
            level=logging.ERROR,
            simulationId=request.simulation_id,
            batch=request.batch,
            reason=str(error),
        )


def _postpone(delivery: Delivery, messages: Sequence[Message], error: PortalBusyError | CallRefusedError) -> None:
    """Hide the messages for as long as the portal asks, instead of the queue's long default."""
    asked = error.retry_after if isinstance(error, PortalBusyError) else None
    measures.add(Measure.MESSAGES_POSTPONED, len(messages))
    log.event("WRITE_POSTPONED", "messages wait", level=logging.WARNING, count=len(messages), reason=str(error))
    for message in messages:
        try:
            delivery.sqs.change_message_visibility(
                QueueUrl=delivery.queue_url,
                ReceiptHandle=message.receipt_handle,
                VisibilityTimeout=wait_seconds(asked, message.receives),
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
