"""What docs/privacy.md promises about made-up records, over all locales and scenarios."""

import json
import re
from typing import Any

import pytest
from builders import batch, plan

from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.synthetic.team import TEAM_DOMAIN

OWNED = "sandbox.acme.dev"
LOCALES = ("de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "it_IT", "ja_JP", "nl_NL", "pt_BR")
COUNT = 60
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")


def rows(**fields: Any) -> list[dict[str, Any]]:
    """Pairs and activities of a simulation, as they are written."""
    document: dict[str, Any] = {
        "totalRecords": COUNT,
        "startTime": "2026-01-01T00:00:00Z",
        "endTime": "2026-03-01T00:00:00Z",
    }
    generator = RowGenerator.from_plan(plan(**(document | {"timeScale": 0} | fields)))
    some = batch(count=COUNT)
    return list(generate_history(generator, some).all_rows())


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("setting", "end"),
    [({"undeliverable": True}, ".test"), ({"domainSuffix": OWNED}, f".{OWNED}")],
)
def test_no_mail_goes_anywhere_but_where_the_user_says(
    scenario: str, locale: str, setting: dict[str, Any], end: str
) -> None:
    made = rows(scenario=scenario, locale=locale, **setting)
    companies = [row["company"] for row in made if "company" in row]
    domains = set(ADDRESS.findall(json.dumps(made))) | {item["domain"] for item in companies}

    assert len(companies) == COUNT
    assert [domain for domain in domains - {TEAM_DOMAIN} if not domain.endswith(end)] == []
    assert [item["website"] for item in companies if "website" in item and end not in item["website"]] == []


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_american_numbers_are_those_kept_for_fiction(scenario: str) -> None:
    phones = [row["contact"]["phone"] for row in rows(scenario=scenario, locale="en_US") if "contact" in row]

    assert len(phones) == COUNT
    assert [phone for phone in phones if not re.search(r"\d{3}\D+555\D+01\d\d$", phone)] == []


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_the_model_is_told_no_address_and_no_number(scenario: str) -> None:
    generator = RowGenerator.from_plan(plan(totalRecords=COUNT, scenario=scenario, timeScale=0))
    prompts = AccountPromptBuilder(generator.histories).build_prompts(batch(count=COUNT))
    told = "\n".join(account.render() for account in prompts)
    contacts = [row["contact"] for row in generator.contact_rows(batch(count=COUNT))]

    assert contacts[0]["lastname"] in told
    assert [item for contact in contacts for item in (contact["email"], contact["phone"]) if item in told] == []
