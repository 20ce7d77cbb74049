import io

import pytest
from rich.console import Console
from unit.cli.conftest import FakeApi

from simcrm_cli.portal_samples import ASSOCIATED_TYPES, PROPERTIES, PortalReader, Sample, read_samples, spread_indexes
from simcrm_cli.record_card import plain_text, sample_card

CONTACT = {
    "firstname": "Ana",
    "lastname": "Silva",
    "email": "ana.silva@northwindfoods.com",
    "jobtitle": "Head of Logistics",
    "simcrm_lead_temperature": "hot",
    "simcrm_engagement_score": "88",
    "hs_object_id": "7",
    "phone": None,
}
QUERY = "&".join(
    [
        "idProperty=simcrm_record_key",
        "associations=" + "%2C".join(ASSOCIATED_TYPES),
        "properties=" + "%2C".join(PROPERTIES["contacts"]),
    ]
)


def contact_route(index: int) -> str:
    return f"GET /crm/objects/2026-09/contacts/sim-1:contact:{index}?{QUERY}"


def linked_route(name: str, record: str) -> str:
    return f"GET /crm/objects/2026-09/{name}/{record}?properties={'%2C'.join(PROPERTIES[name])}"


@pytest.fixture
def portal_of_two(api: FakeApi) -> FakeApi:
    """Record 0 is alone, record 1 has a company and a deal."""
    ends = {"companies": {"results": [{"id": "8"}, {"id": "9"}]}, "deals": {"results": [{"id": "10"}]}}
    api.answer(contact_route(0), {"id": "6", "properties": {**CONTACT, "firstname": "Bo"}})
    api.answer(contact_route(1), {"id": "7", "properties": CONTACT, "associations": ends})
    api.answer(linked_route("companies", "8"), {"id": "8", "properties": {"name": "Northwind Foods"}})
    api.answer(linked_route("deals", "10"), {"id": "10", "properties": {"dealname": "Cold chain"}})
    return api


def test_a_sample_is_read_by_its_key_with_what_is_associated(portal_of_two: FakeApi) -> None:
    with PortalReader(portal_of_two.url, "pat-1") as portal:
        sample = portal.read_sample("sim-1", 1)

    assert sample is not None
    assert sample.contact["email"] == "ana.silva@northwindfoods.com"
    assert sample.associated == {"companies": {"name": "Northwind Foods"}, "deals": {"dealname": "Cold chain"}}
    assert {request.token for request in portal_of_two.requests} == {"Bearer pat-1"}


def test_the_samples_with_most_to_see_come_first(portal_of_two: FakeApi) -> None:
    with PortalReader(portal_of_two.url, "pat-1") as portal:
        samples = read_samples(portal, "sim-1", planned=3, count=1)

    assert [sample.contact["firstname"] for sample in samples] == ["Ana"]


@pytest.mark.parametrize(("status", "body"), [(401, {"message": "no"}), (500, "no json"), (200, "no json")])
def test_a_portal_that_cannot_be_read_has_no_samples(api: FakeApi, status: int, body: object) -> None:
    api.answer(contact_route(0), body, status=status)

    with PortalReader(api.url, "pat-1") as portal:
        assert read_samples(portal, "sim-1", planned=1, count=3) == []


def test_samples_are_spread_over_the_simulation() -> None:
    assert spread_indexes(1_000, 4) == [0, 250, 500, 750]
    assert spread_indexes(2, 8) == [0, 1]
    assert spread_indexes(0, 8) == []


def render(sample: Sample) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(sample_card(sample))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_card_shows_the_contact_with_company_deal_and_activity() -> None:
    text = render(
        Sample(
            {name: value for name, value in CONTACT.items() if value},
            {
                "companies": {"name": "Northwind Foods", "domain": "northwindfoods.com", "city": "Porto"},
                "deals": {"dealname": "Cold chain", "amount": "42000", "closedate": "2026-10-01T00:00:00Z"},
                "notes": {"hs_note_body": "<p>Asked for a pilot.</p>", "hs_timestamp": "2026-09-01T08:00:00Z"},
            },
        )
    )

    assert "Ana Silva" in text
    assert "hot lead, score 88" in text
    assert "Northwind Foods · northwindfoods.com · Porto" in text
    assert "Cold chain · 42000 · closes 2026-10-01" in text
    assert "Note 2026-09-01: Asked for a pilot." in text


def test_a_card_of_a_contact_alone_has_no_empty_lines() -> None:
    assert [
        line.strip("│╭╮╰╯─ ") for line in render(Sample({"firstname": "Bo", "email": "bo@x.com"})).splitlines()
    ] == [
        "Bo",
        "Contact: bo@x.com",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>Fish &amp; chips</p><p>twice</p>", "Fish & chips twice"),
        ("a\n\n b\t c", "a b c"),
        ("x" * 300, "x" * 240 + "..."),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
    ],
)
def test_texts_are_shown_as_plain_words(text: str, words: str) -> None:
    assert plain_text(text) == words


def test_square_brackets_in_a_record_are_shown_and_not_obeyed() -> None:
    assert "[red]Ana[/red]" in render(Sample({"firstname": "[red]Ana[/red]"}))
