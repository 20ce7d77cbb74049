"""Types of JSON documents."""

from typing import Any

JsonObject = dict[str, Any]
