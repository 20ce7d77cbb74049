"""Messages outlive their writers, and those that cannot be written are neither lost nor repeated for ever."""

from template.conftest import Deploy
from template.deployment import Deployment

from simcrm.preview.portal_load import WRITERS

WRITER = "WriteHubSpotFunction"
UNDERTAKER = "FailUndeliveredFunction"
TIMES_TIMEOUT = 6
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""


def test_a_message_stays_hidden_six_times_as_long_as_its_writer_may_run_whatever_that_is(deploy: Deploy) -> None:
    allowed = deploy().template["Parameters"]["WriterTimeoutSeconds"]["AllowedValues"]
    deployed = {seconds: deploy(WriterTimeoutSeconds=seconds) for seconds in allowed}
    times = {
        seconds: (item.properties(WRITER)["Timeout"], item.properties("WriteQueue")["VisibilityTimeout"])
        for seconds, item in deployed.items()
    }
    assert times == {seconds: (seconds, TIMES_TIMEOUT * seconds) for seconds in allowed}
    assert (min(allowed), max(allowed)) == (10, 900)


def test_a_dead_letter_stays_hidden_six_times_as_long_as_its_consumer_may_run(default: Deployment) -> None:
    timeout = default.properties(UNDERTAKER)["Timeout"]
    assert default.properties("DeadLetterQueue")["VisibilityTimeout"] == TIMES_TIMEOUT * timeout


def test_each_queue_has_its_consumer(default: Deployment) -> None:
    sources = default.resources("AWS::Lambda::EventSourceMapping").values()
    assert {(source["EventSourceArn"], source["FunctionName"]) for source in sources} == {
        ("<WriteQueue.Arn>", f"<{WRITER}>"),
        ("<DeadLetterQueue.Arn>", f"<{UNDERTAKER}>"),
    }


def test_as_many_writers_work_side_by_side_as_a_preview_reckons_with(default: Deployment) -> None:
    sources = default.resources("AWS::Lambda::EventSourceMapping").values()
    (writing,) = [source for source in sources if source["FunctionName"] == f"<{WRITER}>"]
    assert writing["ScalingConfig"] == {"MaximumConcurrency": WRITERS}


def test_consumers_answer_for_each_message(default: Deployment) -> None:
    sources = default.resources("AWS::Lambda::EventSourceMapping")
    answers = [source["FunctionResponseTypes"] for source in sources.values()]
    assert answers == [["ReportBatchItemFailures"]] * len(sources)


def test_a_message_gets_at_least_five_receives_before_it_is_given_up(default: Deployment) -> None:
    redrive = default.properties("WriteQueue")["RedrivePolicy"]
    assert redrive["maxReceiveCount"] >= 5
    assert redrive["deadLetterTargetArn"] == "<DeadLetterQueue.Arn>"


def test_a_dead_letter_is_kept_longer_than_a_message(default: Deployment) -> None:
    kept = {name: queue["MessageRetentionPeriod"] for name, queue in default.resources("AWS::SQS::Queue").items()}
    assert kept["DeadLetterQueue"] > kept["WriteQueue"] >= 4 * 24 * 3600


def test_queues_are_encrypted(default: Deployment) -> None:
    queues = default.resources("AWS::SQS::Queue")
    assert {name: queue.get("SqsManagedSseEnabled") for name, queue in queues.items()} == dict.fromkeys(queues, True)
