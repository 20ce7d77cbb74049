"""The stand-in for the model's API, for a demo of its words without a key."""

import secrets
import sys
from collections.abc import Mapping

from local_server.secret_arguments import OPTION

MODEL_SETTING = "SIMCRM_AI"
STAND_IN = "stand-in"
_LATENCY_SETTINGS = '{"latencyBaseMs": 200, "latencyPerOutputTokenMs": 1}'


def is_wanted(env: Mapping[str, str]) -> bool:
    """Whether the stand-in shall write the words."""
    return env.get(MODEL_SETTING) == STAND_IN


def new_key() -> str:
    """A key that opens nothing but the stand-in."""
    return f"sk-ant-{secrets.token_hex(16)}"


def model_command() -> list[str]:
    """How to run the stand-in with the interpreter of this command; it is given its keys."""
    return [sys.executable, "-m", "local_anthropic", "--port", "0", OPTION, "--settings", _LATENCY_SETTINGS]
