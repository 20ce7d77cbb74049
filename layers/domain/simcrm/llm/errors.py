"""Why a record was not written by the model, and why a call returned nothing usable."""

from enum import StrEnum

from simcrm.core.errors import SimCrmError


class FailureCategory(StrEnum):
    """Failure categories used in counters, logs and metadata."""

    RATE_LIMIT = "rate_limit"
    NETWORK = "network"
    AUTH = "auth"
    TIMEOUT = "timeout"
    MODEL_ERROR = "model_error"
    UNKNOWN = "unknown"


class FallbackReason(StrEnum):
    """Why a record uses the fallback, if no failure category of a call says so."""

    AI_DISABLED = "ai_disabled"
    NO_API_KEY = "no_api_key"
    NO_BASE_URL = "no_base_url"
    UNKNOWN_PROVIDER = "unknown_provider"
    UNKNOWN_MODEL = "unknown_model"
    ABORTED = "aborted"
    BUDGET_SPENT = "budget_spent"
    BUDGET_UNKNOWN = "budget_unknown"
    BREAKER_OPEN = "breaker_open"
    REFUSAL = "refusal"
    INVALID_ANSWER = "invalid_answer"
    NO_BATCHES = "no_batches"
    OUT_OF_TIME = "out_of_time"
    BATCH_EXPIRED = "batch_expired"
    BATCH_CANCELLED = "batch_cancelled"
    BATCH_ERRORED = "batch_errored"
    BATCH_MISSING = "batch_missing"


class LlmConfigError(SimCrmError):
    """A provider, model, price or prompt cannot be used; raised before any request is sent.

    ``setting`` is ``provider``, ``model`` or ``mode`` if that setting has to be changed; ``reason`` is why records fall
    back if a run has begun nevertheless.
    """

    code = "AI_CONFIG_ERROR"

    def __init__(self, message: str, setting: str | None = None, reason: FallbackReason | None = None) -> None:
        super().__init__(message)
        self.setting = setting
        self.reason = reason


class LlmCallError(Exception):
    """A call returned nothing usable.

    ``reason`` goes into the metadata of the records. ``retry_after`` is the provider's delay in seconds, for all
    callers. ``starts_cooldown`` marks a provider that asked for a pause, ``counts_for_breaker`` one that failed through
    its own fault, ``is_cut_off`` an answer that was not waited for any longer. ``provider_message`` is the provider's
    own explanation, without keys and short enough for a log line.
    """

    def __init__(
        self,
        category: FailureCategory,
        reason: str = "",
        *,
        can_retry: bool = False,
        retry_after: float | None = None,
        starts_cooldown: bool = False,
        counts_for_breaker: bool = False,
        is_cut_off: bool = False,
        provider_message: str = "",
    ) -> None:
        super().__init__(reason or category)
        self.category = category
        self.reason = reason or str(category)
        self.can_retry = can_retry
        self.retry_after = retry_after
        self.starts_cooldown = starts_cooldown
        self.counts_for_breaker = counts_for_breaker
        self.is_cut_off = is_cut_off
        self.provider_message = provider_message


TOO_MANY_REQUESTS, OVERLOADED = 429, 529
AUTH_STATUS = {401, 403}
SERVER_ERROR = 500
TIMEOUT_STATUS = {408, 504}


def error_from_status(status: int, retry_after: float | None, provider_message: str = "") -> LlmCallError:
    """The error for an HTTP status."""
    if status in {TOO_MANY_REQUESTS, OVERLOADED}:
        return LlmCallError(
            FailureCategory.RATE_LIMIT,
            can_retry=True,
            retry_after=retry_after,
            starts_cooldown=True,
            counts_for_breaker=status == OVERLOADED,
            provider_message=provider_message,
        )
    if status in AUTH_STATUS:
        return LlmCallError(FailureCategory.AUTH, provider_message=provider_message)
    if status in TIMEOUT_STATUS:
        return LlmCallError(
            FailureCategory.TIMEOUT, can_retry=True, counts_for_breaker=True, provider_message=provider_message
        )
    if status >= SERVER_ERROR:
        return LlmCallError(
            FailureCategory.MODEL_ERROR,
            can_retry=True,
            retry_after=retry_after,
            counts_for_breaker=True,
            provider_message=provider_message,
        )
    return LlmCallError(FailureCategory.MODEL_ERROR, f"http_{status}", provider_message=provider_message)
