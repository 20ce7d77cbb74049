"""Both providers against a server that fails as theirs do: it judges how they take it, and notes what it was paid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from model.conftest import memory_files, started_redis
from model.journal import MODEL, Journal
from model.test_small_model import RealTime
from scripted_model import ScriptedModel
from unit.generation.conftest import TextHarness

from simcrm.core.config import LlmCallConfig
from simcrm.storage.simulation_files import SimulationFiles

RECORDS = 10
PATHS = {"anthropic": "/anthropic", "openai": "/v1/"}
MODELS = {"anthropic": "claude-haiku-4-5-20251001", "openai": MODEL}


@dataclass(frozen=True)
class Mode:
    """What the server does before it is well again."""

    name: str
    behaviors: list[dict[str, Any]] = field(default_factory=list)


def failing(status: int, times: int | None = 1, **more: Any) -> Mode:
    often = "ever" if times is None else f"{times} times"
    return Mode(f"{status} {often}{' with Retry-After' if more else ''}", [_fail(status, times, **more)])


def _fail(status: int, times: int | None, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, "times": times, **more}


MODES = [
    Mode("well"),
    *(failing(status) for status in (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)),
    *(failing(status, None) for status in (429, 500, 503, 529)),
    failing(429, 2, retry_after=2),
    failing(503, 1, retry_after=1),
    Mode("slow", [{"type": "delay", "seconds": 1.5, "times": None}]),
    Mode("silent once", [{"type": "delay", "seconds": 20, "times": 1}]),
    Mode("prose", [{"type": "reply", "text": "Sure! Here are your records.", "times": 1}]),
    Mode("half an answer", [{"type": "reply", "text": '{"r": [{"k": "a0", "n": ["Rive', "times": 1}]),
    Mode("refusal", [{"type": "reply", "text": "", "finish_reason": "content_filter", "times": 1}]),
    Mode("streams break", [{"type": "stream_fault", "kind": "truncate", "times": None}]),
]


@pytest.fixture(scope="module", name="table")
def _table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    head = f"{'provider':10}{'mode':30}{'requests':>9}{'answered':>9}{'arrived':>8}  verdict"
    print("\n" + "\n".join([head, *rows]))  # noqa: T201


@pytest.fixture(name="harness", params=PATHS)
def _harness(
    failing_url: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TextHarness]:
    httpx2.post(f"{failing_url}/_llmock/reset").raise_for_status()
    with started_redis(tmp_path_factory.mktemp("redis")) as cache:
        yield faulty_harness(request.param, failing_url, cache, memory_files())


def faulty_harness(provider: str, url: str, cache: Any, files: SimulationFiles) -> TextHarness:
    environment = {
        "AI_PROVIDER": provider,
        "AI_MODEL": MODELS[provider],
        "AI_BASE_URL": url + PATHS[provider],
        "AI_MODELS": f'{{"{MODEL}": {{"input": 1, "output": 5}}}}',
        "AI_TIMEOUT_MS": "10000",
    }
    ai = {"provider": provider, "model": MODELS[provider], "recordsPerCall": RECORDS}
    harness = TextHarness(ScriptedModel(), files, cache, RealTime(), fields={"ai": ai}, environment=environment)
    harness.config = LlmCallConfig.load(environment)
    return harness


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_nothing_is_paid_twice_and_the_client_is_found_resilient(
    harness: TextHarness, failing_url: str, mode: Mode, table: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal()
    journal.watch_all(monkeypatch)
    if mode.behaviors:
        httpx2.post(f"{failing_url}/_llmock/scenario", json={"behaviors": mode.behaviors}).raise_for_status()

    told = harness.write_texts(RECORDS)

    verdict = httpx2.get(f"{failing_url}/_llmock/verdict").json()
    served = httpx2.get(f"{failing_url}/_llmock/requests").json()["requests"]
    answered = [each for each in served if each["status"] == httpx2.codes.OK and each["completed"]]
    found = ", ".join(finding["code"] for finding in verdict["findings"]) or "resilient"
    name = harness.environment["AI_PROVIDER"]
    table.append(f"{name:10}{mode.name:30}{len(served):>9}{len(answered):>9}{len(told):>8}  {found}")
    assert sorted(told) == list(range(RECORDS))
    assert verdict["errors"] == 0
    assert len({each["fingerprint"] for each in answered}) == len(answered)
    if name == "openai":
        assert int(harness.counters().get("ai_generation_total_tokens", 0)) == sum(journal.usage)
    assert not any(each["stream"] for each in served)
