"""What a provider's error response says, for learning from it and for log lines."""

import re

from simcrm.core.redaction import MASK, redact

MAX_LOGGED_CHARACTERS = 200
_NESTED = ("error", "message", "detail", "msg")
_KEY = re.compile(r"\bsk-[^\s\"',}]+", re.IGNORECASE)
"""Also keys that the provider has abbreviated, which ``redact`` does not take for keys."""


def explain_error(body: object) -> str:
    """Return the explanation in an error response's body, empty if there is none.

    Services nest it differently: ``{"error": {"message": ..., "param": ..., "code": ...}}``, ``{"error": ...}``,
    ``{"message": ...}`` or ``{"detail": [{"loc": [...], "msg": ...}]}``.
    """
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, map(explain_error, body)))
    if not isinstance(body, dict):
        return ""
    text = next((explain_error(body[name]) for name in _NESTED if body.get(name)), "")
    place = body.get("loc")
    about = [*(place if isinstance(place, list) else ()), body.get("param"), body.get("code")]
    added = [str(name) for name in about if isinstance(name, str) and name not in text]
    return f"{text} ({', '.join(added)})" if text and added else text


def loggable_message(explanation: str, key: str = "") -> str:
    """Return a provider's explanation on one line, without keys, with at most ``MAX_LOGGED_CHARACTERS`` characters."""
    text = explanation.replace(key, MASK) if key else explanation
    text = " ".join(_KEY.sub(MASK, redact(text)).split())
    return text if len(text) <= MAX_LOGGED_CHARACTERS else f"{text[: MAX_LOGGED_CHARACTERS - 3]}..."
