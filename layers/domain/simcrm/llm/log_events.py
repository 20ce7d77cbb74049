"""Log events of model calls; AI_GENERATION_LOG_LEVEL sets their own threshold."""

import logging
from dataclasses import dataclass

from simcrm.core.log import log_event
from simcrm.llm.errors import LlmCallError

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True, slots=True)
class LlmEventLog:
    """Writes the ``AI_GEN_*`` lines of one simulation; ``threshold`` is a level of the logging module."""

    simulation_id: str
    model: str
    threshold: int = logging.INFO

    def success(self, index: int, latency_ms: int, tokens: int) -> None:
        """The model wrote a record's text."""
        fields = {"latencyMs": latency_ms, "tokens": tokens}
        self._line("AI_GEN_SUCCESS", "the model wrote a record", logging.INFO, index, **fields)

    def fallback(self, index: int, category: str | None, reason: str) -> None:
        """A record's text comes from the fallback."""
        what = "a record fell back"
        self._line("AI_GEN_FALLBACK", what, logging.WARNING, index, category=category, reason=reason)

    def rejection(self, index: int, key: str, reason: str) -> None:
        """A text of the model was not used; ``key`` names it within its record."""
        self._line("AI_TEXT_REJECTED", "a text was not used", logging.INFO, index, text=key, reason=reason)

    def failure(self, index: int, error: LlmCallError, latency_ms: int) -> None:
        """A call failed; ``index`` is its first record."""
        fields: dict[str, object] = {
            "category": error.category,
            "reason": error.reason,
            "providerMessage": error.provider_message,
            "latencyMs": latency_ms,
            "tokens": 0,
        }
        self._line("AI_GEN_ERROR", "a call failed", logging.ERROR, index, **fields)

    def retry(self, index: int, category: str, attempt: int, wait_ms: int) -> None:
        """A call is retried; ``attempt`` counts the attempts that failed."""
        fields: dict[str, object] = {"category": category, "attempt": attempt, "waitMs": wait_ms}
        self._line("AI_GEN_RETRY", "a call is retried", logging.WARNING, index, **fields)

    def _line(self, event_id: str, message: str, level: int, index: int, **fields: object) -> None:
        if level >= self.threshold:
            about = {"simulationId": self.simulation_id, "recordIndex": index, "model": self.model}
            log_event(event_id, message, level=level, **about, **fields)
