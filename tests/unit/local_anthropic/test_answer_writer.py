"""What is written into a schema."""

import json
import re
from datetime import date, datetime
from typing import Any

import pytest

from local_anthropic.model.answer_writer import write_json, write_prose

TEXT = {"type": "string"}


def object_schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def array_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def write_answer(schema: dict[str, Any], prompt: str = "Write about Ada.", glossary: str = "") -> Any:
    return write_json(json.dumps(schema), glossary, prompt)


def lines(count: int) -> str:
    return "\n".join(json.dumps({"i": number + 5, "city": f"City {number}"}) for number in range(count))


def test_there_is_a_record_for_each_that_the_prompt_has_facts_about_under_its_key() -> None:
    rows = write_answer(object_schema(r=array_of(object_schema(i={"type": "integer"}, name=TEXT))), lines(30))["r"]

    assert [row["i"] for row in rows] == list(range(5, 35))
    assert len({row["name"] for row in rows}) > 25


def test_a_key_of_another_name_and_type_is_filled_from_the_facts() -> None:
    rows = write_answer(array_of(object_schema(ref=TEXT, name=TEXT)), lines(2))

    assert [row["ref"] for row in rows] == ["5", "6"]


def test_a_property_that_bears_a_records_key_is_that_record() -> None:
    schema = object_schema(**{"5": object_schema(city=TEXT), "6": object_schema(city=TEXT)})

    assert write_answer(schema, lines(2)) == {"5": {"city": "City 0"}, "6": {"city": "City 1"}}


def test_a_record_asked_for_again_alone_gets_the_words_it_had() -> None:
    schema = object_schema(r=array_of(object_schema(i={"type": "integer"}, name=TEXT, note=TEXT)))
    row = {"i": 0, "city": "Tulsa", "pain": "late orders"}

    together = write_answer(schema, json.dumps([{"i": 1, "city": "Boise"}, row | {"i": 7}]))["r"][1]

    assert write_answer(schema, json.dumps([row]))["r"] == [together | {"i": 0}]


def test_records_with_equal_facts_get_different_words() -> None:
    rows = write_answer(
        object_schema(r=array_of(object_schema(i={"type": "integer"}, name=TEXT))), json.dumps([{"i": 0}, {"i": 1}])
    )["r"]

    assert rows[0]["name"] != rows[1]["name"]


def test_without_facts_a_list_has_some_records_of_its_own_voice() -> None:
    rows = write_answer(array_of(object_schema(name=TEXT, domain=TEXT)))

    assert len(rows) == len({row["name"] for row in rows}) == 2


def test_an_answer_may_be_one_record_with_its_own_list() -> None:
    schema = object_schema(name=TEXT, a=array_of(object_schema(x=TEXT, note=TEXT)))

    row = {"i": 0, "person": "Ada Lovelace", "parts": [{"key": "n0"}, {"key": "c0"}]}

    value = write_answer(schema, json.dumps(row), "x is the code")

    assert value["name"]
    assert [part["x"] for part in value["a"]] == ["n0", "c0"]


def test_the_parts_of_a_record_are_its_own_list_under_their_codes() -> None:
    schema = object_schema(
        r=array_of(object_schema(k={"type": "integer"}, a=array_of(object_schema(x=TEXT, t=TEXT, b=TEXT))))
    )
    glossary = "a: activities. x code; t title; b text"
    parts = [[{"key": "n0", "type": "note"}, {"key": "k0", "type": "ticket"}], [{"key": "c0", "type": "call"}]]
    people = ("Ada Lovelace", "Bob Ross")
    rows = [{"k": number, "person": people[number], "parts": parts[number]} for number in range(2)]

    ada, bob = write_answer(schema, json.dumps(rows), glossary)["r"]

    assert [part["x"] for part in ada["a"]] == ["n0", "k0"]
    assert [part["x"] for part in bob["a"]] == ["c0"]
    assert "Bob" in bob["a"][0]["t"] + bob["a"][0]["b"]


def test_company_and_domain_belong_together_and_fit_the_industry() -> None:
    company = write_answer(
        object_schema(company=TEXT, domain=TEXT), json.dumps([{"i": 0, "industry": "HOSPITAL_HEALTH_CARE"}])
    )

    assert company["domain"] == re.sub("[^a-z0-9]", "", company["company"].lower())
    assert re.search("Clinic|Health|Care|Medical|Labs|Wellness|Research", company["company"])


def test_enums_follow_the_facts_and_are_drawn_where_there_are_none() -> None:
    schema = object_schema(
        r=array_of(object_schema(i={"type": "integer"}, temperature={"enum": ["hot", "warm", "cold"]}))
    )

    facts = [
        {"i": number, ("temperature", "lead")[number % 2]: ("cold", "warm", "hot")[number % 3]} for number in range(12)
    ]

    told = write_answer(schema, json.dumps(facts))["r"]
    drawn = {row["temperature"] for row in write_answer(schema, lines(40))["r"]}

    assert [row["temperature"] for row in told] == ["cold", "warm", "hot"] * 4
    assert drawn == {"hot", "warm", "cold"}


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "integer"}, lambda value: isinstance(value, int)),
        ({"type": "number"}, lambda value: isinstance(value, float)),
        ({"type": "boolean"}, lambda value: isinstance(value, bool)),
        ({"type": "null"}, lambda value: value is None),
        ({"const": 4}, lambda value: value == 4),
        ({"type": ["string", "null"]}, lambda value: isinstance(value, str) and value != ""),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, lambda value: isinstance(value, int)),
        ({"type": "string", "format": "date"}, date.fromisoformat),
        ({"type": "string", "format": "date-time"}, datetime.fromisoformat),
        ({"type": "string", "format": "email"}, lambda value: "@" in value),
        ({"type": "string", "format": "uuid"}, lambda value: re.fullmatch("[0-9a-f-]{36}", value)),
        ({"type": "string", "pattern": "^[a-z]{2,4}-[0-9]{3}$"}, lambda v: re.search("^[a-z]{2,4}-[0-9]{3}$", v)),
        ({"type": "string", "pattern": r"^(A|B)\d?x+$"}, lambda value: re.search(r"^(A|B)\d?x+$", value)),
        ({"type": "string", "pattern": "^[a-z0-9]+$"}, lambda value: value.isalnum()),
    ],
)
def test_every_type_and_shape_is_filled(schema: dict[str, Any], fits: Any) -> None:
    assert fits(write_answer(object_schema(field=schema))["field"])


def test_references_and_merged_schemas_are_followed() -> None:
    schema = object_schema(one={"$ref": "#/$defs/row"}, two={"allOf": [{"$ref": "#/$defs/row"}, {"description": "x"}]})

    value = write_answer(schema | {"$defs": {"row": object_schema(score={"type": "integer"})}})

    assert 10 <= value["one"]["score"] <= 95
    assert isinstance(value["two"]["score"], int)


def test_lists_of_words_are_short_and_without_repetition() -> None:
    for number in range(20):
        words = write_answer(object_schema(interests=array_of(TEXT)), f"Record of Ada {number}")["interests"]
        assert 2 <= len(words) == len(set(words)) <= 3


def test_the_products_that_the_facts_name_come_first() -> None:
    row = {"i": 0, "products": "Telehealth/Billing"}

    assert write_answer(object_schema(r=array_of(object_schema(interests=array_of(TEXT)))), json.dumps([row]))["r"][0][
        "interests"
    ][:2] == [
        "Telehealth",
        "Billing",
    ]


@pytest.mark.parametrize(
    ("description", "most_words", "most_characters"),
    [("at most 5 words", 5, 999), ("at most 40 characters", 99, 40)],
)
def test_texts_keep_to_the_length_that_was_asked_for(description: str, most_words: int, most_characters: int) -> None:
    schema = object_schema(r=array_of(object_schema(i={"type": "integer"}, note={**TEXT, "description": description})))

    for row in write_answer(schema, lines(30))["r"]:
        assert 0 < len(row["note"].split()) <= most_words
        assert len(row["note"]) <= most_characters


def test_sentences_are_counted() -> None:
    schema = object_schema(
        r=array_of(object_schema(i={"type": "integer"}, note={**TEXT, "description": "one sentence"}))
    )

    for row in write_answer(schema, lines(20))["r"]:
        assert row["note"].count(".") <= 1


def test_no_text_shows_a_slot_that_was_not_filled() -> None:
    names = ("note", "call_body", "task_body", "ticket_body", "sales_notes", "reasoning", "consent", "source")
    schema = object_schema(r=array_of(object_schema(i={"type": "integer"}, **dict.fromkeys(names, TEXT))))

    text = json.dumps(write_answer(schema, lines(40)))

    assert not re.search(r"\{\w+\}", text.replace('{"', ""))
    assert "City 3" in text


def test_prose_is_written_where_no_schema_is_asked_for() -> None:
    assert write_prose("Tell me of Ada.") == write_prose("Tell me of Ada.") != write_prose("Tell me of Bob.")


def test_parts_that_say_their_type_get_the_words_of_it() -> None:
    schema = object_schema(
        r=array_of(
            object_schema(i={"type": "integer"}, activities=array_of(object_schema(type=TEXT, subject=TEXT, body=TEXT)))
        )
    )
    row = {"i": 0, "person": "Ada Lovelace", "activities": [{"type": "call"}, {"type": "ticket"}]}

    call, ticket = write_answer(schema, json.dumps([row]))["r"][0]["activities"]

    assert re.search("Call with Ada|Discovery call|Follow-up on", call["subject"])
    assert re.search("import stops|cannot open|Question about", ticket["subject"])
