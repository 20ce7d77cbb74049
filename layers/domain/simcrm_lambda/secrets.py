"""The one JSON secret of a deployment, cached for five minutes."""

from typing import Any

from aws_lambda_powertools.utilities import parameters
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

MAX_AGE_SECONDS = 300


class Secrets(BaseModel):
    """Keys and tokens; an empty one is not configured."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")

    hubspot_token: str = ""
    anthropic_api_key: str = ""
    openai_api_key: str = ""
    operator_token: str = ""
    boss_token: str = ""


def load_secrets(arn: str, *, fresh: bool = False) -> Secrets:
    """Read the secret; ``fresh`` asks Secrets Manager even if a copy is at hand, for after a rotation."""
    document: Any = parameters.get_secret(arn, transform="json", max_age=MAX_AGE_SECONDS, force_fetch=fresh)
    return Secrets.model_validate(document)
