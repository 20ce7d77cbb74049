"""10,000 business pairs, looked at as a whole."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from statistics import median

import pytest
from unit.synthetic.conftest import MakeRun

from simcrm.synthetic import Pair
from simcrm.synthetic.data_files import read_data

COUNT = 10_000
FORMS = re.compile(r",? (Inc\.|LLC|Corp\.)$")
BUSINESS_WORDS = re.compile(
    r"\b(Owner|Operator|Founder|President|CEO|COO|CFO|CIO|CTO|CRO|CMO|CPO|CHRO|Partner|Principal|General|Chief|VP|SVP|EVP"
    r"|Director|Head|Managers?|Lead|Senior|Sr|Analyst|Engineer|Administrator|Coordinator|Specialist|Accountant|Officer"
    r"|Architect|Developer|Designer|Recruiter|Buyer|Planner|Consultant|Nurse|Generalist|Associate|Executive|Supervisor"
    r"|Auditor|Controller|Representative|Assistant|Technician|Agent|Bookkeeper|Owner|Researcher|Strategist|Coder|Counsel"
    r"|Underwriter|Processor|Advisor|Superintendent|Educator)\b"
)


@pytest.fixture(scope="module")
def pairs(run: MakeRun) -> list[Pair]:
    return run(COUNT)[1]


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def share(pairs: list[Pair], holds: Callable[[Pair], bool]) -> float:
    return sum(map(holds, pairs)) / len(pairs)


def test_no_two_contacts_have_one_address(pairs: list[Pair]) -> None:
    assert len({pair.contact["email"] for pair in pairs}) == COUNT


def test_a_domain_belongs_to_one_company_and_a_company_has_one_domain(pairs: list[Pair]) -> None:
    assert len({pair.company["domain"] for pair in pairs}) == COUNT
    assert len({(pair.company_index, pair.company["domain"]) for pair in pairs}) == COUNT


def test_a_domain_carries_the_name_of_its_company(pairs: list[Pair]) -> None:
    def carries(pair: Pair) -> bool:
        stem = letters(pair.company["domain"].rsplit(".", 1)[0])
        words = re.split(r"[ &-]+", FORMS.sub("", pair.company["name"]))
        return stem.startswith(letters(words[0])) and all(letters(word) in stem for word in words[:1])

    assert share(pairs, carries) >= 0.95


def test_people_write_from_the_domain_of_their_company(pairs: list[Pair]) -> None:
    assert 0.95 <= share(pairs, lambda pair: pair.contact["email"].endswith("@" + pair.company["domain"])) < 1


def test_a_city_lies_in_its_state_and_has_its_postal_code(pairs: list[Pair]) -> None:
    data = read_data("locales/en_US/places.json")
    places = {
        (row.split("|")[0], data["regions"][row.split("|")[1]]): row.split("|")[3].split(",") for row in data["places"]
    }

    for record in (record for pair in pairs for record in (pair.contact, pair.company)):
        assert record["zip"] in places[record["city"], record["state"]]


def test_a_phone_has_an_area_code_of_its_state_and_a_number_kept_for_fiction(pairs: list[Pair]) -> None:
    data = read_data("locales/en_US/places.json")
    states = defaultdict(set)
    for row in data["places"]:
        _, state, codes, _ = row.split("|")
        for code in codes.split(","):
            states[code].add(data["regions"][state])

    for record in (record for pair in pairs for record in (pair.contact, pair.company)):
        match = re.fullmatch(r"(?:\+1 )?\(?(\d{3})\)?[ -]555-01\d\d", record["phone"])
        assert match
        assert record["state"] in states[match[1]]


def test_names_come_by_the_frequency_of_the_census(pairs: list[Pair]) -> None:
    names = read_data("locales/en_US/names.json")
    total = sum(names["surnameWeights"])
    drawn = Counter(pair.contact["lastname"] for pair in pairs)

    for surname, weight in list(zip(names["surnames"], names["surnameWeights"], strict=True))[:10]:
        assert drawn[surname] / COUNT == pytest.approx(weight / total, abs=0.003)
    assert drawn["Smith"] > drawn["Anderson"] > drawn["Hughes"]


def test_full_names_repeat_as_seldom_as_in_life(pairs: list[Pair]) -> None:
    distinct = len({(pair.contact["firstname"], pair.contact["lastname"]) for pair in pairs}) / COUNT

    assert distinct == pytest.approx(0.9887, abs=0.01)


def test_job_titles_are_those_of_a_business_and_many(pairs: list[Pair]) -> None:
    titles = [pair.contact["jobtitle"] for pair in pairs[:1000]]

    assert all(BUSINESS_WORDS.search(title) for title in titles)
    assert len(set(titles)) >= 150


def test_the_head_of_a_firm_decides_and_its_staff_uses_but_not_always(pairs: list[Pair]) -> None:
    def deciding(words: str) -> float:
        chosen = [pair for pair in pairs if re.search(words, pair.contact["jobtitle"])]
        return share(chosen, lambda pair: pair.contact["simcrm_buyer_role"] == "Decision Maker")

    assert 0.6 < deciding(r"\b(Chief|Owner|CEO|CFO|Founder)\b") < 0.98
    assert deciding(r"\b(Analyst|Coordinator|Specialist|Technician)\b") < 0.15


def test_interest_fits_the_industry(pairs: list[Pair]) -> None:
    makers = [pair for pair in pairs if pair.company["industry"] in {"MACHINERY", "PLASTICS", "FOOD_PRODUCTION"}]
    plant_products = {
        offer["product"] for offer in read_data("packs/b2b-manufacturing.json")["segments"][0]["texts"]["en"]["offers"]
    }
    fitting = share(
        makers, lambda pair: any(product in pair.company["simcrm_product_interest"] for product in plant_products)
    )

    assert fitting == 1


def test_engagement_tells_hot_leads_from_cold_ones_but_not_perfectly(pairs: list[Pair]) -> None:
    scores: dict[str, list[int]] = defaultdict(list)
    for pair in pairs[:3000]:
        scores[pair.contact["simcrm_lead_temperature"]].append(int(pair.contact["simcrm_engagement_score"]))
    wins = sum((hot > cold) + (hot == cold) / 2 for hot in scores["hot"] for cold in scores["cold"])

    assert 0.80 <= wins / (len(scores["hot"]) * len(scores["cold"])) <= 0.97
    assert all(0 <= score <= 100 for row in scores.values() for score in row)


def test_most_companies_are_small_and_a_few_are_very_large(pairs: list[Pair]) -> None:
    sizes = [int(pair.company["numberofemployees"]) for pair in pairs]

    assert sum(size < 250 for size in sizes) > COUNT / 2
    assert max(sizes) > 30 * median(sizes)


def test_revenue_grows_with_the_staff(pairs: list[Pair]) -> None:
    for pair in pairs[:2000]:
        assert 15_000 < int(pair.company["annualrevenue"]) / int(pair.company["numberofemployees"]) < 1_500_000


def test_every_value_is_text_and_none_is_a_placeholder(pairs: list[Pair]) -> None:
    wrong = re.compile(r"[{}\[\]|]|\b(None|null|N/A|TODO|lorem|example|undefined)\b|  ", re.IGNORECASE)
    for pair in pairs[:2000]:
        for name, value in (pair.contact | pair.company).items():
            assert isinstance(value, str)
            assert value
            if name not in {"simcrm_generation_metadata", "simcrm_product_interest"}:
                assert not wrong.search(value), f"{name}: {value}"


def test_industries_are_options_of_the_portal(pairs: list[Pair]) -> None:
    assert {pair.company["industry"] for pair in pairs} <= set(read_data("hubspot.json")["industries"])


def test_a_company_of_a_pair_came_the_way_its_contact_came(pairs: list[Pair]) -> None:
    assert all(pair.contact["simcrm_original_source"] == pair.company["simcrm_original_source"] for pair in pairs)


def test_sources_name_an_event_or_a_channel_and_differ(pairs: list[Pair]) -> None:
    assert len({pair.contact["simcrm_original_source"] for pair in pairs[:1000]}) > 500


def test_words_about_a_lead_seldom_repeat(pairs: list[Pair]) -> None:
    assert len({pair.contact["simcrm_lead_reasoning"] for pair in pairs[:1000]}) >= 980
