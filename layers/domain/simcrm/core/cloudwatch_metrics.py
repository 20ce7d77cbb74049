"""Figures of the whole deployment that operators watch: what is counted, and the account of this process.

``simcrm_lambda`` sends the account at the end of each invocation; docs/metrics.md explains every measure.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Metric(StrEnum):
    """Everything that is measured; a value is the metric's name in CloudWatch."""

    SIMULATIONS_STARTED = "SimulationsStarted"
    SIMULATIONS_SUCCEEDED = "SimulationsSucceeded"
    SIMULATIONS_PARTIAL = "SimulationsPartial"
    SIMULATIONS_FAILED = "SimulationsFailed"
    SIMULATIONS_ABORTED = "SimulationsAborted"
    BATCHES_PLANNED = "BatchesPlanned"
    AI_SUCCESS = "AiSuccess"
    AI_FALLBACK = "AiFallback"
    AI_SKIPPED = "AiSkipped"
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
"""CloudWatch's units where they are not Count; it has none for money."""

DIMENSIONS = {
    Metric.RECORDS_WRITTEN: "objectType",
    Metric.RECORDS_FAILED: "objectType",
    Metric.RECORDS_SKIPPED: "objectType",
    Metric.BREAKER_OPENED: "provider",
    Metric.COOLDOWNS: "provider",
    Metric.LIMIT_WAIT: "provider",
}
"""The second dimension of a measure; its values are few, because each is a metric with a price of its own."""

DISTRIBUTIONS = {Metric.AI_LATENCY, Metric.LIMIT_WAIT}
"""Measures of which each value counts, for percentiles; of the others only the sum does."""

HUBSPOT = "hubspot"
"""The provider that is no model."""


class MetricKey(NamedTuple):
    """A measure for one value of its second dimension, if it has one."""

    metric: Metric
    dimension_value: str = ""


MetricValues = Mapping[MetricKey, list[float]]


class MetricBuffer:
    """Adds up values until somebody takes them; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: defaultdict[MetricKey, list[float]] = defaultdict(list)

    def record(self, metric: Metric, value: float = 1, dimension_value: str = "") -> None:
        """Add a value; ``dimension_value`` belongs to the metric's second dimension. A sum is not raised by 0."""
        with self._lock:
            if metric in DISTRIBUTIONS:
                self._values[MetricKey(metric, dimension_value)].append(value)
            elif value:
                values = self._values[MetricKey(metric, dimension_value)]
                values[:] = [sum(values) + value]

    def flush(self) -> MetricValues:
        """All values since the last time."""
        with self._lock:
            taken, self._values = self._values, defaultdict(list)
        return taken


_buffer = MetricBuffer()
record = _buffer.record
flush = _buffer.flush
