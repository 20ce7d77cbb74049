"""The one JSON secret of a deployment, cached for five minutes."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools.utilities import parameters
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.core.credentials import strip_credential
from simcrm.operations.roles import Role

MAX_AGE_SECONDS = 300
REFRESH_SECONDS = 30.0


Credential = Annotated[str, AfterValidator(strip_credential)]


class Secrets(BaseModel):
    """Keys and tokens, stripped of anything pasted around them; an empty one is not configured."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")

    hubspot_token: Credential = ""
    anthropic_api_key: Credential = ""
    openai_api_key: Credential = ""
    redis_url: Credential = ""
    operator_token: Credential = ""
    operator_token_previous: Credential = ""
    boss_token: Credential = ""
    boss_token_previous: Credential = ""

    def model_key(self, provider: str) -> str:
        """Return the key of a model provider, empty if it has none or needs none."""
        return {"anthropic": self.anthropic_api_key, "openai": self.openai_api_key}.get(provider, "")

    @property
    def tokens(self) -> dict[Role, tuple[str, str]]:
        """The API tokens of each role: the current one, and the previous one during rotation."""
        return {
            Role.OPERATOR: (self.operator_token, self.operator_token_previous),
            Role.BOSS: (self.boss_token, self.boss_token_previous),
        }


def load_secrets(arn: str, *, fresh: bool = False) -> Secrets:
    """Read the secret; ``fresh`` bypasses the cache, for example after a rotation."""
    document: Any = parameters.get_secret(arn, transform="json", max_age=MAX_AGE_SECONDS, force_fetch=fresh)
    return Secrets.model_validate(document)


@dataclass(slots=True)
class RefreshThrottle:
    """Limits how often an unknown token causes the secret to be read again, because anyone can send unknown tokens."""

    last: float = -math.inf

    def is_due(self, now: float) -> bool:
        """Whether the secret may be read again; ``now`` is in seconds of a monotonic clock."""
        if now - self.last < REFRESH_SECONDS:
            return False
        self.last = now
        return True
