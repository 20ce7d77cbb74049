"""A batch whose words come from a scripted model, with a real Redis and a bucket of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from builders import SIMULATION, batch, plan
from scripted_model import ScriptedModel

from simcrm.cache.resilient_cache import SharedState
from simcrm.cache.run_counters import Metrics
from simcrm.core.config import ModelCallConfig
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.text.batch_texts import words_of
from simcrm.generation.text.record_text import Told
from simcrm.generation.text.text_session import Studio
from simcrm.llm.caller import Clock, never
from simcrm.llm.providers import registry
from simcrm.models.crm_objects import Properties
from simcrm.planning.llm_plan import plan_ai
from simcrm.storage.simulation_files import Artifacts

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
        return Clock(now=self.now, wall=self.wall, sleep=sleep, end=self.seconds + limit)

    def wall(self) -> float:
        return 1_790_000_000.0 + self.seconds


@dataclass
class Workshop:
    """Runs batches of a simulation; ``key`` is what the secret holds now."""

    model: ScriptedModel
    artifacts: Artifacts
    cache: redis.Redis | None
    time: FastTime = field(default_factory=FastTime)
    key: str = "key-1"
    fresh_key: str | None = None
    config: ModelCallConfig = field(default_factory=lambda: ModelCallConfig.load({}))
    fields: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    studio_limit: float = 600.0
    is_aborted: Callable[[], bool] = never

    def maker(self) -> BatchGenerator:
        given: dict[str, Any] = {"totalRecords": 100, "timeScale": 0, "activities": {"enabled": False}} | self.fields
        made = plan(**given)
        return BatchGenerator.of(made.model_copy(update={"ai": plan_ai(made.input, self.config)}))

    def studio(self) -> Studio:
        self.config = ModelCallConfig.load(AMPLE | self.environment)
        planned = self.maker().plan
        assert planned.ai is not None
        metrics = Metrics(self.cache, SIMULATION)
        shared = SharedState(self.cache)
        return Studio(
            self.config,
            planned.ai,
            planned.input,
            shared,
            metrics,
            self._read_key,
            self.time.clock(self.studio_limit),
            self.is_aborted,
        )

    def _read_key(self, *, fresh: bool) -> str:
        if fresh and self.fresh_key is not None:
            self.key = self.fresh_key
        return self.key

    def words(self, count: int = 10, studio: Studio | None = None, number: int = 0) -> Mapping[int, Told]:
        some = batch(number=number, count=count)
        return words_of(self.artifacts, self.maker(), some, studio or self.studio())

    def pairs(self, count: int = 10) -> list[dict[str, Properties]]:
        maker = self.maker().with_words(self.words(count))
        return maker.pairs(batch(count=count))

    def counters(self) -> dict[str, str]:
        return Metrics(self.cache, SIMULATION).read()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The model that every provider of the registry is."""
    scripted = ScriptedModel()
    for name, kind in registry.PROVIDERS.items():
        if kind.make is not None:
            monkeypatch.setitem(registry.PROVIDERS, name, replace(kind, make=scripted.make))
    return scripted


@pytest.fixture
def workshop(model: ScriptedModel, artifacts: Artifacts, cache: redis.Redis) -> Workshop:
    return Workshop(model, artifacts, cache)
