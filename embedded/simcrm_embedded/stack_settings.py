"""Settings of a stack from the user's environment, and whether a running stack has the same."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from simcrm_embedded.local_model import MODEL_SETTING
from simcrm_embedded.local_portal import TOKEN_SETTING, URL_SETTING
from simcrm_embedded.model_settings import DECISIVE_VARIABLES
from simcrm_embedded.redis_server import URL_SETTING as REDIS_SETTING
from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.state import StackState

LOG_LEVEL_SETTING = "SIMCRM_LOG_LEVEL"
_DECISIVE = (REDIS_SETTING, TOKEN_SETTING, URL_SETTING, LOG_LEVEL_SETTING, MODEL_SETTING, *DECISIVE_VARIABLES)


def settings_hash(env: Mapping[str, str], salt: str) -> str:
    """Return a fingerprint of the settings that does not reveal their secrets."""
    values = "\0".join(env.get(name, "") for name in _DECISIVE)
    return hmac.new(salt.encode(), values.encode(), hashlib.sha256).hexdigest()


def matches_settings(state: StackState, env: Mapping[str, str], ports: RequestedPorts) -> bool:
    """Whether a stack has the settings of this environment and the requested ports."""
    requested = {state.endpoint: ports.aws, state.redis_url: ports.redis, state.hubspot_url: ports.hubspot}
    has_ports = all(port is None or urlsplit(url).port == port for url, port in requested.items())
    return has_ports and state.settings_hash == settings_hash(env, state.mark)
