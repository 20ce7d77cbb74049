"""Figures of the whole deployment that operators watch: what is counted, and the account of this process.

``simcrm_lambda`` sends the account at the end of each invocation; docs/metrics.md explains every measure.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Measure(StrEnum):
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


UNITS = {Measure.AI_LATENCY: "Milliseconds", Measure.LIMIT_WAIT: "Milliseconds", Measure.AI_COST: "None"}
"""CloudWatch's units where they are not Count; it has none for money."""

DIMENSIONS = {
    Measure.RECORDS_WRITTEN: "objectType",
    Measure.RECORDS_FAILED: "objectType",
    Measure.RECORDS_SKIPPED: "objectType",
    Measure.BREAKER_OPENED: "provider",
    Measure.COOLDOWNS: "provider",
    Measure.LIMIT_WAIT: "provider",
}
"""The second dimension of a measure; its values are few, because each is a metric with a price of its own."""

DISTRIBUTIONS = {Measure.AI_LATENCY, Measure.LIMIT_WAIT}
"""Measures of which each value counts, for percentiles; of the others only the sum does."""

HUBSPOT = "hubspot"
"""The provider that is no model."""


class Series(NamedTuple):
    """A measure for one value of its second dimension, if it has one."""

    measure: Measure
    part: str = ""


Account = Mapping[Series, list[float]]


class Recorder:
    """Adds up values until somebody takes them; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: defaultdict[Series, list[float]] = defaultdict(list)

    def add(self, measure: Measure, value: float = 1, part: str = "") -> None:
        """Add a value; ``part`` is the value of the measure's second dimension. A sum is not raised by nothing."""
        with self._lock:
            if measure in DISTRIBUTIONS:
                self._values[Series(measure, part)].append(value)
            elif value:
                values = self._values[Series(measure, part)]
                values[:] = [sum(values) + value]

    def take(self) -> Account:
        """All values since the last time."""
        with self._lock:
            taken, self._values = self._values, defaultdict(list)
        return taken


_recorder = Recorder()
add = _recorder.add
take = _recorder.take
