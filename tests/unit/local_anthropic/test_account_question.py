"""What is read out of a question about accounts."""

import datetime as dt

import pytest
from unit.local_anthropic.account_questions import LENGTHS, account_lines

from local_anthropic.model.account_question import parse_account_question


def test_an_account_has_its_facts_people_and_scenes() -> None:
    (account,) = parse_account_question('Theme: "solar installers"\n' + account_lines(facts="called Weber & Sohn"))

    assert (account.code, account.city, account.origin) == ("a31", "Chemnitz", "trade show Hannover Messe")
    assert (account.product, account.currency, account.given_name) == ("Test Automation", "EUR", "Weber & Sohn")
    assert [(person.code, person.first_name, person.temperature) for person in account.people] == [
        ("r57", "Stefan", "hot"),
        ("r58", "Ines", "warm"),
    ]
    assert [person.position for person in account.people] == ["head of maintenance", "finance executive"]
    discovery, demo = account.scenes
    assert (discovery.date, discovery.people, discovery.pain) == (dt.date(2026, 3, 12), ("r57", "r58"), "Stillstand")
    assert (demo.date, demo.people, demo.pain) == (dt.date(2026, 3, 19), ("r58",), None)


def test_each_text_has_its_length_minutes_people_and_whether_it_replies() -> None:
    (account,) = parse_account_question(account_lines())
    texts = {text.code: text for scene in account.scenes for text in scene.texts}

    assert {code: text.length for code, text in texts.items()} == LENGTHS
    assert {code for code, text in texts.items() if text.is_reply} == {"e71"}
    assert {code: text.minutes for code, text in texts.items() if text.minutes is not None} == {"n47": 35}
    assert {code: text.people for code, text in texts.items() if text.people} == {"e17": ("r57",), "e71": ("r57",)}


def test_accounts_are_kept_apart_and_in_order() -> None:
    first, second = parse_account_question(account_lines(7) + "\n" + account_lines(3))

    assert (first.code, second.code) == ("a7", "a3")
    assert first.source.splitlines()[1:] == second.source.splitlines()[1:]


def test_a_scene_that_brings_no_trouble_to_light_has_none_to_quote() -> None:
    (account,) = parse_account_question(
        "a1 retail\n2026-03-12 Thu call: r2; known: uses fax / decision by 2026-04-01 Wed"
    )

    assert [scene.pain for scene in account.scenes] == [None]


def test_texts_before_any_scene_have_no_date() -> None:
    (account,) = parse_account_question("a1 retail\nr2 Ada Byron; owner; hot 9\nn10 note, 5 words\n")

    assert [(scene.date, [text.code for text in scene.texts]) for scene in account.scenes] == [(None, ["n10"])]


def test_the_reason_of_asking_again_is_no_fact_of_the_text() -> None:
    line = 'n47 note, 25 words; again, because: amount "+90m, 12 words"'
    (account,) = parse_account_question(f"a1 retail\n2026-03-12 Thu call: r2\n{line}")
    ((text,),) = [scene.texts for scene in account.scenes]

    assert (text.length, text.minutes, text.line) == (25, None, line)


@pytest.mark.parametrize(
    "prompt", ["", "Write a poem.", '{"a31": 4}', "0 Ada Lovelace; retail\nn0 created", "about a31 machinery", "a31"]
)
def test_another_kind_of_question_has_no_accounts(prompt: str) -> None:
    assert parse_account_question(prompt) == []
