"""Samples of each locale for people to read: twenty records and five accounts. See ``make samples``."""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from written_texts import TEXTS, generate_accounts

from simcrm.core.json_types import JsonObject
from simcrm.synthetic import locale_names

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "samples"
SEED = "samples"
CONTACTS = 60
RECORDS, ACCOUNTS = {"B2B": 10, "B2C": 10}, {"B2B": 3, "B2C": 2}
MIN_DEALS, MAX_ACTIVITIES = 1, 45
"""The accounts shown have a deal and are short enough to be read."""

_SURNAME_FIRST = {"日本"}
_TEXTS = {kind: names for kind, names in TEXTS.items() if kind not in {"company", "contacts", "deals"}}
"""The texts of activities."""

_RECORD_FIELDS = (
    "jobtitle", "email", "phone", "mobilephone", "address", "zip", "city", "state", "simcrm_original_source",
    "simcrm_marketing_consent_detail", "simcrm_lead_reasoning",
)  # fmt: skip
_COMPANY_FIELDS = (
    "domain", "phone", "address", "zip", "city", "state", "numberofemployees", "annualrevenue", "founded_year",
    "description",
)  # fmt: skip
_DEAL_FIELDS = (
    "dealname", "amount", "deal_currency_code", "dealstage", "closedate", "simcrm_sales_notes", "closed_won_reason",
    "closed_lost_reason", "hs_next_step",
)  # fmt: skip


def sample_page(locale: str) -> str:
    """Return the page of a locale's samples as Markdown; the same version of the data always gives the same bytes."""
    parts = [f"# {locale}: twenty records and five accounts\n\nWritten by `make samples`; changes here are lost.\n"]
    for scenario in RECORDS:
        lines = generate_accounts(locale, scenario, CONTACTS, SEED)
        parts.append(f"## Records, {scenario}\n")
        parts += [_record(line["company"], line["contacts"][-1]) for line in lines[: RECORDS[scenario]]]
        parts.append(f"## Accounts, {scenario}\n")
        parts += [_account(line) for line in islice(filter(_is_short_story, lines), ACCOUNTS[scenario])]
    return "\n".join(parts)


def _is_short_story(line: JsonObject) -> bool:
    return len(line["deals"]) >= MIN_DEALS and sum(len(line[kind]) for kind in _TEXTS) <= MAX_ACTIVITIES


def _record(company: JsonObject, contact: JsonObject) -> str:
    properties = contact["properties"]
    head = f"### {_name(properties)}, {company['properties']['name']}\n"
    return "\n".join([head, *_fields(properties, _RECORD_FIELDS), *_fields(company["properties"], _COMPANY_FIELDS), ""])


def _name(properties: dict[str, Any]) -> str:
    """Return a contact's name, the surname first where a country does so."""
    names = [properties["firstname"], properties["lastname"]]
    return " ".join(reversed(names) if properties["country"] in _SURNAME_FIRST else names)


def _account(line: JsonObject) -> str:
    company = line["company"]["properties"]
    people = [
        f"- {_name(own)}, {own.get('jobtitle', '')}".rstrip(", ")
        for own in (contact["properties"] for contact in line["contacts"])
    ]
    deals = [row for deal in line["deals"] for row in _deal(deal)]
    story = [text for _, text in sorted(_activities(line))]
    return "\n".join([f"### {company['name']}\n", *people, "", *deals, *story])


def _deal(deal: JsonObject) -> Iterator[str]:
    yield from _fields(deal["properties"], _DEAL_FIELDS)
    for item in (item["properties"] for item in deal["lineItems"]):
        yield f"- line: {item['quantity']} x {item['name']} at {item['price']}"
    yield ""


def _activities(line: JsonObject) -> Iterator[tuple[str, str]]:
    for kind, fields in _TEXTS.items():
        for properties in (activity["properties"] for activity in line[kind]):
            at = str(properties.get("hs_timestamp") or properties["createdate"])
            texts = [str(properties[field]) for field in fields if properties.get(field)]
            quoted = "\n>\n".join("\n".join(f"> {row}".rstrip() for row in text.split("\n")) for text in texts)
            yield at, f"{at[:16].replace('T', ' ')} {kind}{_direction(properties)}\n\n{quoted}\n"


def _direction(properties: dict[str, Any]) -> str:
    return ", incoming" if properties.get("hs_email_direction") == "INCOMING_EMAIL" else ""


def _fields(properties: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    return (f"- {name}: {properties[name]}" for name in names if properties.get(name))


def main() -> None:
    """Write the samples of all locales, or of those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locales", nargs="*", default=locale_names())
    FOLDER.mkdir(exist_ok=True)
    for locale in parser.parse_args().locales:
        (FOLDER / f"{locale}.md").write_text(sample_page(locale), encoding="utf-8")


if __name__ == "__main__":
    main()
