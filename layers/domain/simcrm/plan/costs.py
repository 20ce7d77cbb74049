"""What a run costs on AWS: quantities that follow from its plan, times list prices.

States are counted from the state machine, requests from the functions, and tests hold them to both. Model tokens,
HubSpot, taxes and what stands without a run (cache, secrets, alarms) are not part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class AwsPrices:
    """US dollars a unit: on demand, us-east-1, before any free tier, as published in August and September 2026."""

    state_transition: float = 0.025e-3
    lambda_gb_second: float = 0.0000133334
    """arm64, the first 7.5 billion of a month."""
    lambda_request: float = 0.20e-6
    sqs_request: float = 0.40e-6
    s3_put: float = 0.005e-3
    s3_get: float = 0.0004e-3
    s3_gb_month: float = 0.023
    log_gb: float = 0.50
    cache_unit: float = 0.0023e-6
    """An ElastiCache Serverless processing unit."""
    gb_out: float = 0.09
    free_gb_out: float = 100.0
    """Of a month; part of the tariff."""


US_EAST_1 = AwsPrices()

RUN_TRANSITIONS = 4
BATCH_TRANSITIONS = 5
WAVE_TRANSITIONS = 3
START_TRANSITIONS = 1
"""An execution's start is charged as a transition, that of a map's child too."""

SQS_REQUESTS = 3
"""Send, receive, delete."""

RUN_PUTS = 4
"""Plan, batches, the status at the begin and at the end."""

KB_IN_GB = 1e6


@dataclass(frozen=True, slots=True)
class Shape:
    """How the functions behave, as measured or configured; a deployment that differs says so here.

    Seconds are those of one invocation unless they name what they belong to.
    """

    plan_gb: float = 1.73
    contacts_gb: float = 1.0
    other_gb: float = 0.5
    plan_seconds: float = 3.0
    plan_seconds_per_1000_records: float = 0.05
    batch_seconds: float = 0.4
    wave_seconds: float = 0.3
    seconds_per_record: float = 0.002
    ai_call_seconds: float = 5.0
    ai_calls_side_by_side: int = 20
    write_seconds: float = 0.3
    hubspot_call_seconds: float = 0.5
    messages_per_write: float = 2.0
    """The writer takes up to 25 messages at once; a busy queue gives it more of them, a slow run one."""
    cold_share: float = 0.05
    cold_seconds: float = 1.5
    retried_share: float = 0.02
    batch_puts: int = 2
    batch_gets: int = 10
    wave_puts: int = 2
    wave_gets: int = 9
    ai_call_puts: int = 1
    log_kb_per_invocation: float = 1.5
    log_kb_per_ai_record: float = 0.5
    stored_kb_per_object: float = 2.0
    sent_kb_per_object: float = 2.0
    sent_kb_per_ai_call: float = 12.0
    cache_units_per_hubspot_call: float = 8.0
    cache_units_per_ai_call: float = 10.0
    cache_units_per_invocation: float = 6.0


DEFAULT_SHAPE = Shape()


def steps_read_again(batches: float, waves: float) -> float:
    """Ledger files that are read again: each wave reads those of the steps that its batch has settled before it."""
    return waves * (waves / batches + 1) / 2 if batches else 0.0


@dataclass(frozen=True, slots=True)
class AwsCost:
    """US dollars of one run by line, such as ``stepFunctions``; ``quantities`` are what was multiplied by a price."""

    lines: Mapping[str, float]
    quantities: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """US dollars of the run, its data stored for a month."""
        return sum(self.lines.values())


@dataclass(frozen=True, slots=True)
class _Work:
    records: int
    batches: int
    waves: int
    hubspot_calls: int
    ai_calls: int
    objects: int
    shape: Shape

    @property
    def again(self) -> float:
        return 1 + self.shape.retried_share

    @property
    def messages(self) -> float:
        return (self.batches + self.waves) * self.again

    @property
    def writes(self) -> float:
        return self.messages / self.shape.messages_per_write

    @property
    def invocations(self) -> float:
        return 2 + self.messages + self.writes


def estimate_aws(
    *,
    records: int,
    batches: int,
    waves: int,
    hubspot_calls: int,
    ai_calls: int,
    objects: int | None = None,
    prices: AwsPrices = US_EAST_1,
    shape: Shape = DEFAULT_SHAPE,
) -> AwsCost:
    """The AWS bill of one run in US dollars.

    ``batches`` and ``waves`` are those of the whole run (children of the map, and waves of all of them together);
    ``hubspot_calls`` and ``ai_calls`` the calls that leave AWS; ``objects`` what is written in all, contacts and
    companies included (by default eight a record). Lines: ``stepFunctions``, ``lambda``, ``sqs``, ``s3``, ``logs``,
    ``cache``, ``dataOut``.
    """
    written = 8 * records if objects is None else objects
    quantities = _quantities(_Work(records, batches, waves, hubspot_calls, ai_calls, written, shape))
    return AwsCost(_priced(quantities, prices), quantities)


def _quantities(work: _Work) -> dict[str, float]:
    shape = work.shape
    return {
        "stateTransitions": _transitions(work),
        "lambdaInvocations": work.invocations,
        "lambdaGbSeconds": _gb_seconds(work),
        "sqsRequests": SQS_REQUESTS * work.messages,
        "s3Puts": RUN_PUTS
        + work.batches * shape.batch_puts
        + work.waves * shape.wave_puts
        + work.ai_calls * shape.ai_call_puts,
        "s3Gets": work.batches * shape.batch_gets + work.waves * shape.wave_gets,
        "s3GbMonths": work.objects * shape.stored_kb_per_object / KB_IN_GB,
        "logGb": _log_kb(work) / KB_IN_GB,
        "cacheUnits": work.hubspot_calls * shape.cache_units_per_hubspot_call
        + work.ai_calls * shape.cache_units_per_ai_call
        + work.invocations * shape.cache_units_per_invocation,
        "gbOut": (work.objects * shape.sent_kb_per_object + work.ai_calls * shape.sent_kb_per_ai_call) / KB_IN_GB,
    }


def _transitions(work: _Work) -> float:
    starts = START_TRANSITIONS * (1 + work.batches)
    states = RUN_TRANSITIONS + work.batches * BATCH_TRANSITIONS + work.waves * WAVE_TRANSITIONS
    return starts + states * work.again


def _gb_seconds(work: _Work) -> float:
    shape = work.shape
    rounds = ceil(work.ai_calls / work.batches / shape.ai_calls_side_by_side) if work.batches else 0
    plan = shape.plan_seconds + shape.plan_seconds_per_1000_records * work.records / 1000
    batch = shape.batch_seconds + rounds * shape.ai_call_seconds
    contacts = work.batches * batch + work.records * shape.seconds_per_record
    writing = work.writes * shape.write_seconds + work.hubspot_calls * shape.hubspot_call_seconds
    cold = work.invocations * shape.cold_share * shape.cold_seconds
    return (
        shape.plan_gb * plan
        + shape.contacts_gb * contacts * work.again
        + shape.other_gb * (work.waves * shape.wave_seconds * work.again + writing + cold)
    )


def _log_kb(work: _Work) -> float:
    """Each invocation has its lines; a record that a model was asked about has one more."""
    asked = work.records if work.ai_calls else 0
    return work.invocations * work.shape.log_kb_per_invocation + asked * work.shape.log_kb_per_ai_record


def _priced(quantities: Mapping[str, float], prices: AwsPrices) -> dict[str, float]:
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
        "dataOut": max(0.0, quantities["gbOut"] - prices.free_gb_out) * prices.gb_out,
    }
