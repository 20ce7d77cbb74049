"""The stand-in for the model's API, for a demo of generated texts without a key."""

import secrets
from collections.abc import Mapping

from local_server.server_arguments import server_command

MODEL_SETTING = "SIMCRM_AI"
STAND_IN = "stand-in"
_LATENCY_SETTINGS = '{"latencyBaseMs": 200, "latencyPerOutputTokenMs": 1}'


def is_enabled(env: Mapping[str, str]) -> bool:
    """Whether the stand-in writes the texts."""
    return env.get(MODEL_SETTING) == STAND_IN


def new_key() -> str:
    """Return a key that only the stand-in accepts."""
    return f"sk-ant-{secrets.token_hex(16)}"


def model_command() -> list[str]:
    """Return the command that runs the stand-in; it reads its keys from standard input."""
    return [*server_command("local_anthropic"), "--settings", _LATENCY_SETTINGS]
