"""Five records whose texts a very small model writes, without any setting: what it cannot do costs only those texts."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import redis
from builders import batch
from model.journal import MODEL, Journal
from scripted_model import ScriptedModel
from unit.generation.conftest import FastTime, TextHarness

from simcrm.core.config import LlmCallConfig
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.record_text import RecordText, RecordTextResult
from simcrm.llm.caller import Clock
from simcrm.planning.batches import Batch
from simcrm.storage.simulation_files import SimulationFiles

RECORDS = 5
ECHO_WORDS = 6
SECONDS = 45.0
"""The time of the function; what is not written by then is composed."""
PAIRS: dict[str, Any] = {}
TWO_DAYS = {"startTime": "2026-01-05T00:00:00Z", "endTime": "2026-01-07T00:00:00Z", "activities": {"enabled": True}}
FIRST_CALL_TOKENS = 500
"""The most that the first call to an unknown machine may ask for: a minute of the slowest."""


@dataclass
class RealTime(FastTime):
    """The clock of the machine."""

    def clock(self, limit: float = 600.0) -> Clock:
        return Clock(deadline=time.monotonic() + limit)


class Run(NamedTuple):
    harness: TextHarness
    journal: Journal
    results: Mapping[int, RecordTextResult]
    asked: Mapping[int, frozenset[str]]
    """The keys of the texts that the model was asked for, by record."""


@pytest.fixture(scope="module", name="run", params=[PAIRS, TWO_DAYS], ids=["pairs", "stories"])
def _run(model_url: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    from model.conftest import memory_files, started_redis  # noqa: PLC0415

    with started_redis(tmp_path_factory.mktemp("redis")) as cache, pytest.MonkeyPatch.context() as monkeypatch:
        journal = Journal()
        journal.watch_all(monkeypatch)
        harness = small_model_harness(model_url, cache, memory_files(), request.param)
        prompts = AccountPromptBuilder(harness.generator().histories).build_prompts(batch_of_all())
        records = [record for account in prompts for record in account.records]
        asked = {record.index: frozenset(record.keys) for record in records}
        begun = time.monotonic()
        run = Run(harness, journal, harness.write_texts(RECORDS), asked)
        print("\n" + "\n".join(table(run, time.monotonic() - begun)))  # noqa: T201
        yield run


def batch_of_all() -> Batch:
    return batch(count=RECORDS)


def small_model_harness(url: str, cache: redis.Redis, files: SimulationFiles, about: dict[str, Any]) -> TextHarness:
    environment = {
        "AI_PROVIDER": "local",
        "AI_MODEL": MODEL,
        "AI_BASE_URL": url,
        "AI_MODELS": f'{{"{MODEL}": {{"input": 1, "output": 5}}}}',
    }
    fields = {"totalRecords": RECORDS, "ai": {"provider": "local", "model": MODEL}, **about}
    harness = TextHarness(ScriptedModel(), files, cache, RealTime(), fields=fields, environment=environment)
    harness.session_seconds = SECONDS
    harness.config = LlmCallConfig.load(environment)
    return harness


def table(run: Run, seconds: float) -> Iterator[str]:
    """What came of each call and each text."""
    yield f"{'call':>5}{'seconds':>9}{'input':>7}{'most':>7}{'output':>8}{'tokens/s':>10}"
    for number, each in enumerate(run.journal.exchanges, 1):
        (inputs, outputs), most = each.usage, each.asked["max_tokens"]
        speed = outputs / each.seconds if each.seconds else 0.0
        yield f"{number:5}{each.seconds:9.1f}{inputs:7}{most:7}{outputs:8}{speed:10.1f}"
    reasons = Counter(reason for result in run.results.values() for reason in result.rejected.values())
    used = sum(len(written(result)) for result in run.results.values())
    methods = dict(Counter(result.provenance.method for result in run.results.values()))
    yield f"records {methods}, texts used {used}, composed {dict(reasons)}, {seconds:.0f} s"


def written(result: RecordTextResult) -> frozenset[str]:
    return frozenset() if result.text is None else result.text.keys


def texts_of(text: RecordText | None) -> Iterator[str]:
    if text is not None:
        yield from (value for value in (text.company_name, text.job_title, text.original_source) if value)
        yield from (value for value in (text.consent_detail, text.lead_reasoning) if value)
        yield from text.product_interests or []
        yield from (part for activity in text.activities for part in (activity.title, activity.body) if part)


def test_every_record_and_every_activity_arrives(run: Run) -> None:
    generator = run.harness.generator()
    composed = [item.row for item in generator.activity_rows(batch_of_all())]

    told = generator.with_texts(run.results)
    rows, activities = told.contact_rows(batch_of_all()), [item.row for item in told.activity_rows(batch_of_all())]

    assert sorted(run.results) == list(range(RECORDS))
    assert len(rows) == RECORDS
    assert Counter(str(row["type"]) for row in activities) == Counter(str(row["type"]) for row in composed)
    assert all(row["contact"]["jobtitle"] and row["company"]["name"] for row in rows)


def test_each_text_is_used_or_composed_alone(run: Run) -> None:
    for index, result in run.results.items():
        assert written(result).isdisjoint(result.rejected)
        assert written(result) | result.rejected.keys() == run.asked[index]


def test_no_text_that_is_used_repeats_the_instructions(run: Run) -> None:
    told = {" ".join(words[n : n + ECHO_WORDS]) for words in instructions(run) for n in range(len(words))}

    for text in (text for result in run.results.values() for text in texts_of(result.text)):
        words = text.split()
        assert [n for n in range(len(words) - ECHO_WORDS + 1) if " ".join(words[n : n + ECHO_WORDS]) in told] == []


def instructions(run: Run) -> Iterator[list[str]]:
    return (each.asked["messages"][0]["content"].split() for each in run.journal.exchanges)


def test_the_runs_counters_are_what_the_server_reported(run: Run) -> None:
    counted, (inputs, outputs) = run.harness.counters(), run.journal.usage

    assert int(counted["ai_generation_input_tokens"]) == inputs
    assert int(counted["ai_generation_output_tokens"]) == outputs
    assert int(counted["ai_generation_cost_micro_usd"]) >= inputs + 5 * outputs


def test_the_records_share_what_their_calls_used(run: Run) -> None:
    results = run.results.values()
    shares = sum(result.provenance.tokens for result in results)
    rounded_up = 2 * RECORDS * len(run.journal.exchanges)

    assert 0 <= shares - sum(run.journal.usage) <= rounded_up
    assert all(result.provenance.attempts <= len(run.journal.exchanges) for result in results)


def test_the_first_call_is_small_and_nearly_all_are_answered(run: Run) -> None:
    calls = run.journal.exchanges
    unanswered = [each for each in calls if each.answered is None]

    assert calls[0].asked["max_tokens"] <= FIRST_CALL_TOKENS
    assert len(unanswered) <= max(1, len(calls) // 4)
