"""Prompts: nothing in them runs, versions are kept, and a simulation keeps the one it started with."""

import json

import pytest
from builders import START
from template_resources import Resources
from unit.generation.conftest import TextHarness

from simcrm.core import aws_clients
from simcrm.core.config import LlmConfig
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import BUILT_IN_PROMPTS, VARIABLES, Prompt, built_in_prompt, render, validate_prompt
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.llm_plan import resolve_llm
from simcrm.planning.plan_document import SimulationPlan

VALUES = {name: f"<{name}>" for name in VARIABLES}


@pytest.fixture
def store(resources: Resources) -> PromptStore:
    return PromptStore(aws_clients.s3(), resources.bucket)


@pytest.mark.parametrize("name", BUILT_IN_PROMPTS)
def test_a_shipped_prompt_can_be_rendered(name: str) -> None:
    text = render(built_in_prompt(name), VALUES, ("n", "a"))

    assert "<scenario>" in text
    assert "{{" not in text


def test_lines_of_fields_that_are_not_asked_for_are_left_out() -> None:
    text = render(Prompt("pairs", "x", "Write.\nn: a name\nj: a title"), VALUES, ("j",))

    assert text == "Write.\nj: a title"


@pytest.mark.parametrize("text", ["{{ secret }}", "{{scenario.__class__}}", "{{ 7*7 }}", "{{}}", "", "x" * 9_000])
def test_a_prompt_that_cannot_be_rendered_is_refused(text: str) -> None:
    with pytest.raises(LlmConfigError):
        validate_prompt(text)


def test_an_unknown_variable_is_refused_by_name() -> None:
    with pytest.raises(LlmConfigError, match="unknown prompt variable secret"):
        validate_prompt("Write {{scenario}} and {{ secret }}.")


@pytest.mark.parametrize("text", ["One.\n\nWrite {{ secret }}.", "One.\nTwo.\nWrite {{scenario."])
def test_what_cannot_be_rendered_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(LlmConfigError, match=r"^line 3: "):
        validate_prompt(text)


def test_a_prompt_may_hold_an_example_in_json() -> None:
    validate_prompt('Such as {"a": {"b": {}}} for {{scenario}}.')


def test_what_a_value_says_is_not_rendered_again() -> None:
    assert render(Prompt("pairs", "x", "{{theme}}"), {**VALUES, "theme": "{{locale}}"}, ()) == "{{locale}}"


def test_a_new_version_is_in_use_and_the_older_ones_are_kept(store: PromptStore) -> None:
    store.set("pairs", "First {{scenario}}.")
    store.set("pairs", "Second {{scenario}}.")

    assert store.versions("pairs") == ["v2", "u1", "u2"]
    assert store.current("pairs") == Prompt("pairs", "u2", "Second {{scenario}}.")
    assert store.read("pairs", "u1").text == "First {{scenario}}."
    assert store.current("stories") == built_in_prompt("stories")


def test_there_is_a_way_back(store: PromptStore) -> None:
    store.set("pairs", "First.")
    store.set("pairs", "Second.")

    assert store.revert("pairs", "u1").text == "First."
    assert store.current("pairs").version == "u1"
    assert store.revert("pairs") == built_in_prompt("pairs")
    assert store.set("pairs", "Third.").version == "u3"


@pytest.mark.parametrize(("name", "version"), [("pairs", "u9"), ("pairs", "../current"), ("poems", "v2")])
def test_what_does_not_exist_is_refused(store: PromptStore, name: str, version: str) -> None:
    with pytest.raises(LlmConfigError, match=r"has no version|unknown prompt"):
        store.read(name, version)


def test_a_simulation_keeps_the_prompt_it_started_with(workshop: TextHarness, store: PromptStore) -> None:
    mine = store.set("pairs", "Mine for {{scenario}}.\nn: a name")
    request = parse_simulation_input({"totalRecords": 3})
    ai = resolve_llm(request.ai, LlmConfig.load({}), store.current_prompts({"pairs": mine.version}))
    kept = SimulationPlan.model_validate_json(
        workshop.generator().plan.model_copy(update={"ai": ai}).model_dump_json(by_alias=True)
    )
    store.revert("pairs")

    assert kept.ai is not None
    assert kept.ai.prompt("pairs") == mine
    assert json.loads(kept.model_dump_json(by_alias=True))["ai"]["promptVersions"] == {"pairs": "u1", "stories": "v2"}
    assert kept.run_start == START
