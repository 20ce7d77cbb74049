"""What a good model writes about accounts."""

import json
from itertools import chain
from typing import Any

import jsonschema_rs
import pytest
from unit.local_anthropic.account_questions import (
    LANGUAGES,
    LENGTHS,
    PEOPLE,
    SCHEMA,
    TEXTS,
    account_lines,
    answer_schema,
    measure_text,
    object_schema,
    write_answer,
)
from unit.local_anthropic.conftest import StandIn

from local_anthropic.model.account_answer import read_account_schema
from local_anthropic.model.account_names import name_company
from local_anthropic.model.account_phrases import find_language, load_phrases
from local_anthropic.model.account_question import parse_account_question
from simcrm.generation.text.text_gate import TextGate, TextLimits
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import Person, load_locale, locale_names
from simcrm.synthetic.text_checker import PersonRole, TextChecker, TextClaims

TEXT = {"type": "string"}
COUNT = 60
PEOPLE_NAMES = (("Stefan", "Köhler"), ("Ines", "Wolf"))


def texts(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["x"]: entry for entry in row["a"]}


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        answer_schema(n={"type": "array", "items": TEXT}),
        answer_schema(p=PEOPLE),
        answer_schema(a=TEXTS),
        answer_schema(a={"type": "array", "items": object_schema({"x": TEXT, "t": TEXT, "m": {"type": "integer"}})}),
        answer_schema(p={"type": "array", "items": object_schema({"k": TEXT, "f": TEXT})}),
    ],
)
def test_an_answer_has_what_its_schema_asks_for(schema: dict[str, Any]) -> None:
    rows = write_answer(account_lines() + account_lines(32), schema=schema)

    jsonschema_rs.validator_for(schema).validate({"r": rows})
    assert [row["k"] for row in rows] == ["a31", "a32"]
    assert set(rows[0]) == set(schema["properties"]["r"]["items"]["properties"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_person_and_text_is_there_under_its_key(language: str) -> None:
    (row,) = write_answer(account_lines(language=language), language)

    assert list(texts(row)) == list(LENGTHS)
    assert [(person["k"], person["f"]) for person in row["p"]] == [("r57", "Stefan"), ("r58", "Ines")]
    assert all(person[name].strip() for person in row["p"] for name in "jcr")
    assert row["s"].strip()
    assert row["i"] == ["Test Automation"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_as_long_as_asked(language: str) -> None:
    factor = 3 if language == "ja" else 1
    for number in range(COUNT):
        (row,) = write_answer(account_lines(number, language), language)
        lengths = {code: measure_text(entry["b"], language) / factor for code, entry in texts(row).items()}
        assert {code for code, length in lengths.items() if not 0.9 <= length / LENGTHS[code] <= 1.15} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_and_names_rarely_repeat(language: str) -> None:
    rows = write_answer("".join(account_lines(number, language) for number in range(COUNT)), language)
    bodies = [entry["b"] for row in rows for entry in row["a"]]
    names = list(chain.from_iterable(row["n"] for row in rows))

    assert len(set(bodies)) == len(bodies)
    assert len(set(names)) == len(names) == 2 * COUNT


@pytest.mark.parametrize("idea", ["founder's surname and trade", "town and trade", "invented word", "two old friends"])
def test_names_of_companies_are_distinct_over_thousands_of_accounts(idea: str) -> None:
    names: list[str] = []
    for number in range(2000):
        question = f"a{number} machinery, 140 staff, Chemnitz; name: {idea}\n"
        names += write_answer(question, schema=answer_schema(n={"type": "array", "items": TEXT}))[0]["n"]

    assert len(set(names)) >= 0.99 * len(names)
    assert ("Chemnitz" in names[0]) == ("town" in idea)


def test_half_of_the_names_in_japanese_are_in_latin_letters() -> None:
    rows = write_answer("".join(account_lines(number, "ja") for number in range(COUNT)), "ja")
    names = list(chain.from_iterable(row["n"] for row in rows))

    assert 0.3 < sum(name.isascii() for name in names) / len(names) < 0.7


def test_a_company_that_has_a_name_keeps_it() -> None:
    rows = write_answer("".join(account_lines(number, facts="called Weber & Sohn") for number in range(COUNT)))

    assert all(row["n"] == ["Weber & Sohn"] for row in rows)
    assert any("Weber & Sohn" in texts(row)["d11"]["t"] for row in rows)


def test_what_has_a_title_and_minutes() -> None:
    (row,) = write_answer(account_lines())

    assert {code for code, entry in texts(row).items() if "t" in entry} == {"m42", "e17", "t83", "c55", "k12", "d11"}
    assert {code for code, entry in texts(row).items() if "m" in entry} == {"n47"}
    assert 35 < texts(row)["n47"]["m"] <= 45


def test_equal_questions_get_equal_answers_and_others_do_not() -> None:
    first, again = write_answer(account_lines(31) + account_lines(32)), write_answer(account_lines(31))

    assert [first[0]] == again
    assert all(one["b"] != other["b"] for one, other in zip(first[0]["a"], first[1]["a"], strict=True))


def test_a_text_that_is_asked_again_is_another_one() -> None:
    asked = account_lines()
    again = asked.replace("n47 note, 25 words, +35m", 'n47 note, 25 words, +35m; again, because: person "Ada"')

    assert texts(write_answer(asked)[0])["n47"]["b"] != texts(write_answer(again)[0])["n47"]["b"]


def test_texts_name_those_who_take_part_and_quote_what_is_known() -> None:
    rows = write_answer("".join(account_lines(number) for number in range(COUNT)))
    bodies = {code: " ".join(texts(row)[code]["b"] for row in rows) for code in LENGTHS}

    assert "Stefan" in bodies["m42"]
    assert "Ines" in bodies["m42"]
    assert "„Stillstand“" in bodies["m42"]
    assert "Ines" not in bodies["e17"]
    assert "Stefan" not in bodies["e71"] + bodies["c55"]
    assert "Stillstand" not in bodies["c55"]


def test_an_agenda_names_nobody_and_has_a_line_for_each_item() -> None:
    rows = write_answer("".join(account_lines(number) for number in range(COUNT)))
    agendas = [texts(row)["g15"]["b"] for row in rows]

    assert not any(name in agenda for name in ("Ines", "Stefan") for agenda in agendas)
    assert all(item.endswith(".") for agenda in agendas for item in agenda.splitlines())
    assert all(len(agenda.splitlines()) > 3 for agenda in agendas)


def test_a_call_that_reached_nobody_has_no_talk_in_it() -> None:
    talk = load_phrases("de").group("call")
    answered, missed = (
        write_answer("".join(account_lines(number).replace("c55 call", f"c55 {call}") for number in range(COUNT)))
        for call in ("call, connected", "call, voicemail")
    )

    assert any(phrase in texts(row)["c55"]["b"] for row in answered for phrase in talk)
    assert not any(phrase in texts(row)["c55"]["b"] for row in missed for phrase in talk)


def test_the_names_of_a_company_are_two_even_if_there_are_not_more() -> None:
    phrases = load_phrases("de")
    parts = phrases.names.model_copy(update={"surnames": ["Weber", "Wolf"], "patterns": ["{surname}"]})
    (account, *_) = parse_account_question(account_lines())

    assert set(name_company(account, phrases.model_copy(update={"names": parts}))) == {"Weber", "Wolf"}


@pytest.mark.parametrize("locale_name", locale_names())
def test_nothing_is_said_that_could_be_wrong(locale_name: str) -> None:
    locale = load_locale(locale_name)
    gate = TextGate(TextChecker(load_language(locale.language, "B2B"), locale, ["Test Automation"]), locale_name)
    people = {Person(first, last, first, last, "f"): PersonRole.CONTACT for first, last in PEOPLE_NAMES}
    known = frozenset({"Stillstand"})
    claims = TextClaims("EUR", people, products=frozenset({"Test Automation"}), phrases=known)
    language = locale_name if locale_name == "en_GB" else locale_name[:2]
    factor = 3 if language == "ja" else 1
    rows = write_answer("".join(account_lines(number, language) for number in range(COUNT)), language)
    entries = [entry for row in rows for entry in row["a"]]
    judged = [(entry["b"], TextLimits(factor * LENGTHS[entry["x"]])) for entry in entries]
    judged += [(entry["t"], TextLimits(0, is_title=True)) for entry in entries if "t" in entry]

    assert len(judged) == 16 * COUNT
    assert [(text, found) for text, limits in judged if (found := gate.judge(text, claims, limits))] == []


@pytest.mark.parametrize(
    ("system", "language"),
    [
        ("You write CRM entries in German.", "de"),
        ("Write in British English, briefly.", "en_GB"),
        ("Write in English.", "en"),
        ("Texts are in Japanese", "ja"),
        ("All in Portuguese: ...", "pt"),
        ("You write in short sentences, in Dutch.", "nl"),
        ("Write in Klingon.", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_one_that_the_system_prompt_names(system: str, language: str) -> None:
    assert find_language(system) == language


@pytest.mark.parametrize(
    ("language", "jobs"),
    [
        ("de", ["Leiter Instandhaltung", "Leiter Finanzen"]),
        ("en", ["Head of Maintenance", "Finance Executive"]),
        ("ja", ["保全部長", "経理部長"]),
    ],
)
def test_job_titles_follow_the_words_of_the_question(language: str, jobs: list[str]) -> None:
    (row,) = write_answer(account_lines(), language)

    assert [person["j"] for person in row["p"]] == jobs


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        ("trade show Hannover Messe", "Kennengelernt: Hannover Messe"),
        ("trade show", "Messekontakt"),
        ("referral", "Empfehlung"),
        ("organic search", "Websuche"),
        ("advice of a friend", "Empfehlung"),
        ("carrier pigeon", "Eigene Anfrage"),
    ],
)
def test_the_source_is_that_of_the_question(origin: str, source: str) -> None:
    (row,) = write_answer(account_lines().replace("trade show Hannover Messe", origin))

    assert row["s"] == source


def test_without_a_product_or_words_on_the_job_something_usual_is_written() -> None:
    (row,) = write_answer("a1 retail, 9 staff\nr2 Ada Byron\n2026-03-12 Thu call: r2\nc10 call no answer\n", "fr")

    assert 1 <= len(row["i"]) <= 2
    assert row["p"][0]["j"]
    assert 20 <= measure_text(row["a"][0]["b"], "fr") <= 30


@pytest.mark.parametrize(
    "schema",
    [
        answer_schema(z=TEXT),
        object_schema({"q": TEXT}),
        answer_schema(a={"type": "array", "items": TEXT}),
        answer_schema(p={"type": "array", "items": object_schema({"f": TEXT})}),
        answer_schema(a={"type": "array", "items": object_schema({"x": TEXT, "y": TEXT})}),
    ],
)
def test_a_schema_of_other_fields_is_not_one_for_accounts(schema: dict[str, Any]) -> None:
    assert read_account_schema(json.dumps(schema)) is None


def ask(stand_in: StandIn, prompt: str, schema: dict[str, Any], system: str = "Write in German.") -> Any:
    output = {"format": {"type": "json_schema", "schema": schema}}
    reply = stand_in.message(prompt, system=system, output_config=output, max_tokens=60_000).json()
    return json.loads(reply["content"][0]["text"])


def test_a_message_about_accounts_is_answered_in_the_language_of_its_system_prompt(stand_in: StandIn) -> None:
    question = account_lines()

    assert ask(stand_in, question, SCHEMA)["r"] == write_answer(question, "de")
    assert ask(stand_in, question, SCHEMA, "Write in Italian.")["r"] == write_answer(question, "it")


def test_a_question_about_accounts_with_another_schema_is_answered_by_it(stand_in: StandIn) -> None:
    schema = object_schema({"company_name": TEXT})

    assert ask(stand_in, account_lines(), schema)["company_name"]


@pytest.mark.parametrize(
    ("rule", "keys"),
    [
        ({"kind": "missing_records"}, ["a31", "a32"]),
        ({"kind": "missing_records", "count": 2}, ["a31"]),
        ({"kind": "extra_records", "count": 2}, ["a31", "a32", "a33", "a1033", "a2033"]),
        ({"kind": "bad_record", "record": 2}, ["a31", "a32", "a33"]),
    ],
)
def test_accounts_can_be_missing_strange_or_blank(stand_in: StandIn, rule: dict[str, Any], keys: list[str]) -> None:
    stand_in.fault(**rule)

    rows = ask(stand_in, "".join(map(account_lines, (31, 32, 33))), SCHEMA)["r"]

    assert [row["k"] for row in rows] == keys
    blank = [row["k"] for row in rows if not any(entry["b"].strip() for entry in row["a"])]
    assert blank == (["a32"] if rule["kind"] == "bad_record" else [])
    assert all(list(texts(row)) == list(LENGTHS) for row in rows)
