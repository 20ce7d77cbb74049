"""The model of this process, where a simulation wants one."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.resilient_cache import SharedState
from simcrm.cache.run_counters import Metrics
from simcrm.core.config import CacheConfig, ModelCallConfig, SecretConfig
from simcrm.generation.text.text_session import Studio, until
from simcrm.llm.caller import ReadKey
from simcrm.llm.settings import limited
from simcrm.planning.plan_document import SimulationPlan
from simcrm_lambda.cache import cache_of
from simcrm_lambda.secrets import load_secrets

KEYS = {"anthropic": "anthropic_api_key", "openai": "openai_api_key"}
MARGIN_SECONDS = 30.0
"""Left of the function's time for the last calls and for writing the rows."""


class ModelConfig(CacheConfig, SecretConfig, ModelCallConfig):
    """What a function needs that asks a model."""


def key_reader(secret_arn: str, provider: str) -> ReadKey:
    """Reads the provider's key from the secret; empty where the provider has none."""
    field = KEYS.get(provider)

    def read_key(*, fresh: bool) -> str:
        return str(getattr(load_secrets(secret_arn, fresh=fresh), field)) if field else ""

    return read_key


def studio_of(
    config: ModelConfig,
    plan: SimulationPlan,
    metrics: Metrics,
    context: LambdaContext,
    is_aborted: Callable[[], bool],
) -> Studio | None:
    """What writes the words of this simulation, or None where no model is wanted."""
    if plan.ai is None or not plan.ai.enabled:
        return None
    read_key = key_reader(config.secret_arn, plan.ai.provider)
    seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    shared = SharedState(cache_of(config))
    kept = limited(config.model_copy(update={"ai_enabled": True}), plan.ai.limits)
    return Studio(kept, plan.ai, plan.input, shared, metrics, read_key, until(seconds), is_aborted)
