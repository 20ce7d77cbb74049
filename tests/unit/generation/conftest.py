"""A batch whose words come from a scripted model, with a real Redis and a bucket of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from builders import SIMULATION, batch, plan
from scripted_model import ScriptedModel

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import LlmCallConfig
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import texts_for_batch
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.caller import Clock, not_aborted
from simcrm.llm.providers import registry
from simcrm.models.crm_objects import Properties
from simcrm.planning.llm_plan import resolve_llm
from simcrm.storage.simulation_files import SimulationFiles

AMPLE = {f"AI_{name}_PER_MINUTE": "10000000" for name in ("REQUESTS", "INPUT_TOKENS", "OUTPUT_TOKENS")}


@dataclass
class FastTime:
    """A clock that moves when somebody sleeps, and not otherwise."""

    seconds: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def clock(self, limit: float = 600.0) -> Clock:
        sleep: Callable[[float], Awaitable[None]] = self.sleep
        return Clock(now=self.now, wall=self.wall, sleep=sleep, deadline=self.seconds + limit)

    def wall(self) -> float:
        return 1_790_000_000.0 + self.seconds


@dataclass
class TextHarness:
    """Runs batches of a simulation; ``key`` is what the secret holds now."""

    model: ScriptedModel
    files: SimulationFiles
    cache: redis.Redis | None
    time: FastTime = field(default_factory=FastTime)
    key: str = "key-1"
    fresh_key: str | None = None
    config: LlmCallConfig = field(default_factory=lambda: LlmCallConfig.load({}))
    fields: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    session_seconds: float = 600.0
    is_aborted: Callable[[], bool] = not_aborted

    def generator(self) -> RowGenerator:
        given: dict[str, Any] = {
            "totalRecords": 100,
            "contactsPerCompany": 1,
            "timeScale": 0,
            "activities": {"enabled": False},
        } | self.fields
        made = plan(**given)
        return RowGenerator.from_plan(made.model_copy(update={"ai": resolve_llm(made.input.ai, self.config)}))

    def session(self) -> TextSession:
        self.config = LlmCallConfig.load(AMPLE | self.environment)
        planned = self.generator().plan
        assert planned.ai is not None
        metrics = RunCounters(self.cache, SIMULATION)
        cache = CacheWithFallback(self.cache)
        return TextSession(
            self.config,
            planned.ai,
            planned.input,
            cache,
            metrics,
            self._read_key,
            self.time.clock(self.session_seconds),
            self.is_aborted,
        )

    def _read_key(self, *, fresh: bool) -> str:
        if fresh and self.fresh_key is not None:
            self.key = self.fresh_key
        return self.key

    def write_texts(
        self, count: int = 10, session: TextSession | None = None, number: int = 0
    ) -> Mapping[int, RecordTextResult]:
        some = batch(number=number, count=count)
        return texts_for_batch(self.files, self.generator().histories, some, session or self.session())

    def contact_rows(self, count: int = 10) -> list[dict[str, Properties]]:
        generator = self.generator().with_texts(self.write_texts(count))
        return generator.contact_rows(batch(count=count))

    def counters(self) -> dict[str, str]:
        return RunCounters(self.cache, SIMULATION).read()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The model that every provider of the registry is."""
    scripted = ScriptedModel()
    for name, kind in registry.PROVIDERS.items():
        if kind.create is not None:
            monkeypatch.setitem(registry.PROVIDERS, name, replace(kind, create=scripted.create_provider))
    return scripted


@pytest.fixture
def workshop(model: ScriptedModel, files: SimulationFiles, cache: redis.Redis) -> TextHarness:
    return TextHarness(model, files, cache)
