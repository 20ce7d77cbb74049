"""The data files of this package: what is known of languages and firms, and how sellers write."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

JAPANESE = "ja"
"""The language whose words have no gaps and no capital letters."""


@cache
def read_text_data(name: str) -> Any:
    """Read the JSON of a data file by its path under ``data``, without extension."""
    return json.loads(files("simcrm.generation.text").joinpath(f"data/{name}.json").read_text(encoding="utf-8"))


def has_text_data(name: str) -> bool:
    """Whether there is a data file at a path under ``data``."""
    return files("simcrm.generation.text").joinpath(f"data/{name}.json").is_file()


def language_facts(language: str) -> dict[str, Any]:
    """Return what is known of a language, by its ISO code: its function words, and what the gate looks for in it."""
    facts: dict[str, Any] = read_text_data("gate/languages")[language]
    return facts
