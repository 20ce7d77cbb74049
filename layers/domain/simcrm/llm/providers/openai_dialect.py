"""What a server with OpenAI's API accepts: learned from what it refuses, once per process, server and model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from http import HTTPStatus
from typing import Any

OLD_TOKEN_LIMIT, NEW_TOKEN_LIMIT = "max_tokens", "max_completion_tokens"
REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
_ABOUT_FORMAT = re.compile(
    r"response[_ ]?format|json[_ ]?(?:schema|object|mode)|structured[_ ]output|\bschema\b|\bgrammar\b", re.IGNORECASE
)
_TOO_MANY_TOKENS = re.compile(r"too (?:large|many|long)|at most|exceed", re.IGNORECASE)


class ResponseFormat(IntEnum):
    """How a JSON response is requested, in the order in which the formats are tried."""

    STRICT_SCHEMA = 0
    SCHEMA = 1
    JSON_OBJECT = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server wants a request: the format of the response, and the name of the limit of its tokens."""

    response_format: ResponseFormat = ResponseFormat.STRICT_SCHEMA
    token_limit: str = OLD_TOKEN_LIMIT

    def after_refusal(self, status: int, explanation: str) -> "Dialect":
        """Return what to try after a refusal; the same dialect if the refusal is about something else."""
        if status not in REFUSED:
            return self
        is_limit = NEW_TOKEN_LIMIT in explanation and not _TOO_MANY_TOKENS.search(explanation)
        if is_limit and self.token_limit == OLD_TOKEN_LIMIT:
            return replace(self, token_limit=NEW_TOKEN_LIMIT)
        if self.response_format < ResponseFormat.NONE and _ABOUT_FORMAT.search(explanation):
            return replace(self, response_format=ResponseFormat(self.response_format + 1))
        return self

    def merged_with(self, other: "Dialect") -> "Dialect":
        """Return what is known from both."""
        limit = NEW_TOKEN_LIMIT if NEW_TOKEN_LIMIT in {self.token_limit, other.token_limit} else OLD_TOKEN_LIMIT
        return Dialect(max(self.response_format, other.response_format), limit)


Server = tuple[str, str]
"""A base URL and a model."""


class DialectMemory:
    """The dialects that servers have taught this process."""

    def __init__(self) -> None:
        self._dialects: dict[Server, Dialect] = {}

    def read(self, server: Server) -> Dialect:
        """Return the dialect to use now."""
        return self._dialects.get(server, Dialect())

    def learn(self, server: Server, used: Dialect, status: int, explanation: str) -> bool:
        """Learn from a refusal; return whether the request is worth sending again, in another dialect.

        Concurrent calls that were refused for one reason advance the dialect once.
        """
        better = used.after_refusal(status, explanation)
        if better == used:
            return False
        self._dialects[server] = self.read(server).merged_with(better)
        return True


LEARNED = DialectMemory()


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema in the form that strict mode demands: all properties required, and nothing else allowed.

    Properties that were optional may be null instead.
    """
    result = dict(schema)
    if "items" in schema:
        result["items"] = strict_schema(schema["items"])
    if schema.get("type") == "object":
        required, properties = schema.get("required", ()), schema.get("properties", {})
        result["properties"] = {
            name: strict_schema(each) if name in required else _nullable(strict_schema(each))
            for name, each in properties.items()
        }
        result |= {"required": list(properties), "additionalProperties": False}
    return result


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}
