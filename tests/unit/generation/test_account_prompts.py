"""What a model is asked about an account: nothing that is not known yet, in parts that fit a call."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt
from simcrm.generation.text.call_queue import MAX_TOKENS_BY_RECORDS, CallQueue
from simcrm.generation.text.prompt_requests import language_name
from simcrm.models.account_story import Topic
from simcrm.planning.account_histories import AccountHistories

TEXT_LINE = re.compile(r"^[dwncmgetk]\d{2,3} ")


def histories(**fields: object) -> AccountHistories:
    given: dict[str, Any] = {"totalRecords": 120, "timeScale": 0, **(fields or {"locale": "en_US"})}
    return AccountHistories.from_plan(plan(run_start=START + 200 * DAY, **given))


@pytest.fixture(scope="module", name="run")
def _run() -> AccountHistories:
    return histories()


@pytest.fixture(scope="module", name="accounts")
def _accounts(run: AccountHistories) -> list[AccountPrompt]:
    return [AccountPromptBuilder(run).build_prompt(number) for number in range(run.arrivals.count)]


@pytest.fixture(name="longest")
def _longest(accounts: list[AccountPrompt]) -> AccountPrompt:
    return max(accounts, key=lambda account: len(account.activities))


def text_lines(question: str) -> Iterator[str]:
    return (line for line in question.splitlines() if TEXT_LINE.match(line))


def test_every_text_of_an_account_is_a_line_under_its_scene(accounts: list[AccountPrompt]) -> None:
    for account in accounts:
        lines = [line.split()[0] for line in text_lines(account.render())]
        assert lines == [activity.code for _, activity in account.activities]
        assert len(set(lines)) == len(lines)


def test_codes_are_drawn_so_that_a_model_that_counts_from_one_hits_none(accounts: list[AccountPrompt]) -> None:
    for account in accounts:
        counted = {f"{activity.code[0]}{number}" for _, activity in account.activities for number in range(1, 20)}
        assert not counted & {activity.code for _, activity in account.activities}


def test_the_parts_of_a_long_account_ask_for_everything_once_and_in_order(longest: AccountPrompt) -> None:
    parts = longest.split(400)

    asked = [text_id for part in parts for text_id in part.text_ids]
    assert len(parts) > 3
    assert sorted(asked) == sorted(longest.text_ids)
    assert parts[0].fields >= {"company_name", "lead_reasoning"}
    assert all(part.fields == {"activities"} for part in parts[1:])
    firsts = [part.activities[0][1].scene for part in parts if part.activities]
    assert firsts == sorted(firsts)


def test_a_part_does_not_see_the_scenes_after_its_last_text(longest: AccountPrompt) -> None:
    for part in longest.split(400):
        question, last = part.render(), part.activities[-1][1].scene if part.activities else -1
        assert all((scene in question) == (number <= last) for number, scene in longest.scenes.items())


def test_however_little_a_call_may_hold_each_part_has_a_text(longest: AccountPrompt) -> None:
    parts = longest.split(1)

    assert all(len(part.activities) <= 1 for part in parts)
    assert sum(len(part.activities) for part in parts) == len(longest.activities)


def test_a_price_is_told_where_it_becomes_known_and_where_it_changes(
    run: AccountHistories, accounts: list[AccountPrompt]
) -> None:
    for account in accounts:
        amounts = [
            scene.knowledge.amount if Topic.PRICE in scene.knowledge.topics else None
            for scene in run.history(account.number).story.scenes
        ]
        changes = {
            place
            for place, (before, after) in enumerate(zip([None, *amounts], amounts, strict=False))
            if after and after != before
        }
        assert {number for number, scene in account.scenes.items() if "price $" in scene} == changes


def test_a_question_names_the_people_who_take_part_and_those_to_write_about(longest: AccountPrompt) -> None:
    *_, last = longest.split(400)
    question = last.render()

    told = set(re.findall(r"^(r\d+) ", question, re.MULTILINE))
    assert told == set(re.findall(r"\b(r\d+)\b", question))


def test_a_text_may_say_what_earlier_scenes_have_brought_and_nothing_of_later_ones(
    run: AccountHistories, longest: AccountPrompt
) -> None:
    story = run.history(longest.number).story
    first = longest.activities[0][1].facts().claims
    last = longest.activities[-1][1].facts().claims
    known = {scene.knowledge.amount for scene in story.scenes if scene.knowledge.amount}

    assert known
    assert first.amounts == frozenset()
    assert known <= last.amounts


def test_a_queue_keeps_whole_accounts_together_and_languages_apart() -> None:
    run = histories(locales={"en_US": 1, "de_DE": 1})
    prompts = [AccountPromptBuilder(run).build_prompt(number) for number in range(run.arrivals.count)]

    calls = list(CallQueue(prompts).calls(1_600))

    assert all(len({account.locale for account in call}) == 1 for call in calls)
    assert all(len({account.number for account in call}) == len(call) for call in calls)
    assert all(sum(account.output_tokens for account in call) <= 1_600 for call in calls if len(call) > 1)
    asked = [text_id for call in calls for account in call for text_id in account.text_ids]
    assert sorted(asked) == sorted(text_id for account in prompts for text_id in account.text_ids)


def test_a_queue_takes_as_many_contacts_as_are_asked_for_in_a_call(accounts: list[AccountPrompt]) -> None:
    calls = list(CallQueue(accounts, max_records=10).calls(100))

    sizes = [sum(len(account.records) for account in call) for call in calls]
    assert max(sizes) <= 10
    assert max(sum(account.output_tokens for account in call) for call in calls) <= MAX_TOKENS_BY_RECORDS


def test_what_is_asked_again_comes_first_and_alone(accounts: list[AccountPrompt]) -> None:
    queue = CallQueue(accounts)
    queue.ask_again(accounts[3:5])

    first, second, third = (queue.take(100_000) for _ in range(3))

    assert [call.accounts for call in (first, second)] == [(accounts[3],), (accounts[4],)]
    assert (first.is_last, third.is_last) == (True, False)


def test_what_is_asked_again_is_divided_too(longest: AccountPrompt) -> None:
    queue = CallQueue([])
    queue.ask_again([longest])

    calls = []
    while queue:
        calls.append(queue.take(400))

    asked = [text_id for call in calls for account in call.accounts for text_id in account.text_ids]
    assert len(calls) > 3
    assert all(call.is_last for call in calls)
    assert sorted(asked) == sorted(longest.text_ids)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en_US", "English"), ("en_GB", "British English"), ("de_AT", "German"), ("xx_YY", "xx_YY")],
)
def test_a_prompt_names_the_language_of_a_locale_and_its_variant(locale: str, language: str) -> None:
    assert language_name(locale) == language
