"""Facts in lines: those of a record start with its number, those of its parts with a short code."""

import re
from collections.abc import Iterator
from typing import Any

_RECORD = re.compile(r"^[ \t]*(?:[-*] )?(?:record|lead|item)?[ \t]*#?(\d+)[ \t]*[|:.)\t ][ \t]*(\S.*)$", re.IGNORECASE)
_PART = re.compile(r"^[ \t]*(?:[-*] )?([A-Za-z]{1,3}\d+)[ \t]*[|:.)\t ][ \t]*(.*)$")
_PAIR = re.compile(r"^[ ]*([A-Za-z][\w ]{0,30}?)[ ]*[:=][ ]*(.+)$")
_SEPARATOR = re.compile(r"[;|\t]")
_PERSON = re.compile(r"^(\S+) (\S+)")
_LONG_PHRASE = 3

FactBlock = tuple[int, dict[str, Any], str]


def parse_blocks(prompt: str) -> list[FactBlock]:
    """Return number, facts and text of each record; its ``parts``, if any, each have a ``key`` and a ``text``."""
    return [_parse_block(lines) for lines in _group_lines(prompt)]


def _group_lines(prompt: str) -> Iterator[list[str]]:
    group: list[str] = []
    for line in prompt.splitlines():
        if _RECORD.match(line):
            if group:
                yield group
            group = [line]
        elif group and line.strip():
            group.append(line)
    if group:
        yield group


def _parse_block(lines: list[str]) -> FactBlock:
    match = _RECORD.match(lines[0])
    number, rest = (int(match[1]), match[2]) if match else (0, "")
    parts = [{"key": part[1], "text": part[2]} for line in lines[1:] if (part := _PART.match(line))]
    facts = _facts(_SEPARATOR.split(rest))
    return number, {**facts, "parts": parts} if parts else facts, "\n".join([rest, *lines[1:]])


def _facts(pieces: list[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for place, piece in enumerate(each.strip() for each in pieces):
        if named := _PAIR.match(piece):
            facts[named[1]] = named[2].strip()
        elif piece:
            facts.setdefault(_guess_name(piece, place), piece)
    if person := _PERSON.match(str(facts.get("person", ""))):
        facts["person"] = f"{person[1]} {person[2]}"
    return facts


def _guess_name(piece: str, place: int) -> str:
    """Guess what a piece without a name is from its form."""
    if place == 0:
        return "person"
    if piece.startswith("via "):
        return "origin"
    if any(mark.isdigit() for mark in piece):
        return f"figure {place}"
    if piece[0].isupper():
        return "product" if "/" in piece else "city"
    return "pain" if piece.count(" ") >= _LONG_PHRASE else "industry"
