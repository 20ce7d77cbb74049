"""CloudWatch metrics of the whole deployment: their definitions, and the metric buffer of this process.

``simcrm_lambda`` flushes the buffer at the end of each invocation; docs/metrics.md explains every metric.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Metric(StrEnum):
    """All metrics; each value is the metric's name in CloudWatch."""

    SIMULATIONS_STARTED = "SimulationsStarted"
    SIMULATIONS_SUCCEEDED = "SimulationsSucceeded"
    SIMULATIONS_PARTIAL = "SimulationsPartial"
    SIMULATIONS_FAILED = "SimulationsFailed"
    SIMULATIONS_ABORTED = "SimulationsAborted"
    BATCHES_PLANNED = "BatchesPlanned"
    AI_SUCCESS = "AiSuccess"
    AI_FALLBACK = "AiFallback"
    AI_SKIPPED = "AiSkipped"
    AI_TEXTS_REJECTED = "AiTextsRejected"
    AI_CALLS_FAILED = "AiCallsFailed"
    AI_LATENCY = "AiLatency"
    AI_INPUT_TOKENS = "AiInputTokens"
    AI_OUTPUT_TOKENS = "AiOutputTokens"
    AI_COST = "AiCostUsd"
    RECORDS_WRITTEN = "RecordsWritten"
    RECORDS_FAILED = "RecordsFailed"
    RECORDS_SKIPPED = "RecordsSkipped"
    RECORDS_ARCHIVED = "RecordsArchived"
    HUBSPOT_CALLS = "HubSpotCalls"
    HUBSPOT_THROTTLED = "HubSpotThrottled"
    BREAKER_OPENED = "BreakerOpened"
    COOLDOWNS = "Cooldowns"
    LIMIT_WAIT = "LimitWait"
    MESSAGES_POSTPONED = "MessagesPostponed"
    DEAD_LETTERS = "DeadLetters"
    TOKENS_REFUSED = "TokensRefused"


UNITS = {Metric.AI_LATENCY: "Milliseconds", Metric.LIMIT_WAIT: "Milliseconds", Metric.AI_COST: "None"}
"""CloudWatch units of metrics that are not a Count; CloudWatch has no unit for money."""

DIMENSIONS = {
    Metric.RECORDS_WRITTEN: "objectType",
    Metric.RECORDS_FAILED: "objectType",
    Metric.RECORDS_SKIPPED: "objectType",
    Metric.AI_TEXTS_REJECTED: "reason",
    Metric.BREAKER_OPENED: "provider",
    Metric.COOLDOWNS: "provider",
    Metric.LIMIT_WAIT: "provider",
}
"""The second dimension of a metric; it has few values, because each one is billed as a separate metric."""

DISTRIBUTIONS = {Metric.AI_LATENCY, Metric.LIMIT_WAIT}
"""Metrics that keep every value, for percentiles; of all others only the sum is kept."""

HUBSPOT = "hubspot"
"""The only value of the provider dimension that is not a model provider."""


class MetricKey(NamedTuple):
    """A metric and the value of its second dimension, if it has one."""

    metric: Metric
    dimension_value: str = ""


MetricValues = Mapping[MetricKey, list[float]]


class MetricBuffer:
    """Accumulates values until they are flushed; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: defaultdict[MetricKey, list[float]] = defaultdict(list)

    def record(self, metric: Metric, value: float = 1, dimension_value: str = "") -> None:
        """Record a value; ``dimension_value`` is for the second dimension. Zeros count only in distributions."""
        with self._lock:
            if metric in DISTRIBUTIONS:
                self._values[MetricKey(metric, dimension_value)].append(value)
            elif value:
                values = self._values[MetricKey(metric, dimension_value)]
                values[:] = [sum(values) + value]

    def flush(self) -> MetricValues:
        """Return all values since the last flush and clear the buffer."""
        with self._lock:
            taken, self._values = self._values, defaultdict(list)
        return taken


_buffer = MetricBuffer()
record = _buffer.record
flush = _buffer.flush
