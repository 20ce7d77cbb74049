"""Whatever a company is called in the end, its texts call it so."""

import json
from typing import Any

import pytest
import redis
from builders import batch
from scripted_model import good_response
from unit.generation.conftest import TextHarness

from simcrm.generation.text.apply_text import name_in_texts
from simcrm.llm.providers.base import LlmRequest, LlmResponse

SPAN = {"activities": {"enabled": True}, "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"}
RECORDS = 20


def naming(*names: str) -> Any:
    """An answer that gives every company these names and calls it by the first in every text."""

    def answer(request: LlmRequest) -> LlmResponse:
        rows = json.loads(good_response(request).text)["r"]
        for row in rows:
            if "n" in row:
                row["n"] = list(names)
            for text in row.get("a", []):
                text["b"] = f"{names[0]}: {text['b']}"
        return good_response(request, text=json.dumps({"r": rows}))

    return answer


def written(workshop: TextHarness) -> list[tuple[str, str, str]]:
    """The name of each note's company, the note's body, and the company's domain."""
    generator = workshop.generator().with_texts(workshop.write_texts(RECORDS))
    companies = {row["companyIndex"]: row["company"] for row in generator.contact_rows(batch(count=RECORDS))}
    rows = [item.row for item in generator.activity_rows(batch(count=RECORDS))]
    notes = [
        (companies[row["companyIndex"]], row["properties"]["hs_note_body"]) for row in rows if row["type"] == "notes"
    ]
    assert notes
    return [(company["name"], body, company["domain"]) for company, body in notes]


@pytest.fixture(name="story")
def _story(workshop: TextHarness) -> TextHarness:
    workshop.fields = {**SPAN, "contactsPerCompany": {"min": 4, "max": 4}}
    workshop.model.script = [naming("Alder Ledger Inc", "Birch Ledger")] * 200
    return workshop


def test_companies_that_the_model_names_alike_have_their_own_names_in_their_texts(story: TextHarness) -> None:
    notes = written(story)

    names = {name for name, _, _ in notes}
    assert {"Alder Ledger Inc", "Birch Ledger"} < names
    for name, body, _ in notes:
        assert ("Alder" in body) == (name == "Alder Ledger Inc")
        assert ("Birch" in body) == (name == "Birch Ledger")


def test_without_a_cache_texts_call_companies_by_the_names_that_they_keep(story: TextHarness) -> None:
    story.cache = None

    notes = written(story)

    composed = {row["company"]["name"] for row in story.generator().contact_rows(batch(count=RECORDS))}
    assert {name for name, _, _ in notes} <= composed
    assert [body for _, body, _ in notes if "Alder" in body] == []


def test_a_name_without_latin_letters_stays_with_the_domain_that_the_company_has(
    story: TextHarness, cache: redis.Redis
) -> None:
    story.fields |= {"locale": "ja_JP"}
    story.model.script = [naming("青葉精機", "若草製作所")] * 200

    notes = written(story)

    domains = {
        row["company"]["name"]: row["company"]["domain"] for row in story.generator().contact_rows(batch(count=RECORDS))
    }
    kept = [domain for name, _, domain in notes if name == "青葉精機"]
    assert kept
    assert set(kept) <= set(domains.values())
    assert len(list(cache.scan_iter("claim:name:*"))) == 2


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Alder Ledger Inc. called", "Hartwell called"),
        ("Alder Ledger called", "Hartwell called"),
        ("the Alderman of Alder Ledgers", "the Alderman of Alder Ledgers"),
        ("at Alder Ledger's office", "at Hartwell's office"),
    ],
)
def test_a_name_is_mended_with_and_without_its_legal_form_and_not_within_words(text: str, mended: str) -> None:
    assert name_in_texts(text, ["Alder Ledger Inc."], "Hartwell") == mended
