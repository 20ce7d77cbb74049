"""Related keys for a cache in cluster mode, where all keys of a transaction or script must be in one hash slot.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/BestPractices.Clients.Redis.LuaScripts.html
"""

import uuid

IDEMPOTENCY_SECONDS = 60
"""How long an executed call is remembered, which is much longer than it takes to resend it."""


def key_in_same_slot(key: str, name: str) -> str:
    """Return a key in the hash slot of another key, which keeps its own name.

    The slot is determined by the part of a key in braces, if any, or by the whole key.
    """
    return f"{key}:{name}" if "{" in key else f"{{{key}}}:{name}"


def idempotency_key(key: str) -> str:
    """Return a new key in the slot of another one, by which a script recognizes a call that arrives twice.

    A command is resent if its connection breaks, and the client cannot know whether the first one was executed.
    """
    return key_in_same_slot(key, f"once:{uuid.uuid4().hex}")
