"""The limiter in Redis that all functions share."""

from functools import cache
from importlib import resources
from typing import Any

import redis

from simcrm.cache.resilient_cache import SharedState
from simcrm.llm.providers.base import Usage, Window
from simcrm.llm.rate_limit.local_limiter import LocalGate
from simcrm.llm.rate_limit.policy import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    PROBE_MS,
    Admission,
    Hindrance,
    Settlement,
)


@cache
def _script() -> str:
    return resources.files("simcrm.llm").joinpath("rate_limit/redis_limiter.lua").read_text(encoding="utf-8")


class SharedGate:
    """One hash a provider and model, changed by one script; its key is one hash slot of a cluster."""

    def __init__(self, shared: SharedState, name: str, limits: tuple[int, int, int], local: LocalGate) -> None:
        self._shared, self._limits, self._local = shared, limits, local
        self.key = f"{{ai:{name}}}:limits"

    def admit(self, expected: Usage) -> Admission:
        """Reserve a request and its tokens, or say why not."""
        arguments = ("admit", expected.input_tokens, expected.output_tokens, *self._limits, PROBE_MS)
        return self._shared.ask(
            lambda found: _admission(self._run(found, arguments)), lambda: self._local.admit(expected)
        )

    def settle(self, settlement: Settlement) -> bool:
        """Give back what was not used and take over what the provider said; whether this opened the breaker."""
        windows, reserved, used = settlement.windows, settlement.reserved, settlement.used
        arguments = (
            "settle",
            *self._limits,
            reserved.input_tokens - used.input_tokens,
            reserved.output_tokens - used.output_tokens,
            settlement.mark,
            settlement.cooldown_ms,
            *_told(windows.requests),
            *_told(windows.input_tokens),
            *_told(windows.output_tokens),
            BREAKER_FAILURES,
            BREAKER_OPEN_MS,
        )
        opened_here = self._local.settle(settlement)
        return self._shared.ask(
            lambda found: _admission(self._run(found, arguments)).hindrance is Hindrance.OPEN, lambda: opened_here
        )

    def _run(self, found: redis.Redis, arguments: tuple[Any, ...]) -> Any:
        return found.register_script(_script())(keys=[self.key], args=[str(value) for value in arguments])


def _told(window: Window | None) -> tuple[int, int]:
    return (-1, -1) if window is None else (window.limit, window.remaining)


def _admission(answer: Any) -> Admission:
    return Admission(Hindrance(answer[0]), int(answer[1]))
