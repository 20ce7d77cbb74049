"""What a model writes about accounts when it is told to lie."""

import json
import re
from typing import Any

import pytest
from unit.local_anthropic.account_questions import LANGUAGES, LENGTHS, SCHEMA, account_lines, measure_text, write_answer
from unit.local_anthropic.conftest import StandIn

from local_anthropic.model.account_lies import Lie, LieKind, tell_lie
from local_anthropic.model.account_question import parse_account_question
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale, locale_names
from simcrm.synthetic.text_checker import TextChecker, TextClaims

INSTRUCTION = "You write CRM entries in German."
IN_ALL_TEXTS = {
    "firm": "Microsoft|Siemens",
    "placeholder": r"\[Company Name\]$",
    "markdown": r"^## .*\n\n- \*\*.*\*\*$",
    "tag": "^<b>.*</b>$",
    "assistant": "^As an AI language model, I ",
    "echo": f"^{re.escape(INSTRUCTION)} ",
    "link": r"https://www\.somewhere\.example$",
    "arrows": "-> OK, > 3 days",
}


def lie(kind: str, count: int | None = None, language: str = "de", accounts: int = 2) -> list[dict[str, Any]]:
    question = "".join(account_lines(number, language) for number in range(accounts))
    rows = write_answer(question, language)
    tell_lie({"r": rows}, parse_account_question(question), language, Lie(LieKind(kind), count, INSTRUCTION))
    return rows


def honest(language: str = "de", accounts: int = 2) -> list[dict[str, Any]]:
    return write_answer("".join(account_lines(number, language) for number in range(accounts)), language)


def bodies(rows: list[dict[str, Any]]) -> list[str]:
    return [entry["b"] for row in rows for entry in row["a"]]


@pytest.mark.parametrize("kind", IN_ALL_TEXTS)
def test_all_texts_or_the_first_ones_say_it(kind: str) -> None:
    says = re.compile(IN_ALL_TEXTS[kind], re.DOTALL)

    assert all(map(says.search, bodies(lie(kind))))
    assert [bool(says.search(body)) for body in bodies(lie(kind, 3))] == [True] * 3 + [False] * (2 * len(LENGTHS) - 3)
    assert not any(map(says.search, bodies(honest())))


@pytest.mark.parametrize("kind", ["amount", "date", "person"])
@pytest.mark.parametrize("locale_name", locale_names())
def test_a_lie_is_one_that_can_be_noticed(locale_name: str, kind: str) -> None:
    locale = load_locale(locale_name)
    checker = TextChecker(load_language(locale.language, "B2B"), locale, [])
    claims = TextClaims("EUR", phrases=frozenset({"Test Automation", "Stillstand"}))
    language = locale_name if locale_name == "en_GB" else locale_name[:2]

    found = [{str(finding.kind) for finding in checker.check(body, claims)} for body in bodies(lie(kind, 3, language))]

    assert [kind in kinds for kinds in found] == [True] * 3 + [False] * (2 * len(LENGTHS) - 3)


def test_a_date_is_a_year_later_and_an_amount_in_the_currency_of_the_account() -> None:
    assert bodies(lie("date"))[0].endswith("Vereinbart ist der 12. März 2027.")
    assert bodies(lie("amount"))[0].endswith("48.300 EUR.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_outcome_is_in_the_first_text_of_each_account(language: str) -> None:
    changed = [
        told != said
        for told, said in zip(bodies(lie("outcome", None, language)), bodies(honest(language)), strict=True)
    ]

    assert changed == ([True] + [False] * (len(LENGTHS) - 1)) * 2
    first, second = (row["a"][0]["b"] for row in lie("outcome", None, language))
    assert first[-8:] != second[-8:]
    assert bodies(lie("outcome", 1, language))[len(LENGTHS)] == bodies(honest(language))[len(LENGTHS)]


@pytest.mark.parametrize(
    ("language", "words"), [("de", "the|they|their|is"), ("ja", "the|they|is"), ("en", "der|die|ist|sie")]
)
def test_another_language_is_written_in_title_and_text(language: str, words: str) -> None:
    says = re.compile(rf"\b({words})\b", re.IGNORECASE)
    rows, before = lie("english", None, language), honest(language)

    assert says.search(" ".join(bodies(rows)))
    assert not says.search(" ".join(bodies(before)))
    assert all(
        one.get("t") != other.get("t")
        for row, said in zip(rows, before, strict=True)
        for one, other in zip(row["a"], said["a"], strict=True)
        if "t" in one and one["t"] != "Test Automation"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_text_has_four_times_the_length(language: str) -> None:
    for told, said in zip(bodies(lie("long", None, language)), bodies(honest(language)), strict=True):
        assert 3.2 < measure_text(told, language) / measure_text(said, language) < 5


def test_an_account_wants_a_hundred_things() -> None:
    rows = lie("interests", 1)

    assert [len(set(row["i"])) for row in rows] == [100, 1]


def test_keys_that_count_from_one_are_none_of_those_that_were_asked() -> None:
    row = lie("shifted_keys")[0]

    assert [person["k"] for person in row["p"]] == ["r1", "r2"]
    assert [entry["x"] for entry in row["a"]] == ["m1", "n1", "e1", "e2", "t1", "c1", "k1", "g1", "d1", "w1"]
    assert bodies([row]) == bodies([honest()[0]])


def test_each_text_can_be_under_the_code_of_the_next_one() -> None:
    for told, said in zip(lie("neighbour_keys"), honest(), strict=True):
        codes = [entry["x"] for entry in said["a"]]
        assert [entry["x"] for entry in told["a"]] == codes[1:] + codes[:1]
        assert bodies([told]) == bodies([said])


def test_names_can_be_those_of_the_neighbour() -> None:
    question = "a1 retail\nr2 Ada Byron\n"
    rows = write_answer(question)
    tell_lie({"r": rows}, parse_account_question(question), "de", Lie(LieKind.NAMES, None, ""))

    assert [[person["f"] for person in row["p"]] for row in lie("names")] == [["Ines", "Stefan"]] * 2
    assert rows[0]["p"][0]["f"] not in {"Ada", ""}


def test_a_fault_of_the_server_lies(stand_in: StandIn) -> None:
    stand_in.fault(kind="lie", lie="echo", count=1)
    output = {"format": {"type": "json_schema", "schema": SCHEMA}}
    asked = {"system": f"{INSTRUCTION} Be brief.", "output_config": output, "max_tokens": 60_000}

    told, said = (
        json.loads(stand_in.message(account_lines(), **asked).json()["content"][0]["text"])["r"] for _ in range(2)
    )

    assert bodies(told)[0] == f"{INSTRUCTION} {bodies(said)[0]}"
    assert bodies(told)[1:] == bodies(said)[1:]


def test_a_lie_about_no_account_changes_nothing(stand_in: StandIn) -> None:
    stand_in.fault(kind="lie", lie="link")

    assert stand_in.message("Ada").json()["content"] == stand_in.message("Ada").json()["content"]


@pytest.mark.parametrize("rule", [{"kind": "lie"}, {"kind": "lie", "lie": "white"}, {"kind": "drop", "lie": "link"}])
def test_a_lie_must_be_named_and_only_it(stand_in: StandIn, rule: dict[str, Any]) -> None:
    assert stand_in.ask("POST", "/_local/faults", rule, 400)["status"] == "error"
