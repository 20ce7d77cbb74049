"""Words of others made fit for logs, ledgers and causes: keys are masked, a whole payload does not fit in."""

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
    """The text with a mask where something has the shape of a key."""
    return _KEYS.sub(MASK, text)


def redact_and_truncate(text: str) -> str:
    """What somebody else's message may be repeated as: masked, and cut where it is longer than any sentence."""
    safe = redact(text)
    return safe if len(safe) <= MAX_QUOTED_CHARACTERS else f"{safe[:MAX_QUOTED_CHARACTERS]}..."


def redact_and_quote(value: str) -> str:
    """A value that somebody has given, as a message about it shows it: in quotes, masked, and its beginning alone."""
    safe = redact(value)
    return repr(safe) if len(safe) <= MAX_VALUE_CHARACTERS else f"{safe[:MAX_VALUE_CHARACTERS]!r}..."


def redact_to_length(text: str, characters: int = MAX_MESSAGE_CHARACTERS) -> str:
    """A message of one's own, whatever it repeats of somebody's input: masked, and of a length that can be read."""
    safe = redact(text)
    return safe if len(safe) <= characters else f"{safe[:characters]}..."
