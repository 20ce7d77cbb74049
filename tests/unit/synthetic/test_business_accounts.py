"""Some 10,000 contacts of businesses, looked at as a whole."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from statistics import median

import pytest
from builders import START
from unit.synthetic.conftest import MakeAccounts, MakeRun, Record

from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import LifecycleStage
from simcrm.synthetic import AccountFacts, CompanyFacts, ContactFacts
from simcrm.synthetic.account_contact_properties import company_properties
from simcrm.synthetic.data_files import read_data

ACCOUNTS = 2_200
FORMS = re.compile(r",? (Inc\.|LLC|Corp\.|Corporation)$")
BUSINESS_WORDS = re.compile(
    r"\b(Owner|Operator|Founder|President|CEO|COO|CFO|CIO|CTO|CRO|CMO|CPO|CHRO|Partner|Principal|General|Chief|VP|SVP|EVP"
    r"|Director|Head|Managers?|Lead|Senior|Sr|Analyst|Engineer|Administrator|Coordinator|Specialist|Accountant|Officer"
    r"|Architect|Developer|Designer|Recruiter|Buyer|Planner|Consultant|Nurse|Generalist|Associate|Executive|Supervisor"
    r"|Auditor|Controller|Representative|Assistant|Technician|Agent|Bookkeeper|Owner|Researcher|Strategist|Coder|Counsel"
    r"|Underwriter|Processor|Advisor|Superintendent|Educator)\b"
)
PLACEHOLDERS = re.compile(r"[{}\[\]|]|\b(None|null|N/A|TODO|lorem|example|undefined)\b|  ", re.IGNORECASE)


@pytest.fixture(scope="module")
def market(accounts: MakeAccounts) -> list[AccountFacts]:
    return accounts(ACCOUNTS)


@pytest.fixture(scope="module")
def companies(market: list[AccountFacts]) -> list[CompanyFacts]:
    return [account.company for account in market]


@pytest.fixture(scope="module")
def contacts(market: list[AccountFacts]) -> list[ContactFacts]:
    return [contact for account in market for contact in account.contacts]


@pytest.fixture(scope="module")
def records(run: MakeRun) -> list[Record]:
    return run(1_000).records


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def share(contacts: list[ContactFacts], holds: Callable[[ContactFacts], bool]) -> float:
    return sum(map(holds, contacts)) / len(contacts)


def both(records: Iterable[Record]) -> Iterable[Properties]:
    """Every contact and its company."""
    return (properties for record in records for properties in (record.contact, record.company))


def test_no_two_contacts_have_one_address(contacts: list[ContactFacts]) -> None:
    assert len({contact.email for contact in contacts}) == len(contacts) > 9_000


def test_a_domain_belongs_to_one_company(companies: list[CompanyFacts]) -> None:
    assert len({company.domain for company in companies}) == ACCOUNTS


def test_a_domain_carries_the_name_of_its_company(companies: list[CompanyFacts]) -> None:
    def carries(company: CompanyFacts) -> bool:
        words = re.split(r"[ &-]+", FORMS.sub("", company.name))
        return letters(company.domain.rsplit(".", 1)[0]).startswith(letters(words[0]))

    assert sum(map(carries, companies)) >= 0.95 * ACCOUNTS


def test_people_write_from_the_domain_of_their_company(contacts: list[ContactFacts]) -> None:
    assert 0.95 <= share(contacts, lambda contact: contact.email.endswith("@" + contact.company.domain)) < 1


def test_a_city_lies_in_its_state_and_has_its_postal_code(records: list[Record]) -> None:
    data = read_data("locales/en_US/places.json")
    places = {
        (row.split("|")[0], data["regions"][row.split("|")[1]]): row.split("|")[3].split(",") for row in data["places"]
    }

    for record in both(records):
        assert record["zip"] in places[record["city"], record["state"]]


def test_who_works_at_the_company_has_its_postal_code(records: list[Record]) -> None:
    for record in records:
        if record.contact["city"] == record.company["city"] and record.facts.place is record.facts.company.place:
            assert record.contact["zip"] == record.company["zip"]


def test_a_street_has_a_number_and_is_that_of_the_company_for_who_works_there(
    records: list[Record], companies: list[CompanyFacts]
) -> None:
    streets = [company.address for company in companies if company.address]
    assert all(re.match(r"[1-9]\d* \w", street) for street in streets)
    assert 0.8 < len(streets) / len(companies) < 0.9
    both_known = [record for record in records if {"address"} <= record.contact.keys() & record.company.keys()]
    at_work = [record for record in both_known if record.contact["city"] == record.company["city"]]
    assert len(at_work) > 20
    assert {record.contact["address"] == record.company["address"] for record in at_work} == {True}


def test_a_company_says_its_stage_and_since_when_it_exists(companies: list[CompanyFacts]) -> None:
    customers = [company_properties(company, START, LifecycleStage.CUSTOMER) for company in companies]
    leads = [company_properties(company, START, LifecycleStage.LEAD) for company in companies]

    assert {company["lifecyclestage"] for company in customers} == {"customer"}
    assert not [company for company in customers if "type" in company]
    assert 0.6 < sum(company.get("type") == "PROSPECT" for company in leads) / len(leads) < 0.8
    years = [int(company["founded_year"]) for company in leads if "founded_year" in company]
    assert 0.5 < len(years) / len(leads) < 0.7
    assert 1966 <= min(years) < max(years) <= 2022
    assert all(company.founded <= 2006 for company in companies if company.employees >= 500)


def test_a_phone_has_an_area_code_of_its_state_and_a_number_kept_for_fiction(records: list[Record]) -> None:
    data = read_data("locales/en_US/places.json")
    states = defaultdict(set)
    for row in data["places"]:
        _, state, codes, _ = row.split("|")
        for code in codes.split(","):
            states[code].add(data["regions"][state])

    for record in both(records):
        for number in (record["phone"], record.get("mobilephone", record["phone"])):
            match = re.fullmatch(r"(?:\+1 )?\(?(\d{3})\)?[ -]555-01\d\d", number)
            assert match
            assert record["state"] in states[match[1]]


def test_names_come_by_the_frequency_of_the_census(contacts: list[ContactFacts]) -> None:
    names = read_data("locales/en_US/names.json")
    total = sum(names["surnameWeights"])
    drawn = Counter(contact.person.last for contact in contacts)

    for surname, weight in list(zip(names["surnames"], names["surnameWeights"], strict=True))[:10]:
        assert drawn[surname] / len(contacts) == pytest.approx(weight / total, abs=0.003)
    assert drawn["Smith"] > drawn["Anderson"] > drawn["Hughes"]


def test_full_names_repeat_as_seldom_as_in_life(contacts: list[ContactFacts]) -> None:
    distinct = len({(contact.person.first, contact.person.last) for contact in contacts}) / len(contacts)

    assert distinct == pytest.approx(0.9887, abs=0.01)


def test_job_titles_are_those_of_a_business_and_many(contacts: list[ContactFacts]) -> None:
    titles = [contact.job_title for contact in contacts[:1000]]

    assert all(BUSINESS_WORDS.search(title) for title in titles)
    assert len(set(titles)) >= 150


def test_the_head_of_a_firm_decides_and_its_staff_uses_but_not_always(contacts: list[ContactFacts]) -> None:
    def deciding(words: str) -> float:
        chosen = [contact for contact in contacts if re.search(words, contact.job_title)]
        return share(chosen, lambda contact: contact.role is CommitteeRole.DECISION_MAKER)

    assert 0.6 < deciding(r"\b(Chief|Owner|CEO|CFO|Founder)\b") < 0.98
    assert deciding(r"\b(Analyst|Coordinator|Specialist|Technician)\b") < 0.15


def test_exactly_one_contact_of_an_account_decides(market: list[AccountFacts]) -> None:
    for account in market:
        assert sum(contact.role is CommitteeRole.DECISION_MAKER for contact in account.contacts) == 1


def test_the_part_in_a_purchase_is_an_option_of_the_portal(records: list[Record]) -> None:
    shown = {(record.contact["hs_buying_role"], record.contact["simcrm_buyer_role"]) for record in records}

    assert {role for role, _ in shown} <= {role.value for role in CommitteeRole}
    assert {name for _, name in shown} == {"Decision Maker", "Champion", "End User", "Influencer"}
    assert {name for role, name in shown if role == "DECISION_MAKER"} == {"Decision Maker"}


def test_engagement_tells_hot_leads_from_cold_ones_but_not_perfectly(contacts: list[ContactFacts]) -> None:
    scores: dict[str, list[int]] = defaultdict(list)
    for contact in contacts[:3000]:
        scores[contact.temperature].append(contact.engagement_score)
    wins = sum((hot > cold) + (hot == cold) / 2 for hot in scores["hot"] for cold in scores["cold"])

    assert 0.80 <= wins / (len(scores["hot"]) * len(scores["cold"])) <= 0.97
    assert all(0 <= score <= 100 for row in scores.values() for score in row)


def test_most_companies_are_small_and_a_few_are_very_large(companies: list[CompanyFacts]) -> None:
    sizes = [company.employees for company in companies]

    assert sum(size < 250 for size in sizes) > ACCOUNTS / 2
    assert max(sizes) > 30 * median(sizes)


def test_a_company_employs_more_people_than_its_contacts(market: list[AccountFacts]) -> None:
    assert all(account.company.employees > len(account.contacts) for account in market)


def test_revenue_grows_with_the_staff(companies: list[CompanyFacts]) -> None:
    assert all(15_000 < company.revenue / company.employees < 1_500_000 for company in companies)


def test_every_value_is_text_and_none_is_a_placeholder(records: list[Record]) -> None:
    for properties in both(records):
        for name, value in properties.items():
            assert isinstance(value, str)
            assert value
            if name not in {"simcrm_generation_metadata", "simcrm_product_interest"}:
                assert not PLACEHOLDERS.search(value), f"{name}: {value}"


def test_industries_are_options_of_the_portal(companies: list[CompanyFacts]) -> None:
    assert {company.industry for company in companies} <= set(read_data("hubspot.json")["industries"])


def test_a_contact_came_the_way_its_company_came(records: list[Record]) -> None:
    assert all(
        record.contact["simcrm_original_source"] == record.company["simcrm_original_source"] for record in records
    )


def test_sources_name_an_event_or_a_channel_and_differ(companies: list[CompanyFacts]) -> None:
    assert len({company.source for company in companies[:1000]}) > 500


def test_words_about_a_lead_seldom_repeat(records: list[Record]) -> None:
    assert len({record.contact["simcrm_lead_reasoning"] for record in records[:1000]}) >= 980
