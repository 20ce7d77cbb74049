"""What is read out of a prompt about the records it asks for."""

import json
from typing import Any

import pytest

from local_anthropic.model.prompt_facts import parse_records

ROWS: list[dict[str, Any]] = [{"i": 7, "city": "Tulsa"}, {"i": 9, "city": "Boise"}]


@pytest.mark.parametrize(
    "prompt",
    [
        json.dumps(ROWS),
        f"Write about these: {json.dumps(ROWS)} and nothing else.",
        "\n".join(map(json.dumps, ROWS)),
        json.dumps({"theme": "spring", "records": ROWS}),
        json.dumps({"theme": "spring"}) + "\n" + "\n".join(map(json.dumps, ROWS)),
        "7: city: Tulsa\n9: city: Boise",
        "Records\n#7 | city=Tulsa\n#9 | city=Boise",
        "7 city: Tulsa; staff: 9\n9 city: Boise; staff: 4",
    ],
)
def test_records_are_found_in_their_order_in_any_of_these_forms(prompt: str) -> None:
    records = parse_records(prompt)

    assert [record.key for record in records] == [7, 9]
    assert [record.find("city") for record in records] == ["Tulsa", "Boise"]


def test_what_stands_beside_the_records_holds_for_each() -> None:
    records = parse_records(json.dumps({"theme": "spring", "records": ROWS}))

    assert [record.get("theme") for record in records] == ["spring", "spring"]


def test_a_record_may_hold_lists_of_its_own() -> None:
    row = {"i": 1, "activities": [{"x": "n0"}, {"x": "c0"}, {"x": "d0"}]}

    (record,) = parse_records(json.dumps(row))

    assert record.key == 1
    assert len(record.get("activities")) == 3


def test_lines_without_names_are_read_by_their_looks_and_parts_by_their_codes() -> None:
    prompt = (
        'Theme: "green energy"\n'
        "0 Joel Banghart executive finance; medical practice; 51 staff; Reading; via free trial; hot 52; "
        "Telehealth/Compliance Training; patients who cannot get the link to work\n"
        "n0 07-03 created\n"
        "c0 07-10 first_call connected 30 min\n"
        "1 Lonnie Drummond; computer software; Tulsa\n"
    )

    joel, lonnie = parse_records(prompt)

    assert {**joel.facts, "parts": []} == {
        "person": "Joel Banghart",
        "industry": "medical practice",
        "figure 2": "51 staff",
        "city": "Reading",
        "origin": "via free trial",
        "figure 5": "hot 52",
        "product": "Telehealth/Compliance Training",
        "pain": "patients who cannot get the link to work",
        "parts": [],
    }
    assert [part["key"] for part in joel.get("parts")] == ["n0", "c0"]
    assert (lonnie.key, lonnie.find("person"), lonnie.get("parts")) == (1, "Lonnie Drummond", None)


@pytest.mark.parametrize("prompt", ["", "Write a short poem.", "{not json", "[1, 2, 3]"])
def test_a_prompt_without_facts_has_no_records(prompt: str) -> None:
    assert parse_records(prompt) == []
