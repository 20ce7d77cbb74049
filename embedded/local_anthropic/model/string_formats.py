"""Texts for schema fields with a format or pattern."""

import random
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from local_anthropic.model.phrases import slug
from local_anthropic.model.schema import TextNode

codes: Any = import_module("re._constants")  # the parsed form of a pattern has no public API
parser: Any = import_module("re._parser")
_MAX_REPEATS = 8
_FORMATS: dict[str, Callable[[random.Random, str], str]] = {
    "date": lambda draws, _: f"2026-{draws.randint(1, 12):02d}-{draws.randint(1, 28):02d}",
    "date-time": lambda draws, _: (
        f"2026-{draws.randint(1, 12):02d}-{draws.randint(1, 28):02d}T10:{draws.randint(0, 59):02d}:00Z"
    ),
    "time": lambda draws, _: f"{draws.randint(8, 17):02d}:{draws.randint(0, 59):02d}:00Z",
    "duration": lambda draws, _: f"PT{draws.randint(5, 55)}M",
    "email": lambda _, text: f"{slug(text)}@mail.example",
    "hostname": lambda _, text: f"{slug(text)}.example",
    "uri": lambda _, text: f"https://{slug(text)}.example/",
    "ipv4": lambda draws, _: f"192.0.2.{draws.randint(1, 254)}",
    "ipv6": lambda draws, _: f"2001:db8::{draws.randint(1, 0xFFFF):x}",
    "uuid": lambda draws, _: "{0:08x}-{1:04x}-4{2:03x}-8{2:03x}-{3:012x}".format(
        draws.getrandbits(32), draws.getrandbits(16), draws.getrandbits(12), draws.getrandbits(48)
    ),
}


def conform(node: TextNode, text: str, draws: random.Random) -> str:
    """Return ``text`` in the format and pattern of a field, or another text that conforms to them."""
    if node.format in _FORMATS:
        return _FORMATS[node.format](draws, text)
    if not node.pattern:
        return text
    for candidate in (text, slug(text), slug(text)[:12], text.upper()):
        if re.search(node.pattern, candidate):
            return candidate
    return "".join(_draw(parser.parse(node.pattern), draws))


def _draw(parsed: Any, draws: random.Random) -> list[str]:
    """Generate a text that matches a parsed pattern; zero-width parts add nothing."""
    parts: list[str] = []
    for code, value in parsed:
        if code is codes.LITERAL:
            parts.append(chr(value))
        elif code is codes.IN:
            parts.append(_choose(value, draws))
        elif code is codes.ANY:
            parts.append("a")
        elif code in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
            least, most, inner = value
            for _ in range(draws.randint(least, max(least, min(most, least + _MAX_REPEATS)))):
                parts += _draw(inner, draws)
        elif code is codes.SUBPATTERN:
            parts += _draw(value[-1], draws)
        elif code is codes.BRANCH:
            parts += _draw(draws.choice(value[1]), draws)
    return parts


def _choose(choices: Any, draws: random.Random) -> str:
    code, value = draws.choice([each for each in choices if each[0] is not codes.NEGATE])
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.RANGE:
        return chr(draws.randint(*value))
    return {codes.CATEGORY_DIGIT: "7", codes.CATEGORY_SPACE: " "}.get(value, "a")
