"""Redact foreign text for logs, ledgers and causes: keys are masked, and long payloads are truncated."""

import re

MAX_QUOTED_CHARACTERS = 500
MAX_VALUE_CHARACTERS = 60
MAX_MESSAGE_CHARACTERS = 1_000
MASK = "***"
_KEYS = re.compile(
    r"""
    (?: \b pat- [a-z0-9]+ - [\w-]{8,}            # HubSpot: private apps and service keys
    |   \b sk- [\w-]{12,}                        # Anthropic, OpenAI
    |   \b (?: Bearer|Basic ) \s+ [^\s"',}]+     # whatever else a header may hold
    |   (?<= ://) [^\s/@"']+ (?= @ )             # user and password of an address
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(text: str) -> str:
    """Mask everything in a text that looks like a key."""
    return _KEYS.sub(MASK, text)


def redact_and_truncate(text: str) -> str:
    """Redact a third party's message for quoting, and truncate it if it is longer than any sentence."""
    safe = redact(text)
    return safe if len(safe) <= MAX_QUOTED_CHARACTERS else f"{safe[:MAX_QUOTED_CHARACTERS]}..."


def redact_and_quote(value: str) -> str:
    """Format a user-supplied value for a message: quoted, redacted and truncated."""
    safe = redact(value)
    return repr(safe) if len(safe) <= MAX_VALUE_CHARACTERS else f"{safe[:MAX_VALUE_CHARACTERS]!r}..."


def redact_to_length(text: str, characters: int = MAX_MESSAGE_CHARACTERS) -> str:
    """Redact the application's own message, which may quote user input, and truncate it to a readable length."""
    safe = redact(text)
    return safe if len(safe) <= characters else f"{safe[:characters]}..."
