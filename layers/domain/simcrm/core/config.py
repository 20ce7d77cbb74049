"""Configuration of the functions: one typed object each, read from the environment on the first call."""

from collections.abc import Mapping
from os import environ
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from simcrm.core.errors import ConfigError


class EnvironmentConfig(BaseModel):
    """Base class of the functions' configurations; a field's alias is its environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def load(cls, env: Mapping[str, str] = environ) -> Self:
        """Read and validate all variables at once.

        Raises:
            ConfigError: names each variable that is missing or malformed, never its value.
        """
        try:
            return cls.model_validate({name: value for name, value in env.items() if value != ""})
        except ValidationError as error:
            problems = ", ".join(f"{item['loc'][0]} ({item['type']})" for item in error.errors(include_input=False))
            raise ConfigError(f"Invalid function environment: {problems}") from None


class StorageConfig(EnvironmentConfig):
    """Where plans, records and ledgers are stored."""

    bucket_name: str = Field(alias="BUCKET_NAME")


class RetentionConfig(EnvironmentConfig):
    """How long a simulation's data is retained after its end or after its last job."""

    data_retention_days: int = Field(gt=0, alias="DATA_RETENTION_DAYS")


class MapConcurrencyConfig(EnvironmentConfig):
    """How many batches of a simulation run in parallel if nothing waits for the clock."""

    map_concurrency: int = Field(default=40, gt=0, alias="MAP_CONCURRENCY")


class CacheConfig(EnvironmentConfig):
    """The shared cache; without a URL, each function works on its own with safe local limits."""

    redis_url: str | None = Field(default=None, alias="REDIS_URL")
    redis_secret_arn: str | None = Field(default=None, alias="REDIS_SECRET_ARN")
    redis_iam_cache: str | None = Field(default=None, alias="REDIS_IAM_CACHE")
    redis_iam_user: str = Field(default="default.iam-user", alias="REDIS_IAM_USER")


class SecretConfig(EnvironmentConfig):
    """The JSON secret that holds the portal token, model key and API tokens."""

    secret_arn: str = Field(alias="SECRET_ARN")


class PortalConfig(SecretConfig):
    """The HubSpot portal and its API version."""

    hubspot_base_url: str = Field(alias="HUBSPOT_BASE_URL")
    hubspot_api_version: str = Field(default="2026-09", alias="HUBSPOT_API_VERSION")
    hubspot_timeout_seconds: float = Field(default=10.0, gt=0, alias="HUBSPOT_TIMEOUT_SECONDS")


class StateMachineConfig(EnvironmentConfig):
    """The state machine that runs simulations."""

    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN")


class SimulationsConfig(StorageConfig, CacheConfig, StateMachineConfig):
    """The simulations of a deployment: their data, their counters, and the state machine that runs them."""


class ScheduleConfig(EnvironmentConfig):
    """The schedule group, the role that starts simulations, and the dead-letter queue for failed starts."""

    schedule_group: str = Field(alias="SCHEDULE_GROUP")
    schedule_role_arn: str = Field(alias="SCHEDULE_ROLE_ARN")
    schedule_dead_letter_arn: str = Field(alias="SCHEDULE_DEAD_LETTER_ARN")


class MaintenanceConfig(EnvironmentConfig):
    """The state machine that runs clean-ups and repairs."""

    maintenance_machine_arn: str = Field(alias="MAINTENANCE_MACHINE_ARN")


class LogConfig(EnvironmentConfig):
    """Where the functions log to."""

    log_group_prefix: str = Field(alias="LOG_GROUP_PREFIX")


class QueueConfig(EnvironmentConfig):
    """The queue that feeds the writer."""

    write_queue_url: str = Field(alias="WRITE_QUEUE_URL")


class WriterConfig(EnvironmentConfig):
    """How long a writer may run."""

    writer_timeout_seconds: float = Field(gt=0, alias="WRITER_TIMEOUT_SECONDS")


class DeadLetterConfig(EnvironmentConfig):
    """Where messages go that no retry can fix."""

    dead_letter_queue_url: str = Field(alias="DEAD_LETTER_QUEUE_URL")


class LlmConfig(EnvironmentConfig):
    """Whether and how a model writes the texts."""

    ai_enabled: bool = Field(default=True, alias="AI_ENABLED")
    ai_provider: str = Field(default="anthropic", alias="AI_PROVIDER")
    ai_model: str = Field(default="claude-haiku-4-5-20251001", alias="AI_MODEL")
    ai_models: str | None = Field(default=None, alias="AI_MODELS")


class LlmEndpointConfig(LlmConfig):
    """Where the model's API is; a base URL is used for one provider only."""

    ai_base_url: str | None = Field(default=None, alias="AI_BASE_URL")
    anthropic_base_url: str | None = Field(default=None, alias="ANTHROPIC_BASE_URL")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    local_base_url: str | None = Field(default=None, alias="LOCAL_BASE_URL")
    _deployed_provider: str = PrivateAttr()

    def model_post_init(self, _context: object, /) -> None:
        """Note the environment's provider, which copies with another ``ai_provider`` keep."""
        self._deployed_provider = self.ai_provider

    @property
    def deployed_provider(self) -> str:
        """The environment's own provider, whatever others choose: the only one that ``ai_base_url`` is for."""
        return self._deployed_provider


class LlmCallConfig(LlmEndpointConfig):
    """How the model is called; limits are per minute, and 0 means that the provider's headers determine them."""

    ai_timeout_ms: int = Field(default=60_000, ge=100, alias="AI_TIMEOUT_MS")
    ai_max_retries: int = Field(default=2, ge=0, le=10, alias="AI_MAX_RETRIES")
    ai_concurrency: int = Field(default=20, ge=1, le=200, alias="AI_CONCURRENCY")
    ai_requests_per_minute: int = Field(default=0, ge=0, alias="AI_REQUESTS_PER_MINUTE")
    ai_input_tokens_per_minute: int = Field(default=0, ge=0, alias="AI_INPUT_TOKENS_PER_MINUTE")
    ai_output_tokens_per_minute: int = Field(default=0, ge=0, alias="AI_OUTPUT_TOKENS_PER_MINUTE")
    ai_generation_log_level: Literal["debug", "info", "warn", "error"] = Field(
        default="info", alias="AI_GENERATION_LOG_LEVEL"
    )


class HubSpotRateLimitConfig(EnvironmentConfig):
    """The portal's call limits, used until its response headers report the actual ones."""

    hubspot_calls_per_ten_seconds: int = Field(default=100, ge=1, alias="HUBSPOT_CALLS_PER_TEN_SECONDS")
    hubspot_calls_per_day: int = Field(default=250_000, ge=1, alias="HUBSPOT_CALLS_PER_DAY")


class RateLimitedPortalConfig(PortalConfig, CacheConfig, HubSpotRateLimitConfig):
    """A portal, its rate limits, and the cache through which all functions share them."""


class PreviewConfig(LlmConfig, HubSpotRateLimitConfig, MapConcurrencyConfig):
    """What a preview assumes: model, portal limits, parallel batches, and the account's Lambda concurrency."""

    lambda_concurrency: int = Field(default=1_000, gt=0, alias="LAMBDA_CONCURRENCY")
