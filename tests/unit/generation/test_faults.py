"""Whatever the model, the network or the budget does, every record arrives; the table says how."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from recorders import LogLines
from scripted_model import Step, good_response
from unit.generation.conftest import TextHarness

from simcrm.generation.text.stored_texts import last_error_category, text_counters
from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import LlmRequest, Usage
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES

RECORDS = 10


def network() -> LlmCallError:
    return LlmCallError(FailureCategory.NETWORK, can_retry=True, counts_for_breaker=True)


def saying(text: str, **changes: Any) -> Callable[[LlmRequest], Any]:
    return lambda request: good_response(request, text=text, **changes)


@dataclass(frozen=True)
class Fault:
    """What happens, and what must come of it: calls, records by the model, reason and category of the others."""

    name: str
    script: list[Step] = field(default_factory=list)
    calls: int = 1
    by_model: int = 0
    reason: str | None = None
    category: str | None = None
    slept: tuple[float, ...] = ()
    set_up: Callable[[TextHarness], None] = lambda _workshop: None


def without_key(workshop: TextHarness) -> None:
    workshop.key = ""


def disable_model(workshop: TextHarness) -> None:
    workshop.environment = {"AI_ENABLED": "false"}


def poor(workshop: TextHarness) -> None:
    workshop.fields = {"ai": {"maxCostUsd": 0.0001}}


def refused_key(workshop: TextHarness) -> None:
    workshop.model.accepted = lambda _key: False


def rotated_key(workshop: TextHarness) -> None:
    workshop.model.accepted = lambda key: key == "key-2"
    workshop.fresh_key = "key-2"


def without_cache(workshop: TextHarness) -> None:
    workshop.cache = redis.Redis(unix_socket_path="/nowhere/redis.sock", decode_responses=True)


def poor_without_cache(workshop: TextHarness) -> None:
    without_cache(workshop)
    workshop.fields = {"ai": {"maxCostUsd": 5.0}}


def impatient(workshop: TextHarness) -> None:
    workshop.environment = {"AI_TIMEOUT_MS": "100"}
    workshop.fields = {"ai": {"recordsPerCall": 10}}


FAULTS = [
    Fault("nothing", by_model=10),
    Fault("disabled", calls=0, reason="ai_disabled", set_up=disable_model),
    Fault("no key", calls=0, reason="no_api_key", set_up=without_key),
    Fault("401", calls=1, reason="auth", category="auth", set_up=refused_key),
    Fault("401, key was rotated", calls=2, by_model=10, set_up=rotated_key),
    Fault("403", [error_from_status(403, None)], calls=1, reason="auth", category="auth"),
    Fault("400", [error_from_status(400, None)], calls=1, reason="http_400", category="model_error"),
    Fault("429 once", [error_from_status(429, 0.0)], calls=2, by_model=10, slept=(1.0,)),
    Fault("429 thrice", [error_from_status(429, 0.0)] * 3, 3, 0, "rate_limit", "rate_limit", (1.0, 2.0)),
    Fault("529 thrice", [error_from_status(529, 0.0)] * 3, 3, 0, "rate_limit", "rate_limit", (1.0, 2.0)),
    Fault("500 twice", [error_from_status(500, None)] * 2, 3, by_model=10, slept=(1.0, 2.0)),
    Fault("500 thrice", [error_from_status(500, None)] * 3, 3, 0, "model_error", "model_error", (1.0, 2.0)),
    Fault("504 thrice", [error_from_status(504, None)] * 3, 3, 0, "timeout", "timeout", (1.0, 2.0)),
    Fault("time-out thrice", [30.0] * 3, 3, 0, "timeout", "timeout", (1.0, 2.0), impatient),
    Fault("dropped connection once", [network()], 2, by_model=10, slept=(1.0,)),
    Fault("dropped connection thrice", [network()] * 3, 3, 0, "network", "network", (1.0, 2.0)),
    Fault("no JSON once", [saying("Sure! Here they are")], calls=11, by_model=10),
    Fault("no JSON ever", [saying("Sure!")] * 11, 11, 0, "invalid_answer", "model_error"),
    Fault("cut off once", [saying('{"r": [{"k": 0, "n"', was_truncated=True)], calls=11, by_model=10),
    Fault("no record ever", [saying('{"r": []}')] * 11, 11, 0, "invalid_answer", "model_error"),
    Fault("refusal once", [saying("", was_refused=True)], calls=11, by_model=10),
    Fault("refusal ever", [saying("", was_refused=True)] * 11, 11, 0, "refusal", "model_error"),
    Fault("spent budget", calls=0, reason="budget_spent", category="unknown", set_up=poor),
    Fault("cache gone", by_model=10, set_up=without_cache),
    Fault("cache gone, with a budget", calls=0, reason="budget_unknown", category="unknown", set_up=poor_without_cache),
]


@pytest.fixture(scope="module", name="table")
def _table() -> Iterator[list[str]]:
    """Prints what came of each fault when all are through."""
    rows: list[str] = []
    yield rows
    head = f"{'fault':28}{'calls':>6}{'arrived':>8}{'model':>6}{'fallback':>9}  reason, category"
    print("\n" + "\n".join([head, *rows]))  # noqa: T201


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_record_arrives(workshop: TextHarness, fault: Fault, table: list[str], log_lines: LogLines) -> None:
    workshop.model.script = list(fault.script)
    fault.set_up(workshop)

    told = workshop.write_texts(RECORDS)

    counts, last = text_counters(told.values()), last_error_category(told.values())
    by_model = counts.get("ai_generation_success", 0)
    fallen = counts.get("ai_generation_fallback", 0)
    reasons = {record.provenance.reason for record in told.values()} - {None}
    row = f"{fault.name:28}{len(workshop.model.requests):>6}{len(told):>8}{by_model:>6}{fallen:>9}"
    table.append(f"{row}  {', '.join(sorted(map(str, reasons | set(last.values()))))}")
    assert (len(told), by_model, fallen) == (RECORDS, fault.by_model, RECORDS - fault.by_model)
    assert len(workshop.model.requests) == fault.calls
    assert reasons == ({fault.reason} if fault.reason else set())
    assert last.get("ai_last_error_category") == fault.category
    assert tuple(workshop.time.slept) == fault.slept
    assert bool(log_lines.with_event_id("AI_GEN_FALLBACK")) == bool(fallen)
    assert len(log_lines.with_event_id("AI_GEN_SUCCESS")) == by_model
    assert len(log_lines.with_event_id("AI_GEN_RETRY")) == len(fault.slept)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_record_that_fell_back_is_complete_and_says_why(workshop: TextHarness, fault: Fault) -> None:
    workshop.model.script = list(fault.script)
    fault.set_up(workshop)

    rows = workshop.contact_rows(RECORDS)

    for row in rows:
        assert all(row["contact"].values())
        assert all(row["company"].values())
        if fault.reason:
            assert f'"reason":"{fault.reason}"' in row["contact"]["simcrm_generation_metadata"]


def test_a_timed_out_call_is_cancelled(workshop: TextHarness) -> None:
    workshop.environment = {"AI_TIMEOUT_MS": "100"}
    workshop.model.script = [30.0]

    workshop.write_texts(1)

    assert workshop.model.cancelled == 1


def test_a_refused_key_ends_the_models_part_for_the_whole_run(workshop: TextHarness) -> None:
    refused_key(workshop)
    workshop.fields = {"ai": {"recordsPerCall": 1}}
    workshop.write_texts(10)
    before = len(workshop.model.requests)

    told = workshop.write_texts(10, number=1)

    assert before <= 10
    assert len(workshop.model.requests) == before
    assert {record.provenance.reason for record in told.values()} == {"auth"}


def test_nothing_is_asked_after_an_abort_but_what_is_on_its_way(workshop: TextHarness) -> None:
    workshop.environment = {"AI_CONCURRENCY": "2"}
    workshop.fields = {"ai": {"recordsPerCall": 1}}
    workshop.is_aborted = lambda: len(workshop.model.requests) >= 4

    told = workshop.write_texts(10)

    sent = len(workshop.model.requests)
    assert 4 <= sent <= 5  # of two calls side by side, one may be admitted just before the abort, and be sent after it
    assert [record.provenance.reason for record in told.values()].count("aborted") == 10 - sent
    assert sum(record.text is not None for record in told.values()) == sent


@pytest.mark.parametrize("failure", [error_from_status(429, 7.0), error_from_status(502, None)])
def test_an_abort_ends_the_attempts_of_a_call(workshop: TextHarness, failure: LlmCallError) -> None:
    workshop.is_aborted = lambda: bool(workshop.model.requests)
    workshop.model.script = [failure]

    told = workshop.write_texts(1)

    assert len(workshop.model.requests) == 1
    assert told[0].provenance.reason == "aborted"


def test_a_breaker_opens_after_failures_in_a_row_and_spares_the_rest(workshop: TextHarness) -> None:
    workshop.environment = {"AI_CONCURRENCY": "1", "AI_MAX_RETRIES": "0"}
    workshop.fields = {"ai": {"recordsPerCall": 1}}
    workshop.model.script = [network() for _ in range(20)]

    told = workshop.write_texts(10)

    assert len(workshop.model.requests) == BREAKER_FAILURES
    assert [record.provenance.reason for record in told.values()].count("breaker_open") == 10 - BREAKER_FAILURES


def test_a_budget_is_never_overshot_by_calls_side_by_side(workshop: TextHarness, cache: redis.Redis) -> None:
    workshop.fields = {"ai": {"maxCostUsd": 0.02, "recordsPerCall": 1}}

    def dear(request: LlmRequest) -> Any:
        return good_response(request, usage=Usage(200, request.max_tokens))

    workshop.model.script = [dear] * 100

    told = workshop.write_texts(100)

    spent = int(workshop.counters()["ai_generation_cost_micro_usd"])
    booked = cache.hgetall("{sim:sim-test}:budget")
    assert 0.8 * 20_000 < spent <= 20_000
    assert booked == {"spent": str(spent), "reserved": "0"}
    assert {record.provenance.reason for record in told.values()} == {None, "budget_spent"}


def test_a_cooldown_holds_for_every_caller(workshop: TextHarness) -> None:
    workshop.write_texts(1)
    gate = workshop.session()._rate_limiter()
    workshop.model.script = [error_from_status(429, 7.0), error_from_status(429, 7.0), error_from_status(429, 7.0)]
    workshop.write_texts(1, number=1)

    admission = gate.acquire(Usage(1, 1))

    assert admission.deny_reason == "cooldown"
    assert 5_000 < admission.wait_ms <= 7_000


def test_a_wait_beyond_the_end_of_the_function_falls_back(workshop: TextHarness) -> None:
    workshop.write_texts(1)
    workshop.model.script = [error_from_status(429, 10_000.0)]

    told = workshop.write_texts(1, number=1)

    assert told[0].provenance.reason == "rate_limit"
    assert len(workshop.model.requests) == 2


def test_log_lines_below_their_threshold_are_not_written(workshop: TextHarness, log_lines: LogLines) -> None:
    workshop.environment = {"AI_GENERATION_LOG_LEVEL": "error"}
    workshop.model.script = [network(), network(), network()]

    workshop.write_texts(20)

    assert len(log_lines.with_event_id("AI_GEN_ERROR")) >= 1
    assert (
        not log_lines.with_event_id("AI_GEN_SUCCESS")
        + log_lines.with_event_id("AI_GEN_FALLBACK")
        + log_lines.with_event_id("AI_GEN_RETRY")
    )


def test_log_lines_carry_the_fields_that_dashboards_read(workshop: TextHarness, log_lines: LogLines) -> None:
    workshop.write_texts(1)

    (line,) = log_lines.with_event_id("AI_GEN_SUCCESS")
    names = ("model", "latencyMs", "tokens", "simulationId", "recordIndex")
    assert [line[name] for name in names] == ["claude-haiku-4-5-20251001", 0, 150, "sim-test", 0]


def test_health_is_shared_through_the_cache(workshop: TextHarness, cache: redis.Redis) -> None:
    workshop.model.script = [network(), network(), network()]
    workshop.write_texts(1)
    failures = cache.hget("ai:health", "consecutiveFailures")

    workshop.write_texts(1, number=1)

    assert failures == "3"
    assert cache.hgetall("ai:health") == {"consecutiveFailures": "0", "lastSuccess": f"{workshop.time.wall():.0f}000"}
