"""docs/ai.md and the code say the same: prompts, their versions and variables, settings, reasons, prices."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest

from simcrm.core.config import LlmCallConfig, LlmConfig
from simcrm.llm.errors import FailureCategory, FallbackReason
from simcrm.llm.model_prices import load_prices
from simcrm.llm.prompts import BUILT_IN_PROMPTS, BUILT_IN_VERSION, TIMING, VARIABLES, built_in_prompt
from simcrm.llm.providers.registry import PROVIDERS
from simcrm.models.simulation_input import SimulationInput

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "ai.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's tables."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_the_variables_are_those_of_the_code_with_their_defaults() -> None:
    fields = {str(field.alias): field.default for field in LlmCallConfig.model_fields.values()}
    documented = {name: row[1] for row in rows("Variables")[1:] for name in code(row[0])}

    assert documented.keys() == fields.keys()
    assert {name: str(value).lower() if value is not None else "none" for name, value in fields.items()} == documented
    assert {str(field.alias) for field in LlmConfig.model_fields.values()} <= fields.keys()


def test_the_providers_are_those_of_the_code() -> None:
    (row,) = [row for row in rows("Variables") if row[0] == "`AI_PROVIDER`"]

    assert code(row[2]) == PROVIDERS.keys()


def test_the_options_of_a_simulation_are_those_of_the_code() -> None:
    sentence = re.search(r"In a simulation's input `ai` takes ([^.]+)\.", section("Variables"))
    fields = type(SimulationInput.model_fields["ai"].default).model_fields

    assert sentence is not None
    assert code(sentence[1]) == {str(field.alias) for field in fields.values()}


def test_the_prompts_are_the_files_that_are_shipped() -> None:
    files = {path.name for path in resources.files("simcrm.llm").joinpath("data/prompts").iterdir()}

    assert files == {*BUILT_IN_PROMPTS, TIMING}
    assert section("Prompts").startswith("\n" + " and ".join(f"`{name}`" for name in BUILT_IN_PROMPTS) + " are files")
    assert f"`{BUILT_IN_VERSION}` is shipped" in section("Prompts")


def test_the_variables_of_prompts_are_those_of_the_code() -> None:
    sentence = re.search(r"The names are\s+(.+?); an unknown one", section("Prompts"), re.DOTALL)

    assert sentence is not None
    assert code(sentence[1]) == set(VARIABLES)


@pytest.mark.parametrize("name", BUILT_IN_PROMPTS)
def test_a_shipped_prompt_explains_every_field_and_names_known_variables(name: str) -> None:
    text = built_in_prompt(name).text
    letters = re.findall(r"^([a-z]): ", text, re.MULTILINE)

    assert letters == ["n", "j", "s", "c", "r", "i", *(["a"] if name == "stories" else [])]
    assert set(re.findall(r"{{(\w+)}}", text)) <= set(VARIABLES)


def test_every_reason_is_documented_and_no_other() -> None:
    tables = [*rows("Failures"), *rows("Message batches")]
    told = {reason for row in tables if len(row) == 4 for reason in code(row[3])} - {"http_400"}

    assert told == {*map(str, FallbackReason), *map(str, FailureCategory)} - {"unknown"}


def test_the_costs_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "bench" / "results" / "ai.json").read_text(encoding="utf-8"))
    head, *told = rows("Cost")
    assert [cell for cell in head[1:] if cell != "with message batches"][:2] == list(measured["usdPer1000Pairs"])

    names = ("Texts", "ShortTexts", "Accounts", "Contacts", "Pairs")
    for row, prices in zip(told, (measured[f"usdPer1000{name}"] for name in names), strict=True):
        figures = [price[kind] for price in prices.values() for kind in ("sync", "batch")]
        assert [float(cell) for cell in row[1:5]] == [
            round(figure, digits) for figure, digits in zip(figures, (2, 2, 3, 3), strict=True)
        ]


def test_the_cost_of_one_text_a_call_is_the_one_that_was_measured() -> None:
    measured = json.loads((ROOT / "bench" / "results" / "ai.json").read_text(encoding="utf-8"))
    older, texts = next(iter(load_prices())), measured["calls"]["activities"]
    alone = {name: measured[f"usdPer1000{name}"][older]["oneCallAText"] for name in ("Texts", "ShortTexts", "Accounts")}
    expected = [*alone.values(), alone["Texts"] * texts / 1000, measured["usdPer1000Pairs"][older]["predecessor"]]

    assert [float(row[5]) for row in rows("Cost")[1:]] == pytest.approx(expected, abs=0.006)
    assert f"{texts:,} texts" in section("Cost")


def test_texts_stay_cheap() -> None:
    """Dollars at the list price of the default model."""
    measured = json.loads((ROOT / "bench" / "results" / "ai.json").read_text(encoding="utf-8"))
    texts, short = (measured[name]["claude-haiku-4-5"] for name in ("usdPer1000Texts", "usdPer1000ShortTexts"))

    assert texts["sync"] <= 0.60
    assert texts["batch"] <= 0.30
    assert short["sync"] <= 0.40
    assert texts["oneCallAText"] >= 3 * texts["sync"]


def test_every_priced_model_is_in_the_table_of_costs() -> None:
    head = next(row for row in rows("Cost") if row[0] == "")

    assert all(any(name in cell for cell in head) for name in load_prices())
