"""Why a record was not written by the model, and why a call gave nothing."""

from enum import StrEnum

from simcrm.core.errors import SimCrmError


class Category(StrEnum):
    """The kinds of failures that counters, logs and metadata name."""

    RATE_LIMIT = "rate_limit"
    NETWORK = "network"
    AUTH = "auth"
    TIMEOUT = "timeout"
    MODEL_ERROR = "model_error"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a record fell back, where no category of a call says it."""

    AI_DISABLED = "ai_disabled"
    NO_API_KEY = "no_api_key"
    ABORTED = "aborted"
    BUDGET_SPENT = "budget_spent"
    BUDGET_UNKNOWN = "budget_unknown"
    BREAKER_OPEN = "breaker_open"
    REFUSAL = "refusal"
    INVALID_ANSWER = "invalid_answer"
    NO_BATCHES = "no_batches"
    BATCH_EXPIRED = "batch_expired"
    BATCH_CANCELLED = "batch_cancelled"
    BATCH_ERRORED = "batch_errored"
    BATCH_MISSING = "batch_missing"


class AiError(SimCrmError):
    """A provider, model, price or prompt that cannot be used; refused before anything is asked."""

    code = "AI_CONFIG_ERROR"


class CallFailedError(Exception):
    """A call gave nothing to use.

    ``reason`` is what the metadata of the records will say. ``retry_after`` is seconds from the provider, for all
    callers.
    ``pauses`` marks a provider that asked for quiet, ``is_sick`` one that failed in a way that counts for the breaker.
    """

    def __init__(
        self,
        category: Category,
        reason: str = "",
        *,
        can_retry: bool = False,
        retry_after: float | None = None,
        pauses: bool = False,
        is_sick: bool = False,
    ) -> None:
        super().__init__(reason or category)
        self.category = category
        self.reason = reason or str(category)
        self.can_retry = can_retry
        self.retry_after = retry_after
        self.pauses = pauses
        self.is_sick = is_sick


TOO_MANY, OVERLOADED = 429, 529
AUTH_STATUS = {401, 403}
SERVER_ERROR = 500
TIMEOUT_STATUS = {408, 504}


def of_status(status: int, retry_after: float | None) -> CallFailedError:
    """The failure that an HTTP status means."""
    if status in {TOO_MANY, OVERLOADED}:
        return CallFailedError(
            Category.RATE_LIMIT, can_retry=True, retry_after=retry_after, pauses=True, is_sick=status == OVERLOADED
        )
    if status in AUTH_STATUS:
        return CallFailedError(Category.AUTH)
    if status in TIMEOUT_STATUS:
        return CallFailedError(Category.TIMEOUT, can_retry=True, is_sick=True)
    if status >= SERVER_ERROR:
        return CallFailedError(Category.MODEL_ERROR, can_retry=True, retry_after=retry_after, is_sick=True)
    return CallFailedError(Category.MODEL_ERROR, f"http_{status}")
