"""The house stands as docs/architecture.md says: levels, names, and where to add what."""

import re
from collections import Counter
from collections.abc import Iterable

import import_graph
import pytest

ROOT = import_graph.ROOT
LEVELS = (
    {"operations"},
    {"preview", "jobs"},
    {"writing", "generation"},
    {"planning"},
    {"lifecycle", "llm", "hubspot"},
    {"synthetic", "storage", "cache"},
    {"models"},
    {"core"},
)
SAME_NAME = {
    "errors": "each package that raises its own has them there",
    "settings": "what a model is asked with, and what synthetic data is made with, each beside what reads it",
    "local_limiter": "HubSpot's limits and a model's: two rules, one structure",
    "redis_limiter": "HubSpot's limits and a model's: two rules, one structure",
    "health": "what a model's calls leave in the cache, and the document of the API that shows it",
}
SAME_NAME_EMBEDDED = {
    "app": "each server's application",
    "errors": "each server answers as the API that it stands for, and the stack has its own",
}
PICTURES = {
    "aftermath", "desk", "face", "harvest", "kept", "letters", "outlook", "remembered", "retelling", "scribe", "shelf",
    "standing", "standstill", "storyteller", "studio", "told", "turns", "waits", "wanted", "wording",
}  # fmt: skip
MODULES = sorted(path for path in import_graph.DOMAIN.rglob("*.py") if path.stem != "__init__")
EMBEDDED = sorted(path for path in (ROOT / "embedded").rglob("*.py") if path.stem not in {"__init__", "__main__"})


def test_each_package_imports_only_from_levels_below_its_own() -> None:
    height = {name: -number for number, names in enumerate(LEVELS) for name in names}
    graph = import_graph.package_graph()
    upward = {(name, used) for name in graph for used in graph[name] if height[used] >= height[name]}

    assert upward == set()
    assert set(graph) == set(height)
    assert max(import_graph.levels(graph).values()) <= len(LEVELS)


def test_only_the_package_of_the_cache_imports_its_client() -> None:
    importing = {path for path in MODULES if re.search(r"^\s*(?:import|from) redis\b", path.read_text(), re.MULTILINE)}

    assert {path.parent.name for path in importing} == {"cache"}


def test_a_circle_of_imports_is_named() -> None:
    with pytest.raises(ValueError, match="a -> b -> a"):
        import_graph.levels({"a": {"b"}, "b": {"a"}})


def find_twice(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def test_no_module_has_the_name_of_another_without_a_reason() -> None:
    assert find_twice(path.stem for path in MODULES) == set(SAME_NAME)


def test_no_module_of_the_embedded_stack_has_the_name_of_another_without_a_reason() -> None:
    assert find_twice(path.stem for path in EMBEDDED) == set(SAME_NAME_EMBEDDED)


def test_no_class_of_the_embedded_stack_has_the_name_of_another() -> None:
    classes = re.findall(
        r"^class (\w+)", "\n".join(path.read_text(encoding="utf-8") for path in EMBEDDED), re.MULTILINE
    )

    assert len(classes) > 100
    assert find_twice(name for name in classes if not name.startswith("_")) == set()


def test_modules_are_named_by_terms_and_not_by_pictures() -> None:
    assert {path.stem for path in MODULES + EMBEDDED} & PICTURES == set()


def test_the_picture_is_that_of_the_imports() -> None:
    page = import_graph.PAGE.read_text(encoding="utf-8")

    assert page == import_graph.with_picture(page), "run `make architecture`"


def test_every_file_that_the_page_says_to_touch_is_there() -> None:
    page = import_graph.PAGE.read_text(encoding="utf-8").split("## Where to add")[1]
    named = [name for name in re.findall(r"`([\w./*-]+/[\w./*-]*)`", page) if "<" not in name]

    assert len(named) > 20
    assert [name for name in named if not list(ROOT.glob(name))] == []
