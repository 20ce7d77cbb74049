"""The API key of each provider, as processes without a secret read it: from the environment."""

from collections.abc import Mapping
from os import environ
from typing import TYPE_CHECKING

from simcrm.core.credentials import strip_credential

if TYPE_CHECKING:
    from simcrm.llm.rotating_key import ReadKey

KEY_VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""The environment variables that hold keys; a provider without one sends none."""


def environment_key(provider: str, env: Mapping[str, str] = environ) -> str:
    """Return a provider's key, empty if there is none or it sends none."""
    variable = KEY_VARIABLES.get(provider)
    return strip_credential(env.get(variable, "")) if variable else ""


def environment_key_reader(provider: str, env: Mapping[str, str] = environ) -> "ReadKey":
    """Return a function that reads a provider's key."""

    def read_key(*, fresh: bool) -> str:
        del fresh
        return environment_key(provider, env)

    return read_key
