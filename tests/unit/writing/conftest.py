from collections.abc import Callable
from dataclasses import dataclass

import pytest
import redis
from builders import plan
from portal_in_process import LocalPortal
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.queue_consumer import Message, QueueConsumer, consume
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.writer import Writer

Rows = list[JsonObject]
Generate = Callable[..., None]


@pytest.fixture
def writer(client: HubSpotClient, open_files: Callable[[str], SimulationFiles]) -> Writer:
    return Writer(BatchWriter(client), open_files)


@pytest.fixture
def generated(files: SimulationFiles) -> Generate:
    """Plan the builders' simulation and write rows of its contacts by batch, as the steps before the writer do."""

    def generate(*batches: Rows, waves: Rows | None = None, dry_run: bool = False) -> None:
        write_plan(files, plan(dryRun=dry_run))
        for number, rows in enumerate(batches):
            files.write_lines(file_names.records_file(number), rows)
        if waves is not None:
            files.write_lines(file_names.activities_file(0, 0), waves)

    return generate


@dataclass(frozen=True, slots=True)
class QueueHarness:
    """A writer at its queue, between a portal and Step Functions; ``calls`` are those to queues and tasks."""

    consumer: QueueConsumer
    portal: LocalPortal
    calls: ApiCalls

    def receive(self, *bodies: str) -> list[Message]:
        """Send bodies to the write queue and receive them, as the event source does."""
        queue, url = self.consumer.sqs, self.consumer.queue_url
        for body in bodies:
            queue.send_message(QueueUrl=url, MessageBody=body)
        found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        return [Message(item["MessageId"], item["ReceiptHandle"], item["Body"]) for item in found]

    def consume(self, messages: list[Message]) -> list[Message]:
        """Deliver messages; returns those that stay."""
        begun = len(self.portal.calls)
        return consume(self.consumer, messages, lambda: len(self.portal.calls) - begun)

    def dead_letters(self) -> list[tuple[str, dict[str, str]]]:
        """The bodies and attributes of what lies in the dead letter queue."""
        found = self.consumer.sqs.receive_message(
            QueueUrl=self.consumer.dead_letter_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (item["Body"], {name: value["StringValue"] for name, value in item["MessageAttributes"].items()})
            for item in found.get("Messages", [])
        ]

    def hidden_seconds(self) -> dict[str, int]:
        """For how many seconds which messages were hidden, by receipt."""
        calls = self.calls.for_operation("ChangeMessageVisibility")
        return {call["ReceiptHandle"]: call["VisibilityTimeout"] for call in calls}


@pytest.fixture
def delivery(
    writer: Writer, resources: Resources, open_files: Callable[[str], SimulationFiles], cache: redis.Redis
) -> QueueConsumer:
    tasks = TaskCallbacks(aws_clients.step_functions())
    queues = (resources.write_queue_url, resources.dead_letter_url)
    return QueueConsumer(writer, tasks, aws_clients.sqs(), *queues, open_files, cache)


@pytest.fixture
def desk(delivery: QueueConsumer, portal: LocalPortal, api_calls: ApiCalls) -> QueueHarness:
    return QueueHarness(delivery, portal, api_calls)
