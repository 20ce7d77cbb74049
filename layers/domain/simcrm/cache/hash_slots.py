"""Keys that belong together, for a cache in cluster mode: a transaction or a script has all its keys in one hash slot.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/BestPractices.Clients.Redis.LuaScripts.html
"""

import uuid

IDEMPOTENCY_SECONDS = 60
"""How long a call is known after it was carried out: much longer than it takes to send it again."""


def key_in_same_slot(key: str, name: str) -> str:
    """A key in the hash slot of another one, whose own name stays as it is.

    The slot is that of the part in braces, if there is one, else of the whole key.
    """
    return f"{key}:{name}" if "{" in key else f"{{{key}}}:{name}"


def idempotency_key(key: str) -> str:
    """A new key beside another, by which a script knows a call that reaches it twice.

    A command is sent again when its connection breaks, and nobody knows whether the first one was carried out.
    """
    return key_in_same_slot(key, f"once:{uuid.uuid4().hex}")
