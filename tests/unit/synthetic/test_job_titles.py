"""Titles that fit the size of a company, and that its people do not share."""

import re
from collections import Counter

import pytest
from unit.synthetic.conftest import MakeGenerator

from simcrm.synthetic import AccountFacts, locale_names
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.job_titles import LARGE, MEDIUM, SMALL, Employer, draw_positions
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import Person
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, WeightedChoice

ACCOUNTS = 250
ABBREVIATIONS = {"Chief Executive Officer": "CEO", "Chief Operating Officer": "COO", "Chief Financial Officer": "CFO"}
DECIDING = {"owner", "executive", "vp", "director"}
BIG_TITLES = re.compile(
    r"\b(VP|SVP|EVP|AVP|Vice President|Regional|North America|Americas|Midwest|Southeast|DACH|Region|Iberia|Brasil)\b"
    r"|\b(I|II|III)$"
)


def accounts(generator: AccountGenerator) -> list[AccountFacts]:
    return [generator.account(number) for number in range(ACCOUNTS)]


@pytest.mark.parametrize("locale", locale_names())
def test_small_companies_have_no_vice_presidents_regions_or_grades(
    factual_generator: MakeGenerator, locale: str
) -> None:
    for account in accounts(factual_generator("B2B", locale)):
        if account.company.employees < MEDIUM:
            assert all(contact.seniority != "vp" for contact in account.contacts)
            assert not [contact.job_title for contact in account.contacts if BIG_TITLES.search(contact.job_title)]


def test_large_companies_have_them(factual_generator: MakeGenerator) -> None:
    titles = [
        contact.job_title
        for account in accounts(factual_generator("B2B"))
        if account.company.employees >= LARGE
        for contact in account.contacts
    ]

    assert sum(bool(BIG_TITLES.search(title)) for title in titles) > 0.1 * len(titles)
    assert not [title for title in titles if "Owner" in title or "Founder" in title]


@pytest.mark.parametrize("locale", locale_names())
def test_a_company_has_one_owner_and_every_executive_title_once(factual_generator: MakeGenerator, locale: str) -> None:
    for account in accounts(factual_generator("B2B", locale)):
        levels = Counter(contact.seniority for contact in account.contacts)
        assert levels["owner"] <= 1
        assert account.company.employees >= MEDIUM or levels["executive"] <= 1
        high = [contact.job_title for contact in account.contacts if contact.seniority in {"owner", "executive", "vp"}]
        assert len({ABBREVIATIONS.get(title, title) for title in high}) == len(high)


@pytest.mark.parametrize("locale", locale_names())
def test_of_several_people_one_is_senior_enough_to_decide(factual_generator: MakeGenerator, locale: str) -> None:
    several = [account.contacts for account in accounts(factual_generator("B2B", locale)) if len(account.contacts) > 1]

    assert len(several) > ACCOUNTS / 2
    assert all({contact.seniority for contact in contacts} & DECIDING for contacts in several)


@pytest.mark.parametrize("locale", locale_names())
def test_a_company_of_twenty_has_no_executives_and_one_head_for_a_department(
    factual_generator: MakeGenerator, locale: str
) -> None:
    small = [one for one in accounts(factual_generator("B2B", locale)) if one.company.employees < SMALL]

    for account in small:
        heads = [contact.function for contact in account.contacts if contact.seniority in {"director", "manager"}]
        assert len(set(heads)) == len(heads)
        assert all(contact.seniority != "executive" for contact in account.contacts)
    assert len(small) > 20


def people(*sexes: str) -> list[Person]:
    return [Person("A", "B", "a", "b", sex) for sex in sexes]


@pytest.mark.parametrize("name", ["de", "fr", "es", "it", "nl", "pt"])
def test_two_people_of_different_sex_do_not_share_a_post(name: str) -> None:
    language, one = load_language(name, "B2B"), WeightedChoice(["finance"], [1])
    seed = SeedSequence("posts")
    for number in range(60):
        draws = [seed.stream(RandomStream.LEAD, number, part) for part in range(6)]
        alike = [seed.stream(RandomStream.LEAD, number, part) for part in range(6)]
        women = draw_positions(language, Employer(900, one, one), people(*"ffffff"), draws)
        mixed = draw_positions(language, Employer(900, one, one), people(*"fmfmfm"), alike)
        assert [position.seniority for position in mixed] == [position.seniority for position in women]
        high = [position.title for position in women if position.seniority not in {"senior", "staff"}]
        assert len(set(high)) == len(high)


def test_a_short_title_and_its_long_form_are_one_post() -> None:
    language, one = load_language("en", "B2B"), WeightedChoice(["finance"], [1])
    seed = SeedSequence("chiefs")
    for number in range(300):
        draws = [seed.stream(RandomStream.LEAD, number, part) for part in range(6)]
        titles = [one.title for one in draw_positions(language, Employer(900, one, one), people(*"mmmmmm"), draws)]
        assert not {"CFO", "Chief Financial Officer"} <= {*titles}


@pytest.mark.parametrize("sex", ["f", "m"])
def test_titles_agree_with_the_sex(sex: str) -> None:
    language, one = load_language("de", "B2B"), WeightedChoice(["it"], [1])
    seed = SeedSequence("endings")
    titles = {
        position.title
        for number in range(200)
        for position in draw_positions(
            language, Employer(60, one, one), people(sex), [seed.stream(RandomStream.LEAD, number)]
        )
    }

    assert ("IT-Leiterin" in titles) == (sex == "f")
    assert ("IT-Leiter" in titles) == (sex == "m")
    assert not [title for title in titles if "<" in title or "{" in title]
