"""Estimate the AWS cost of a run: quantities derived from its plan, multiplied by list prices.

State counts come from the state machine and request counts from the functions; tests keep them in sync with both. Model
tokens, HubSpot, taxes and fixed costs (cache, secrets, alarms) are not included.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class AwsPrices:
    """US dollars per unit: on demand, us-east-1, before any free tier, as published in August and September 2026."""

    state_transition: float = 0.025e-3
    lambda_gb_second: float = 0.0000133334
    """arm64, the first 7.5 billion GB-seconds of a month."""
    lambda_request: float = 0.20e-6
    sqs_request: float = 0.40e-6
    s3_put: float = 0.005e-3
    s3_get: float = 0.0004e-3
    s3_gb_month: float = 0.023
    log_gb: float = 0.50
    cache_unit: float = 0.0023e-6
    """Per ElastiCache Serverless processing unit: one command, including those inside scripts."""
    gb_out: float = 0.09
    """To the internet, ignoring the free 100 GB per month shared by the whole account."""


US_EAST_1 = AwsPrices()

RUN_TRANSITIONS = 6
BATCH_TRANSITIONS = 5
WAVE_TRANSITIONS = 3
START_TRANSITIONS = 1
"""The start of an execution is billed as a transition, including those of a map's child executions."""

SQS_REQUESTS = 3
"""Requests per message: send, receive, delete."""

KB_IN_GB = 1e6
GB_PER_CORE = 1.73
"""Lambda allocates one core per 1,769 MB, in proportion to memory, so a core-second costs the same in all functions."""


@dataclass(frozen=True, slots=True)
class UsageModel:
    """Resource usage of the functions.

    Measured in the embedded stack, where ``make bench-scale`` measures it again (``counted`` in
    ``bench/results/scale.json``): S3 requests, Redis commands, messages per write, sizes, core-seconds. Assumed,
    because it cannot be measured there: response times of S3, HubSpot and models, cold starts and retries. Taken from
    the template: memory and concurrent model calls.
    """

    contacts_gb: float = 1.0
    other_gb: float = 0.5
    ai_calls_side_by_side: int = 20

    run_gets: float = 27.0
    run_puts: float = 15.0
    """Including list requests, which cost the same."""
    batch_gets: float = 12.0
    batch_puts: float = 5.0
    wave_gets: float = 9.0
    wave_puts: float = 4.0
    ai_call_gets: float = 0.04
    ai_call_puts: float = 1.04
    messages_per_write: float = 1.0
    """With four parallel batches; with more, a writer receives several messages at once."""
    log_kb_per_invocation: float = 1.6
    log_kb_per_ai_record: float = 0.4
    stored_kb_per_object: float = 2.08
    sent_kb_per_object: float = 1.11
    sent_kb_per_ai_call: float = 2.1
    cache_units_per_record: float = 0.73
    cache_units_per_step: float = 40.7
    cache_units_per_hubspot_call: float = 26.0
    cache_units_per_ai_call: float = 25.1

    run_core_seconds: float = 0.16
    core_seconds_per_1000_records: float = 0.36
    """For planning."""
    batch_core_seconds: float = 0.24
    wave_core_seconds: float = 0.0155
    activity_core_seconds: float = 0.00002
    hubspot_call_core_seconds: float = 0.008
    ai_call_core_seconds: float = 0.0081

    s3_seconds: float = 0.02
    hubspot_call_seconds: float = 0.5
    ai_call_seconds: float = 5.0
    cold_share: float = 0.05
    cold_core_seconds: float = 1.5
    retried_share: float = 0.02
    log_kb_of_platform: float = 0.6
    """Lambda's own log lines per invocation."""


DEFAULT_USAGE = UsageModel()


@dataclass(frozen=True, slots=True)
class AwsCost:
    """Cost of one run in US dollars by line, such as ``stepFunctions``; ``quantities`` are the billed quantities."""

    lines: Mapping[str, float]
    quantities: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Total cost of the run in US dollars, with its data stored for a month."""
        return sum(self.lines.values())


@dataclass(frozen=True, slots=True)
class _Workload:
    records: int
    batches: int
    waves: int
    hubspot_calls: int
    ai_calls: int
    objects: int
    usage: UsageModel

    @property
    def retry_factor(self) -> float:
        return 1 + self.usage.retried_share

    @property
    def messages(self) -> float:
        return (self.batches + self.waves) * self.retry_factor

    @property
    def invocations(self) -> float:
        return 2 + self.messages + self.messages / self.usage.messages_per_write

    @property
    def gets(self) -> float:
        shape = self.usage
        each = self.batches * shape.batch_gets + self.waves * shape.wave_gets + self.ai_calls * shape.ai_call_gets
        return shape.run_gets + each

    @property
    def puts(self) -> float:
        shape = self.usage
        each = self.batches * shape.batch_puts + self.waves * shape.wave_puts + self.ai_calls * shape.ai_call_puts
        return shape.run_puts + each


def estimate_aws(
    *,
    records: int,
    batches: int,
    waves: int,
    hubspot_calls: int,
    ai_calls: int,
    objects: int | None = None,
    prices: AwsPrices = US_EAST_1,
    usage: UsageModel = DEFAULT_USAGE,
) -> AwsCost:
    """Estimate the AWS bill of one run in US dollars.

    ``batches`` and ``waves`` are totals for the whole run (child executions of the map, and the waves of all of them);
    ``hubspot_calls`` and ``ai_calls`` are the calls that leave AWS; ``objects`` is the number of written objects,
    including contacts and companies (by default eight per record). Lines: ``stepFunctions``, ``lambda``, ``sqs``,
    ``s3``, ``logs``, ``cache``, ``dataOut``.
    """
    written = 8 * records if objects is None else objects
    quantities = _quantities(_Workload(records, batches, waves, hubspot_calls, ai_calls, written, usage))
    return AwsCost(_price(quantities, prices), quantities)


def _quantities(work: _Workload) -> dict[str, float]:
    shape = work.usage
    return {
        "stateTransitions": _transitions(work),
        "lambdaInvocations": work.invocations,
        "lambdaGbSeconds": GB_PER_CORE * _core_seconds(work) + _waiting_gb_seconds(work),
        "sqsRequests": SQS_REQUESTS * work.messages,
        "s3Puts": work.puts,
        "s3Gets": work.gets,
        "s3GbMonths": work.objects * shape.stored_kb_per_object / KB_IN_GB,
        "logGb": _log_kb(work) / KB_IN_GB,
        "cacheUnits": work.records * shape.cache_units_per_record
        + (work.batches + work.waves) * shape.cache_units_per_step
        + work.hubspot_calls * shape.cache_units_per_hubspot_call
        + work.ai_calls * shape.cache_units_per_ai_call,
        "gbOut": (work.objects * shape.sent_kb_per_object + work.ai_calls * shape.sent_kb_per_ai_call) / KB_IN_GB,
    }


def _transitions(work: _Workload) -> float:
    starts = START_TRANSITIONS * (1 + work.batches)
    states = RUN_TRANSITIONS + work.batches * BATCH_TRANSITIONS + work.waves * WAVE_TRANSITIONS
    return starts + states * work.retry_factor


def _core_seconds(work: _Workload) -> float:
    """Return the compute time of all functions in core-seconds."""
    shape, activities = work.usage, max(0, work.objects - 2 * work.records)
    steps = work.batches * shape.batch_core_seconds + work.waves * shape.wave_core_seconds
    made = steps + activities * shape.activity_core_seconds + work.ai_calls * shape.ai_call_core_seconds
    written = work.hubspot_calls * shape.hubspot_call_core_seconds
    planned = shape.run_core_seconds + shape.core_seconds_per_1000_records * work.records / 1000
    return (
        planned + (made + written) * work.retry_factor + work.invocations * shape.cold_share * shape.cold_core_seconds
    )


def _waiting_gb_seconds(work: _Workload) -> float:
    """Return the GB-seconds billed while waiting for S3, for HubSpot call by call, and for model calls in rounds."""
    shape = work.usage
    rounds = ceil(work.ai_calls / work.batches / shape.ai_calls_side_by_side) if work.batches else 0
    s3_wait_seconds = (work.gets + work.puts) * shape.s3_seconds
    written = work.hubspot_calls * shape.hubspot_call_seconds
    worded = work.batches * rounds * shape.ai_call_seconds
    return (shape.other_gb * (s3_wait_seconds + written) + shape.contacts_gb * worded) * work.retry_factor


def _log_kb(work: _Workload) -> float:
    """Return log volume in KB: each invocation's own lines and Lambda's, plus one line per record sent to a model."""
    shape, llm_records = work.usage, work.records if work.ai_calls else 0
    each = shape.log_kb_per_invocation + shape.log_kb_of_platform
    return work.invocations * each + llm_records * shape.log_kb_per_ai_record


def _price(quantities: Mapping[str, float], prices: AwsPrices) -> dict[str, float]:
    return {
        "stepFunctions": quantities["stateTransitions"] * prices.state_transition,
        "lambda": quantities["lambdaGbSeconds"] * prices.lambda_gb_second
        + quantities["lambdaInvocations"] * prices.lambda_request,
        "sqs": quantities["sqsRequests"] * prices.sqs_request,
        "s3": quantities["s3Puts"] * prices.s3_put
        + quantities["s3Gets"] * prices.s3_get
        + quantities["s3GbMonths"] * prices.s3_gb_month,
        "logs": quantities["logGb"] * prices.log_gb,
        "cache": quantities["cacheUnits"] * prices.cache_unit,
        "dataOut": quantities["gbOut"] * prices.gb_out,
    }
