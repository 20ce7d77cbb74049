"""Find the line of a value in a valid JSON document, for error messages."""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def find_line(text: str, path: Path) -> int:
    """Return the line (from 1) where the value at a path begins, or the deepest part of the path that exists."""
    line = 1
    for place, number in _value_lines(text):
        if place == path[: len(place)] and place:
            line = number
        if place == path:
            return number
    return line


def _value_lines(text: str) -> Iterator[tuple[Path, int]]:
    """Yield the path and line of each key or list item, in document order."""
    stack: list[list[str | int | None]] = []
    previous = ""
    for match in _TOKEN.finditer(text):
        mark = match.group()
        value = mark not in ":,}]" and not _is_key(text, match)
        if value and stack and isinstance(stack[-1][0], int) and previous in ("[", ","):
            yield _path(stack), text.count("\n", 0, match.start()) + 1
        if _is_key(text, match) and stack:
            stack[-1][0] = mark[1:-1]
            yield _path(stack), text.count("\n", 0, match.start()) + 1
        _step(stack, mark)
        previous = mark


def _is_key(text: str, match: re.Match[str]) -> bool:
    return match.group().startswith('"') and text[match.end() :].lstrip()[:1] == ":"


def _path(stack: list[list[str | int | None]]) -> Path:
    return tuple(frame[0] for frame in stack if frame[0] is not None)


def _step(stack: list[list[str | int | None]], mark: str) -> None:
    if mark == "{":
        stack.append([None])
    elif mark == "[":
        stack.append([0])
    elif mark in "]}":
        stack.pop()
    elif mark == "," and isinstance(stack[-1][0], int):
        stack[-1][0] += 1
