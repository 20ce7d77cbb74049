"""What a boss tunes in the console: the model, its prompts, the scenarios."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from browser.conftest import Open
from browser.looking import problems, take_picture
from playwright.sync_api import Page, expect

from simcrm_embedded.state import StackState


@pytest.fixture
def boss(state: StackState) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {state.boss_token}"}
    with httpx2.Client(base_url=f"{state.api_url}/api/boss/", headers=headers, timeout=30) as client:
        yield client


def get(boss: httpx2.Client, path: str) -> Any:
    return boss.get(path).raise_for_status().json()


def save(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Save|Create)")).click()


@pytest.fixture
def bad_input(refusals: list[int]) -> None:
    """The page's own refusals are no complaint of the browser's."""
    refusals += [400, 409]


@pytest.mark.usefixtures("bad_input")
def test_settings_that_somebody_else_has_changed_are_not_overwritten(
    open_console: Open, state: StackState, boss: httpx2.Client
) -> None:
    page = open_console(state.boss_token, "settings")
    budget = page.get_by_label("Budget for each simulation in USD")
    expect(budget).to_be_visible()
    change = {"version": get(boss, "ai-config")["version"], "config": {"limits": {"maxCostUsd": 7}}}
    boss.put("ai-config", json=change).raise_for_status()

    budget.fill("8")
    save(page)
    expect(page.locator(".editor .form-problem")).to_contain_text("is outdated")
    page.get_by_role("button", name="Reload").click()

    expect(budget).to_have_value("7")


@pytest.mark.usefixtures("bad_input")
def test_the_models_limits_are_changed_refused_at_their_field_and_taken_back(
    open_console: Open, state: StackState, boss: httpx2.Client
) -> None:
    before = get(boss, "ai-config")
    page = open_console(state.boss_token, "settings/model")
    retries = page.get_by_label("Retries")
    expect(retries).to_have_attribute("placeholder", "2")

    retries.fill("99")
    save(page)
    expect(page.locator("#f-config-limits-maxRetries-problem")).to_contain_text("less than or equal to 10")
    expect(retries).to_have_attribute("aria-invalid", "true")
    retries.fill("5")
    save(page)
    expect(page.locator("dl.facts").first).to_contain_text("Retries")
    assert get(boss, "ai-config")["config"]["limits"]["maxRetries"] == 5

    page.get_by_text("Versions (").click()
    page.get_by_role("button", name="View version 0").click()
    expect(page.get_by_role("dialog")).to_contain_text("Go back to version 0?")
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Retries")).to_have_value("")
    after = get(boss, "ai-config")
    assert (after["version"], after["overrides"]) == (before["version"] + 2, {})


@pytest.mark.usefixtures("bad_input")
def test_a_prompt_is_tried_saved_and_taken_back(open_console: Open, state: StackState, boss: httpx2.Client) -> None:
    page = open_console(state.boss_token, "settings/prompts")
    text = page.get_by_label("Text")
    shipped = text.input_value()
    assert shipped == get(boss, "ai-config?version=0")["config"]["prompts"]["pairs"]["text"]

    text.fill(f"{shipped.rstrip()}\nBe brief about {{{{weather}}}}.")
    page.get_by_role("button", name="Try it").click()
    line = shipped.rstrip().count("\n") + 2
    input_error = page.locator("#f-config-prompts-pairs-text-problem")
    expect(input_error).to_contain_text(f"line {line}: unknown prompt variable weather")
    assert page.evaluate("getSelection().toString()") == "Be brief about {{weather}}."
    save(page)
    expect(input_error).to_contain_text(f"line {line}")

    text.fill(f"{shipped.rstrip()}\nBe brief.")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".samples > li")).to_have_count(3)
    expect(page.locator("#trial .tiles")).to_contain_text("Cost")
    expect(page.locator("#trial .tiles dd").nth(1)).not_to_have_text("0")
    assert problems(page) == []
    take_picture(page, "prompt", height=740)
    save(page)
    expect(page.locator(".facts dd").first).to_have_text(re.compile(r"^u\d+$"))
    assert get(boss, "ai-config")["config"]["prompts"]["pairs"]["text"].endswith("Be brief.")

    page.get_by_text("Versions (").click()
    page.get_by_role("button", name="View version 0").click()
    expect(page.get_by_label("Text")).to_have_value(shipped)
    save(page)
    expect(page.locator(".facts").first).to_contain_text("v2, as shipped")
    assert get(boss, "ai-config")["config"]["prompts"]["pairs"]["text"] == shipped


def test_a_trial_of_stories_says_why_records_are_not_the_models(
    open_console: Open, state: StackState, failing_model: None
) -> None:
    assert failing_model is None
    page = open_console(state.boss_token, "settings/prompts")
    page.get_by_label("Prompt", exact=True).select_option("stories")
    expect(page.get_by_label("Text")).to_have_value(re.compile("deal"))

    page.get_by_text("Sample", exact=True).click()
    page.get_by_label("Records").fill("1")
    page.get_by_role("button", name="Try it").click()

    expect(page.locator(".samples .badge")).to_contain_text("Fallback: http_400")
    expect(page.locator(".samples blockquote").first).not_to_be_empty()
    expect(page.locator("#trial .tiles .is-warn dd")).to_have_text("1")


@pytest.mark.usefixtures("bad_input")
def test_a_scenario_is_named_changed_and_taken_back(open_console: Open, state: StackState, boss: httpx2.Client) -> None:
    page = open_console(state.boss_token, "settings/scenarios")
    expect(page.get_by_label("Win rate")).to_have_value("0.6")
    page.get_by_role("button", name="New scenario").click()
    page.get_by_label("Name").fill("B2B")
    save(page)
    expect(page.locator("#f-id-problem")).to_contain_text("a scenario with this name exists")
    page.get_by_label("Based on").select_option("B2C")
    expect(page.get_by_label("Win rate")).to_have_value("0.42")

    page.get_by_label("Name").fill("spring-fair")
    page.get_by_label("Notes per lead, least").fill("9")
    save(page)
    expect(page.locator("#f-parameters-notesPerLead-problem")).to_contain_text("low is above high")
    page.get_by_label("Notes per lead, most").fill("9")
    page.get_by_label("Win rate").fill("0.5")
    save(page)
    expect(page.locator(".choice[aria-current]")).to_contain_text("spring-fair")
    assert get(boss, "scenarios/spring-fair")["overrides"] == {"winRate": 0.5, "notesPerLead": {"low": 9, "high": 9}}

    page.get_by_label("Win rate").fill("0.7")
    page.get_by_text("Maximum for each record").locator("..").get_by_label("Tickets").fill("2")
    save(page)
    expect(page.locator(".facts").first).to_contain_text("2, ")
    page.get_by_text("Versions (").click()
    page.get_by_role("button", name="View version 1").click()
    expect(page.locator(".warning")).to_contain_text("This is version 1")
    save(page)
    expect(page.locator(".facts").first).to_contain_text("3, ")
    expect(page.get_by_label("Win rate")).to_have_value("0.5")
    assert problems(page) == []

    page.goto(f"{state.api_url}/console#/start")
    page.get_by_label("Scenario", exact=True).select_option("spring-fair")
    page.goto(f"{state.api_url}/console#/settings/scenarios")
    page.get_by_role("button", name="spring-fair").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="spring-fair")).to_have_count(0)
    assert boss.get("scenarios/spring-fair").status_code == 404


@pytest.mark.usefixtures("bad_input")
def test_rules_of_a_scenario_are_refused_where_they_stand(open_console: Open, state: StackState) -> None:
    page = open_console(state.boss_token, "settings/scenarios")
    page.get_by_text("Rules of activities").click()
    rules = page.get_by_label("Which event causes which activity, as JSON")

    rules.fill("[")
    save(page)
    expect(page.locator("#f-parameters-rules-problem")).to_contain_text("is not JSON")
    rules.fill('[{"moment": "won"}]')
    save(page)
    expect(page.locator("#f-parameters-rules-problem")).to_contain_text("required")
