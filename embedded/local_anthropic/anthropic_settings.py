"""Settings of the stand-in, at the start and while it runs."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class AnthropicSettings(BaseModel):
    """The settings; JSON names are camelCase, and unknown ones are rejected.

    An answer takes ``latency_base_ms`` plus ``latency_per_output_token_ms`` for each output token. The three limits per
    minute apply to each model; a bucket holds what it gains in ``burst_seconds``. A message batch ends
    ``batch_seconds`` after it was created, a cancelled one ``batch_cancel_seconds`` after its cancellation; requests
    not processed after ``batch_expire_seconds`` expire. ``batch_queue`` is the maximum number of requests waiting in
    batches. With ``keep_prompts``, the journal of calls includes each call's last message.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    latency_base_ms: float = Field(default=0, ge=0)
    latency_per_output_token_ms: float = Field(default=0, ge=0)
    requests_per_minute: int = Field(default=1_000_000, ge=1)
    input_tokens_per_minute: int = Field(default=1_000_000_000, ge=1)
    output_tokens_per_minute: int = Field(default=200_000_000, ge=1)
    burst_seconds: float = Field(default=60, gt=0)
    batch_seconds: float = Field(default=0.5, ge=0)
    batch_cancel_seconds: float = Field(default=0, ge=0)
    batch_expire_seconds: float = Field(default=86_400, ge=0)
    batch_requests_per_minute: int = Field(default=1_000_000, ge=1)
    batch_queue: int = Field(default=500_000, ge=1)
    keep_prompts: bool = False
    max_batch_requests: int = Field(default=100_000, ge=1)
    max_batch_bytes: int = Field(default=256_000_000, ge=1)
    max_message_bytes: int = Field(default=32_000_000, ge=1)
