"""Whole accounts of a plan: everything in their histories can be written, in every language that has scene texts."""

from datetime import UTC, datetime, timedelta

import pytest

from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import resolve_plan
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.data_files import data_names
from simcrm.synthetic.locales import load_locale, locale_names

END = datetime(2026, 11, 1, tzinfo=UTC)
WITH_STORIES = [
    (locale, scenario)
    for locale in locale_names()
    for scenario in ("B2B", "B2C")
    if f"{load_locale(locale).language}-{scenario}" in data_names("activity_texts")
]


def histories(records: int, scenario: str = "B2B", locale: str = "en_US", seed: str = "7") -> AccountHistories:
    request = {
        "totalRecords": records,
        "scenario": scenario,
        "locale": locale,
        "seed": seed,
        "contactsPerCompany": {"min": 3, "max": 6} if scenario == "B2B" else 1,
        "startTime": (END - timedelta(days=200)).isoformat(),
        "endTime": END.isoformat(),
        "timeScale": 0,
    }
    return AccountHistories.from_plan(
        resolve_plan("accounts", parse_simulation_input(request), END, DEFAULT_PIPELINE, ())
    )


@pytest.mark.parametrize(("locale", "scenario"), WITH_STORIES)
def test_everything_in_a_history_can_be_written(locale: str, scenario: str) -> None:
    accounts, written = histories(250, scenario, locale), 0
    for number in range(accounts.arrivals.count):
        history = accounts.history(number)
        texts = [accounts.contact(number, contact.position) for contact in history.facts.contacts]
        texts += [activity_properties(history.writer, event) for own in history.events for event in own]
        for properties in texts:
            assert not any("{" in value or "[" in value for name, value in properties.items() if _is_text(name))
        written += len(texts)
    assert written > 500


def _is_text(name: str) -> bool:
    return name.endswith(("_body", "_text", "_subject", "_title", "_notes", "_reason")) or name == "content"


def test_there_are_scene_texts_for_every_locale() -> None:
    assert len(WITH_STORIES) == 2 * len(locale_names())


def test_an_account_is_the_same_in_any_order() -> None:
    forward, backward = histories(120), histories(120)
    numbers = range(forward.arrivals.count)

    first = {number: forward.history(number).story for number in numbers}
    second = {number: backward.history(number).story for number in reversed(numbers)}

    assert first == second
    assert [forward.company(number) for number in numbers] == [backward.company(number) for number in numbers]


def test_nobody_is_there_before_the_account_or_after_the_end() -> None:
    accounts = histories(300)
    for number in range(accounts.arrivals.count):
        story = accounts.history(number).story
        assert story.joined_at[0] == accounts.arrivals.at(number)
        assert all(story.joined_at[0] <= at <= END for at in story.joined_at)


def test_every_line_item_is_a_product_of_the_catalogue() -> None:
    accounts = histories(300)
    names = {product.name for product in accounts.generator.catalogue()}
    lines = {
        item.product
        for number in range(accounts.arrivals.count)
        for deal in accounts.history(number).story.deals
        for item in deal.final.line_items
    }
    assert lines
    assert lines <= names


def test_a_seller_has_whole_accounts_and_some_have_more() -> None:
    accounts = histories(1_500)
    owners = [accounts.owner(number).id for number in range(accounts.arrivals.count)]
    counts = sorted(owners.count(owner.id) for owner in accounts.owners)
    assert sum(counts) == accounts.arrivals.count
    assert counts[-1] > 1.4 * counts[0] > 0
