"""The model of this process, for simulations that use one, and the key that it is called with."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig, LlmCallConfig, SecretConfig
from simcrm.generation.text.text_session import TextSession, clock_until
from simcrm.llm.rotating_key import ReadKey
from simcrm.llm.settings import apply_limits
from simcrm.planning.plan_document import SimulationPlan
from simcrm.storage.abort_marker import IsAborted
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.secrets import load_secrets

MARGIN_SECONDS = 30.0
"""Part of the function's time reserved for the last calls and for writing the rows."""


class LlmFunctionConfig(CacheConfig, SecretConfig, LlmCallConfig):
    """The configuration of a function that calls a model."""


def key_reader(secret_arn: str, provider: str) -> ReadKey:
    """Return a function that reads the provider's key from the secret; the key is empty if the provider has none."""

    def read_key(*, fresh: bool) -> str:
        return load_secrets(secret_arn, fresh=fresh).model_key(provider)

    return read_key


def text_session(
    config: LlmFunctionConfig,
    counters: RunCounters,
    context: LambdaContext,
    plan: SimulationPlan,
    is_aborted: IsAborted,
) -> TextSession | None:
    """Return the session that writes this simulation's text, or None if it uses no model."""
    if plan.ai is None or not plan.ai.enabled:
        return None
    read_key = key_reader(config.secret_arn, plan.ai.provider)
    seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    cache = CacheWithFallback(configured_cache(config))
    call_config = apply_limits(config.model_copy(update={"ai_enabled": True}), plan.ai.limits)
    return TextSession(call_config, plan.ai, plan.input, cache, counters, read_key, clock_until(seconds), is_aborted)
