"""What a function prints for CloudWatch at the end of an invocation."""

from datetime import UTC, datetime
from typing import Any

import emf
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from builders import SIMULATION, write_request
from lambda_events import lambda_context, sqs_event
from unit.functions.conftest import Invoke

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import DIMENSIONS, UNITS, Metric, MetricKey
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda import metrics
from simcrm_lambda.handler import entry_point

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RUN = {"simulationId": SIMULATION, "startedAt": "2026-03-02T14:00:00.000Z"}
INPUT = {"totalRecords": 20, "seed": "7", "timeScale": 0}


@entry_point
def counting(event: dict[str, Any], _context: LambdaContext) -> None:
    cloudwatch_metrics.record(Metric.DEAD_LETTERS, event["letters"])
    cloudwatch_metrics.record(Metric.BREAKER_OPENED, 1, "hubspot")
    cloudwatch_metrics.record(Metric.AI_LATENCY, 1200)
    if event.get("fails"):
        raise LookupError


def sums(output: str) -> dict[tuple[str, ...], float]:
    """The sum of each metric by its name and the values of its dimensions beside the service."""
    return {
        (item.name, *(value for name, value in item.dimensions if name != "service")): sum(values)
        for item, values in emf.metrics(output).items()
    }


def test_measures_become_metrics_of_the_stack(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "simcrm-dev")
    counting({"letters": 3}, lambda_context())

    service = (("service", "simcrm-dev"),)
    assert emf.metrics(capsys.readouterr().out) == {
        ("SimCRM", "DeadLetters", "Count", service): [3],
        ("SimCRM", "AiLatency", "Milliseconds", service): [1200],
        ("SimCRM", "BreakerOpened", "Count", (("provider", "hubspot"), *service)): [1],
    }


def test_an_invocation_sends_only_its_own_measures(capsys: pytest.CaptureFixture[str]) -> None:
    counting({"letters": 3}, lambda_context())
    capsys.readouterr()
    counting({"letters": 2}, lambda_context())

    assert sums(capsys.readouterr().out)[("DeadLetters",)] == 2


def test_a_function_that_fails_still_tells_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="LookupError at"):
        counting({"letters": 3, "fails": True}, lambda_context())

    assert sums(capsys.readouterr().out)[("DeadLetters",)] == 3


def test_the_simulation_can_be_searched_for_and_is_no_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    counting({"letters": 1, "simulationId": SIMULATION}, lambda_context())

    output = capsys.readouterr().out
    assert {row["simulationId"] for row in emf.documents(output)} == {SIMULATION}
    assert {row["requestId"] for row in emf.documents(output)} == {"request-1"}
    assert SIMULATION not in str(emf.metrics(output))


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])
def test_a_line_has_the_level_that_lambda_lets_through(
    level: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    counting({"letters": 1}, lambda_context())

    rows = emf.documents(capsys.readouterr().out)
    assert {row["level"] for row in rows} == {level}
    assert all(datetime.fromisoformat(row["timestamp"]).tzinfo == UTC for row in rows)


def test_a_distribution_of_many_values_takes_several_lines() -> None:
    account: dict[MetricKey, list[float]] = {
        MetricKey(Metric.AI_LATENCY): [float(number) for number in range(250)],
        MetricKey(Metric.AI_SUCCESS): [250],
    }

    rows = list(metrics.metric_lines(account, NOON, {}))

    assert [len(row["AiLatency"]) for row in rows] == [100, 100, 50]
    assert [row.get("AiSuccess") for row in rows] == [250, None, None]
    assert [value for row in rows for value in row["AiLatency"]] == account[MetricKey(Metric.AI_LATENCY)]
    assert rows[0]["_aws"]["Timestamp"] == NOON.timestamp() * 1000


def test_every_measure_is_one_that_cloudwatch_takes(capsys: pytest.CaptureFixture[str]) -> None:
    for measure in Metric:
        cloudwatch_metrics.record(measure, 1, "part" if measure in DIMENSIONS else "")
    metrics.flush_metrics({})

    found = emf.metrics(capsys.readouterr().out)
    assert {item.name: item.unit for item in found} == {name: UNITS.get(name, "Count") for name in Metric}
    extra = {item.name: [name for name, _ in item.dimensions if name != "service"] for item in found}
    assert {name: names for name, names in extra.items() if names} == {name: [of] for name, of in DIMENSIONS.items()}


@pytest.mark.usefixtures("connected")
def test_the_functions_of_a_run_tell_what_they_did(
    invoke: Invoke, files: SimulationFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke("PlanSimulationFunction", {**RUN, "input": INPUT})
    event = {"simulationId": SIMULATION, "batch": (files.read_lines("batches.jsonl") or [])[0]}
    invoke("GenerateContactFunction", event)
    invoke("GenerateContactFunction", event)
    invoke("WriteHubSpotFunction", sqs_event(write_request()))
    invoke("WriteHubSpotFunction", sqs_event(write_request()))
    invoke("FinishSimulationFunction", RUN)

    told = sums(capsys.readouterr().out)
    assert told.pop(("HubSpotCalls",)) > 0
    assert told == {
        ("SimulationsStarted",): 1,
        ("BatchesPlanned",): 1,
        ("AiSkipped",): 20,
        ("RecordsWritten", "companies"): 5,
        ("RecordsWritten", "products"): 90,
        ("RecordsWritten", "contacts"): 20,
        ("SimulationsSucceeded",): 1,
    }
