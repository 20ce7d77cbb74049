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


@pytest.mark.parametrize("prompt", ["", "Write a short poem.", "{not json", "[1, 2, 3]", "7: city: Tulsa"])
def test_a_prompt_without_facts_has_no_records(prompt: str) -> None:
    assert parse_records(prompt) == []
