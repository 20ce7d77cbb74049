"""Rate limits: requests, input tokens and output tokens per minute, each a bucket that refills continuously."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.errors import ApiError

_THOUSAND = 1000


@dataclass(slots=True)
class Bucket:
    """Refills with ``limit`` per minute up to ``capacity``; ``outflow`` per second goes to answers in progress.

    ``at`` is the time of ``level`` in epoch seconds. The level falls below zero if answers use more than there was,
    because an answer in progress is never cut short.
    """

    limit: int
    capacity: float
    level: float
    at: float
    outflow: float = 0.0

    def advance(self, now: float) -> None:
        """Update the level to ``now``."""
        passed = max(0.0, now - self.at)
        self.level = min(self.capacity, self.level + passed * (self.limit / 60 - self.outflow))
        self.at = max(now, self.at)

    def wait(self, needed: float) -> float:
        """Return the seconds until ``needed`` is available, or the full capacity if ``needed`` exceeds it."""
        return max(0.0, min(needed, self.capacity) - self.level) * 60 / self.limit

    def headers(self, name: str, unit: int) -> dict[str, str]:
        """Return the three headers of a limit, with the remainder in multiples of ``unit``."""
        remaining = max(0, math.floor(self.level / unit + 0.5) * unit if unit > 1 else math.floor(self.level))
        return {
            f"anthropic-ratelimit-{name}-limit": str(self.limit),
            f"anthropic-ratelimit-{name}-remaining": str(min(remaining, self.limit)),
            f"anthropic-ratelimit-{name}-reset": _rfc3339(self.at + self.wait(self.capacity)),
        }


class Production:
    """An answer in progress, whose tokens leave the bucket over time and add up to exactly ``tokens`` in the end."""

    def __init__(self, bucket: Bucket, tokens: int, seconds: float, now: float) -> None:
        bucket.advance(now)
        self._bucket = bucket
        self._tokens = tokens
        self._rate = tokens / seconds if seconds > 0 else 0.0
        self._start = now
        bucket.outflow += self._rate

    def finish(self, now: float, *, whole: bool = True) -> None:
        """End it; a call abandoned early (not ``whole``) has used what was produced until then."""
        self._bucket.advance(now)
        self._bucket.outflow -= self._rate
        flown = self._rate * max(0.0, now - self._start)
        self._bucket.level += flown - (self._tokens if whole else min(flown, self._tokens))


class TokenLimiter:
    """The buckets of each model and of the batch endpoints."""

    def __init__(self, settings: AnthropicSettings) -> None:
        self._settings = settings
        self._models: dict[str, tuple[Bucket, Bucket, Bucket]] = {}
        self._batches: Bucket | None = None

    def acquire(self, model: str, input_tokens: int, now: float) -> None:
        """Take a request and its input from the model's buckets; raises :class:`ApiError` (429)."""
        requests, inputs, outputs = buckets = self._buckets_for(model, now)
        for bucket, needed, unit in (
            (requests, 1, "requests"),
            (inputs, input_tokens, "input tokens"),
            (outputs, 1, "output tokens"),
        ):
            bucket.advance(now)
            if bucket.level < needed:
                raise _rate_limit_error(bucket, needed, unit, f", model: {model}", _headers(*buckets))
        requests.level -= 1
        inputs.level -= input_tokens

    def produce(self, model: str, tokens: int, seconds: float, now: float) -> Production:
        """Start using output tokens, evenly over ``seconds``."""
        return Production(self._buckets_for(model, now)[2], tokens, seconds, now)

    def headers(self, model: str, now: float) -> dict[str, str]:
        """Return the headers with a model's limits at ``now``."""
        buckets = self._buckets_for(model, now)
        for bucket in buckets:
            bucket.advance(now)
        return _headers(*buckets)

    def acquire_batch_call(self, now: float) -> dict[str, str]:
        """Count a call to a batch endpoint and return the headers; raises :class:`ApiError` (429)."""
        if self._batches is None:
            self._batches = self._bucket(self._settings.batch_requests_per_minute, now)
        bucket = self._batches
        bucket.advance(now)
        if bucket.level < 1:
            raise _rate_limit_error(bucket, 1, "batch requests", "", bucket.headers("requests", 1))
        bucket.level -= 1
        return bucket.headers("requests", 1)

    def _buckets_for(self, model: str, now: float) -> tuple[Bucket, Bucket, Bucket]:
        if model not in self._models:
            settings = self._settings
            self._models[model] = (
                self._bucket(settings.requests_per_minute, now),
                self._bucket(settings.input_tokens_per_minute, now),
                self._bucket(settings.output_tokens_per_minute, now),
            )
        return self._models[model]

    def _bucket(self, limit: int, now: float) -> Bucket:
        capacity = max(1.0, limit * self._settings.burst_seconds / 60)
        return Bucket(limit, capacity, capacity, now)


def _headers(requests: Bucket, inputs: Bucket, outputs: Bucket) -> dict[str, str]:
    both = Bucket(
        inputs.limit + outputs.limit, inputs.capacity + outputs.capacity, inputs.level + outputs.level, inputs.at
    )
    return {
        **requests.headers("requests", 1),
        **inputs.headers("input-tokens", _THOUSAND),
        **outputs.headers("output-tokens", _THOUSAND),
        **both.headers("tokens", _THOUSAND),
    }


def _rate_limit_error(bucket: Bucket, needed: float, unit: str, whose: str, headers: dict[str, str]) -> ApiError:
    message = (
        f"This request would exceed your organization's rate limit of {bucket.limit:,} {unit} per minute "
        f"(org: 00000000-0000-0000-0000-000000000000{whose}). You can see the response headers for current usage."
    )
    wait = max(1, math.ceil(bucket.wait(needed)))
    return ApiError(429, message, {**headers, "retry-after": str(wait)})


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
