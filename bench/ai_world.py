"""What the benchmark of the model's part runs in: the stand-in, a Redis, a bucket in memory, a notebook of calls."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import redis

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import LlmCallConfig
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import texts_for_batch
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.caller import Clock
from simcrm.llm.providers import registry
from simcrm.llm.providers.anthropic import AnthropicProvider
from simcrm.llm.providers.base import LlmRequest, LlmResponse
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.llm_plan import resolve_llm
from simcrm.planning.plan_document import SimulationPlan, resolve_plan
from simcrm.storage.simulation_files import MAX_LISTED, SimulationFiles
from simcrm_embedded.redis_server import find_server

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SIDE_BY_SIDE = 8
SPAN = {"startTime": "2026-08-01T00:00:00Z", "endTime": "2026-11-01T00:00:00Z", "timeScale": 0, "seed": "bench"}


Exchange: TypeAlias = tuple[LlmRequest, LlmResponse]
"""A request and its answer."""


class InMemoryFiles(SimulationFiles):
    """A simulation's data in a dictionary."""

    def __init__(self, simulation_id: str) -> None:
        self.simulation_id = simulation_id
        self.files: dict[str, bytes] = {}

    def list_names(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[str]:
        """All names that begin with a prefix, in order, or those of them that sort after one."""
        del at_once
        yield from sorted(name for name in self.files if name.startswith(prefix) and name > after)

    def _get(self, name: str) -> bytes | None:
        return self.files.get(name)

    def _put(self, name: str, body: bytes) -> str:
        self.files[name] = body
        return ""


@dataclass
class CallLog:
    """Every request with its answer."""

    calls: list[Exchange] = field(default_factory=list)


@dataclass
class RecordingProvider:
    """The real provider, with a notebook."""

    inner: AnthropicProvider
    call_log: CallLog

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Ask and note."""
        answer = await self.inner.complete(request)
        self.call_log.calls.append((request, answer))
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self.inner.aclose()


@dataclass
class LlmBench:
    """A stand-in and a Redis that run."""

    url: str
    redis_url: str
    call_log: CallLog = field(default_factory=CallLog)

    def set(self, **settings: Any) -> None:
        """Change the stand-in's settings and forget its counters."""
        httpx2.post(f"{self.url}/_local/reset").raise_for_status()
        httpx2.put(f"{self.url}/_local/settings", json=settings).raise_for_status()

    def calls(self) -> list[dict[str, Any]]:
        """The stand-in's journal."""
        document: dict[str, Any] = httpx2.get(f"{self.url}/_local/calls").raise_for_status().json()
        return [call for call in document["calls"] if call["path"] == "/v1/messages"]

    def take_calls(self) -> list[Exchange]:
        """Take what this process has asked since the last time."""
        calls, self.call_log.calls[:] = list(self.call_log.calls), []
        return calls

    def reset(self) -> None:
        """Empty the Redis."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def plan(self, simulation_id: str, records: int, **fields: Any) -> SimulationPlan:
        """Plan a simulation whose text the stand-in writes."""
        request = parse_simulation_input({"totalRecords": records, **SPAN, **fields})
        ai = resolve_llm(request.ai, self.config())
        return resolve_plan(simulation_id, request, NOW, DEFAULT_PIPELINE, (), ai=ai)

    def config(self) -> LlmCallConfig:
        """The settings of a function."""
        return LlmCallConfig.load({"AI_BASE_URL": self.url, "AI_GENERATION_LOG_LEVEL": "error"})

    def write_texts(
        self, simulation_id: str, records: int, **fields: Any
    ) -> tuple[RowGenerator, Mapping[int, RecordTextResult]]:
        """The words of all records, a batch after the other, as one function writes them."""
        plan = self.plan(simulation_id, records, **fields)
        cache = redis.Redis.from_url(self.redis_url, decode_responses=True)
        assert plan.ai is not None  # noqa: S101
        metrics = RunCounters(cache, simulation_id)
        shared = CacheWithFallback(cache)
        session = TextSession(self.config(), plan.ai, plan.input, shared, metrics, _key, Clock())
        generator, files = RowGenerator.from_plan(plan), InMemoryFiles(simulation_id)
        results: dict[int, RecordTextResult] = {}
        for batch in generator.histories.batches():
            results |= texts_for_batch(files, generator.histories, batch, session)
        return generator.with_texts(results), results

    def ask(self, requests: Sequence[LlmRequest]) -> list[Exchange]:
        """Ask all requests, each once."""
        return asyncio.run(self._ask(requests))

    async def _ask(self, requests: Sequence[LlmRequest]) -> list[Exchange]:
        provider, gate = AnthropicProvider(_key(fresh=False), self.url), asyncio.Semaphore(SIDE_BY_SIDE)

        async def ask(request: LlmRequest) -> Exchange:
            async with gate:
                return request, await provider.complete(request)

        try:
            return await asyncio.gather(*map(ask, requests))
        finally:
            await provider.aclose()


def _key(*, fresh: bool) -> str:
    del fresh
    return "bench"


@contextmanager
def llm_bench() -> Iterator[LlmBench]:
    """Start both, and note all calls of this process."""
    with tempfile.TemporaryDirectory() as folder, _stand_in() as url, _redis(Path(folder)) as redis_url:
        made = LlmBench(url, redis_url)
        record_calls(made.call_log)
        yield made


def record_calls(notebook: CallLog) -> None:
    """Put the notebook between the functions and the provider."""

    def make(key: str, base_url: str) -> RecordingProvider:
        return RecordingProvider(AnthropicProvider(key, base_url), notebook)

    registry.PROVIDERS["anthropic"] = replace(registry.PROVIDERS["anthropic"], create=make)


@contextmanager
def _stand_in() -> Iterator[str]:
    command = [sys.executable, "-m", "local_anthropic", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    socket = folder / "redis.sock"
    command = [str(find_server()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            yield f"unix://{socket}"
        finally:
            server.terminate()
