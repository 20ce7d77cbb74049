"""Prompts: versioned files, rendered by replacing ``{{names}}`` and nothing else, so that no text is executed."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from simcrm.llm.errors import LlmConfigError

VARIABLES = ("scenario", "distribution_method", "locale", "language", "theme")
"""The variables that a prompt may use. The theme is rendered as a JSON string, so it stays data."""
_SLOT = re.compile(r"\{\{[^\S\n]*([^{}\n]*?)[^\S\n]*\}\}")
_FIELD = re.compile(r"([a-z]): ")
MAX_PROMPT_CHARACTERS = 8_000
"""A longer prompt would cost more than the records."""


class Prompt(NamedTuple):
    """A template with its name and version, such as ``pairs`` and ``v2``."""

    name: str
    version: str
    text: str

    @property
    def label(self) -> str:
        """How the metadata of a record names the prompt."""
        return f"{self.name}/{self.version}"


BUILT_IN_PROMPTS = ("pairs", "stories")
TIMING = "timing"
"""Appended to the current ``stories`` prompt if the model also proposes times."""
BUILT_IN_VERSION = "v2"


@cache
def built_in_prompt(name: str) -> Prompt:
    """The prompt that is shipped with the package.

    Raises:
        LlmConfigError: there is none with this name.
    """
    if name not in BUILT_IN_PROMPTS:
        raise LlmConfigError(f"unknown prompt {name}; available: {', '.join(BUILT_IN_PROMPTS)}")
    return _load_built_in(name)


@cache
def timing_prompt() -> Prompt:
    """The prompt that asks for times; users cannot replace it."""
    return _load_built_in(TIMING)


def append_timing(stories: Prompt, timing: Prompt) -> Prompt:
    """One prompt for text and times, whose version names both."""
    version = f"{stories.version}+{timing.label}"
    return Prompt(stories.name, version, f"{stories.text.rstrip()}\n{timing.text}")


def _load_built_in(name: str) -> Prompt:
    file = resources.files("simcrm.llm").joinpath(f"data/prompts/{name}/{BUILT_IN_VERSION}.md")
    return Prompt(name, BUILT_IN_VERSION, file.read_text(encoding="utf-8"))


def validate_prompt(text: str) -> None:
    """Refuse a template that cannot be rendered.

    Raises:
        LlmConfigError: names the line and the unknown variable, or says what else is wrong.
    """
    if not text.strip() or len(text) > MAX_PROMPT_CHARACTERS:
        raise LlmConfigError(f"a prompt must have 1 to {MAX_PROMPT_CHARACTERS} characters")
    for number, line in enumerate(text.splitlines(), 1):
        for name in _SLOT.findall(line):
            if name not in VARIABLES:
                raise LlmConfigError(
                    f"line {number}: unknown prompt variable {name}; available: {', '.join(VARIABLES)}"
                )
        if "{{" in _SLOT.sub("", line):
            raise LlmConfigError(f"line {number}: a variable is written {{{{name}}}}, on one line")


def render(prompt: Prompt, values: Mapping[str, str], fields: Sequence[str]) -> str:
    """The instructions for a request, without the lines about fields that are not requested.

    Raises:
        LlmConfigError: the template uses an unknown variable.
    """
    validate_prompt(prompt.text)
    lines = [line for line in prompt.text.strip().splitlines() if _is_requested(line, fields)]
    return _SLOT.sub(lambda slot: values[slot[1]], "\n".join(lines))


def _is_requested(line: str, fields: Sequence[str]) -> bool:
    field = _FIELD.match(line)
    return field is None or field[1] in fields
