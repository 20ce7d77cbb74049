"""Scenario packs: the shipped ones, and files a user adds."""

import json
from pathlib import Path
from typing import Any

import pytest
from builders import START, plan
from unit.synthetic.conftest import END, MakeRun, Run

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic import (
    AccountGenerator,
    GenerationSettings,
    PackError,
    UnknownLocaleError,
    UnknownScenarioError,
    load_scenario,
    scenario_names,
)
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.scenario import Price, PriceModel

SHIPPED = (
    "B2B",
    "B2C",
    "b2b-consulting",
    "b2b-finance",
    "b2b-healthcare",
    "b2b-manufacturing",
    "b2b-software",
    "b2c-retail",
    "b2c-subscriptions",
    "b2c-travel",
)


def pack(**changes: Any) -> dict[str, Any]:
    words = {
        "offers": [
            {
                "product": "Hive Scale",
                "pains": ["hives opened too often"],
                "gains": ["see honey flow"],
                "issues": ["a flat battery"],
            }
        ],
        "trades": {"FARMING": {"words": ["Apiaries"], "activities": ["honey and pollination"]}},
        "events": ["Beekeepers Day"],
        "topics": ["Swarm Season"],
        "objections": ["the season is over"],
        "incumbents": ["a notebook"],
        "triggers": ["they doubled their hives"],
    }
    segment = {
        "name": "bees",
        "industries": {"FARMING": 1},
        "functions": {"operations": 1},
        "employees": 6,
        "employeesSpread": 0.5,
        "revenuePerEmployee": 90000,
        "topLevelDomains": {"com": 1},
        "texts": {"en": words},
    }
    return {"name": "b2b-bees", "kind": "B2B", "description": "Beekeepers", "segments": [segment], **changes}


def write_pack(folder: Path, document: Any, name: str = "bees.json") -> str:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1), encoding="utf-8")
    return str(path)


def document_lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def pack_error(path: str) -> PackError:
    with pytest.raises(PackError) as caught:
        scenario_names((path,))
    return caught.value


def test_the_shipped_scenarios_are_these() -> None:
    assert scenario_names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_pack_holds_what_a_user_pack_must(name: str, tmp_path: Path) -> None:
    copied = write_pack(tmp_path, read_data(f"packs/{name}.json"), f"{name}.json")

    assert load_scenario(name, (copied,)) == load_scenario(name)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_makes_all_records(run: MakeRun, name: str) -> None:
    made = run(100 if name.lower().startswith("b2b") else 60, scenario=name)

    assert all(len(record.contact) >= 16 for record in made.records)
    kinds = {item.event.object_type for item in made.activities}
    expected = {ObjectType.DEALS, ObjectType.LINE_ITEMS, ObjectType.NOTES, ObjectType.CALLS, ObjectType.EMAILS}
    assert kinds >= expected | {ObjectType.TASKS}
    assert (ObjectType.MEETINGS in kinds) == name.lower().startswith("b2b")


def test_the_rhythm_is_that_of_the_kind_of_scenario() -> None:
    business, consumer = (load_scenario(name).parameters for name in ("B2B", "B2C"))

    assert (business.sales_cycle_days, consumer.sales_cycle_days) == (60, 7)
    assert (business.win_rate, consumer.win_rate) == (0.6, 0.42)
    assert (business.amount_mu, business.amount_sigma) == (10.5, 0.9)
    assert (consumer.amount_mu, consumer.amount_sigma) == (7.8, 0.5)
    assert (business.contacts_per_company.low, business.contacts_per_company.high) == (3, 6)
    assert business.caps == {"notes": 5, "calls": 3, "tasks": 6, "tickets": 1}
    assert consumer.budgets == {"notes": 8000, "calls": 1200, "tasks": 5000, "tickets": 300}
    follow_up = next(rule for rule in business.rules if rule.object_type is ObjectType.TASKS)
    assert (follow_up.moment, follow_up.probability, follow_up.unless) == (
        LifecycleTrigger.QUALIFIED,
        0.5,
        ObjectType.CALLS,
    )


def test_a_mixed_scenario_takes_the_segments_of_its_packs_by_weight() -> None:
    segments = {segment.name: segment.weight for segment in load_scenario("B2B").segments}

    assert set(segments) == {"software", "manufacturing", "consulting", "healthcare", "finance"}
    assert segments["software"] > segments["finance"]


def test_a_user_pack_is_one_more_scenario(tmp_path: Path) -> None:
    path = write_pack(tmp_path, pack())
    account = AccountGenerator(GenerationSettings("7", "b2b-bees", pack_paths=(path,))).account(0)

    assert "b2b-bees" in scenario_names((path,))
    assert account.company.industry == "FARMING"
    assert account.company.interests == ("Hive Scale",)
    assert {contact.function for contact in account.contacts} == {"operations"}


def test_a_folder_of_packs_is_read_as_a_whole(tmp_path: Path) -> None:
    write_pack(tmp_path, pack(), "one.json")
    write_pack(tmp_path, pack(name="b2b-wasps"), "two.json")

    assert {"b2b-bees", "b2b-wasps"} <= set(scenario_names((str(tmp_path),)))


def test_a_user_pack_may_mix_shipped_ones_and_change_the_rhythm(tmp_path: Path) -> None:
    mixed = {
        "name": "plants",
        "kind": "B2B",
        "description": "Plants and clinics",
        "mix": {"b2b-manufacturing": 3, "b2b-healthcare": 1},
        "parameters": {"winRate": 0.2},
    }
    loaded = load_scenario("plants", (write_pack(tmp_path, mixed),))

    assert [segment.name for segment in loaded.segments] == ["manufacturing", "healthcare"]
    assert (loaded.parameters.win_rate, loaded.parameters.sales_cycle_days) == (0.2, 60)


def with_rules(rules: dict[str, list[str]], **changes: Any) -> dict[str, Any]:
    """A pack that replaces sentences."""
    document = pack(**changes)
    document["segments"][0]["texts"]["en"]["rules"] = rules
    return document


def test_a_user_pack_can_replace_sentences(tmp_path: Path) -> None:
    rules = {"company_description": ["{place} [keeps|sells] {product}."], "place": ["{company} of {city}"]}
    settings = GenerationSettings("7", "b2b-bees", pack_paths=(write_pack(tmp_path, with_rules(rules)),))
    companies = [AccountGenerator(settings).account(number).company for number in range(20)]

    assert {company.description.split()[-3] for company in companies} == {"keeps", "sells"}
    for company in companies:
        told = company.description.replace(" keeps ", " sells ")
        assert told == f"{company.short_name} of {company.place.city} sells Hive Scale."


def test_whole_histories_are_written_with_a_user_pack_and_its_sentences(tmp_path: Path) -> None:
    consents = {
        f"consent_{kind}": [f"{kind} {{first}} {{last}}, {{product}}, {{date}}"] for kind in source_kinds("en-B2B")
    }
    document = with_rules({**consents, "matter_lost": ["leaving {city}"]}, parameters={"winRate": 0.2})
    asked = plan(
        run_start=END,
        scenario="b2b-bees",
        totalRecords=300,
        startTime=to_iso_utc(START),
        endTime=to_iso_utc(END),
    )
    run = Run(AccountHistories.from_plan(asked, (write_pack(tmp_path, document),)))

    for record in run.records:
        person, source = record.facts.person, record.facts.company.source_kind
        told = f"{source} {person.first} {person.last}, Hive Scale, "
        assert record.contact["simcrm_marketing_consent_detail"].startswith(told[0].upper() + told[1:])
    tickets = [item for item in run.of_type(ObjectType.TICKETS) if item.event.trigger is LifecycleTrigger.LOST]
    assert tickets
    for item in tickets:
        told = item.properties["subject"] + item.properties["content"]
        assert f"eaving {item.contact.company.place.city}" in told
    assert {item.properties["name"] for item in run.of_type(ObjectType.LINE_ITEMS)} == {"Hive Scale"}


def source_kinds(name: str) -> list[str]:
    """The sources of a language and kind of scenario."""
    kinds: dict[str, int] = read_data(f"source_texts/{name}.json")["sourceKinds"]
    return list(kinds)


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownScenarioError, match="unknown scenario 'B2G'; available: B2B, B2C, b2b-consulting"):
        load_scenario("B2G")


def test_a_pack_without_texts_in_the_language_is_refused(tmp_path: Path) -> None:
    settings = GenerationSettings(
        seed="7", scenario="b2b-bees", locales=(("de_DE", 1.0),), pack_paths=(write_pack(tmp_path, pack()),)
    )

    with pytest.raises(UnknownLocaleError, match="unknown locale 'de_DE' in scenario 'b2b-bees'; available: en"):
        AccountGenerator(settings)


def test_text_that_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    error = pack_error(write_pack(tmp_path, '{\n "name": "x",\n "kind" "B2B"\n}'))

    assert error.line == 3
    assert str(error).startswith(f"{tmp_path / 'bees.json'}:3: invalid JSON")


def test_an_unknown_field_is_refused_with_file_line_and_field(tmp_path: Path) -> None:
    error = pack_error(
        write_pack(tmp_path, '{\n "name": "x",\n "kind": "B2B",\n "description": "d",\n "segmants": []\n}')
    )

    assert (error.line, error.field) == (5, "segmants")
    assert "unknown field; available: name, kind, description" in error.reason


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("industries", {"BEEKEEPING": 1}, "is not an option of HubSpot's company industry"),
        ("functions", {"beekeeping": 1}, "is not a department"),
        ("employees", "six", "must be a whole number, is 'six'"),
        ("employees", -6, "must not be negative, is -6"),
        ("employees", 10**400, "must be at most 1,000,000,000,000"),
        ("employeesSpread", float("nan"), "must be at most 1,000,000,000,000"),
        ("employeesSpread", float("inf"), "must be at most 1,000,000,000,000"),
        ("industries", {"MACHINERY": 0}, "has no weight above 0"),
        ("industries", {"MACHINERY": 10**400}, "must be at most 1,000,000,000,000"),
        ("functions", {"operations": 0}, "has no weight above 0"),
        ("topLevelDomains", {"com": 0}, "has no weight above 0"),
        ("employeesSpread", True, "must be a number, is True"),
        ("name", " ", "must not be empty"),
        ("topLevelDomains", {}, "must not be empty"),
        ("texts", [], "must be an object, is []"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field_and_line(tmp_path: Path, field: str, value: Any, reason: str) -> None:
    document = pack()
    document["segments"][0][field] = value
    path = write_pack(tmp_path, document)

    error = pack_error(path)

    assert error.field.startswith(f"segments.0.{field}")
    assert reason in error.reason
    begins = next(number for number, line in enumerate(document_lines(path), 1) if f'"{field}":' in line and number > 5)
    assert error.line in {begins, begins + 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "B2G"}, "kind"),
        ({"segments": []}, "segments"),
        ({"parameters": {"rules": [{"moment": "bought"}]}}, "parameters.rules.0"),
        ({"parameters": {"winrate": 1}}, "parameters.winrate"),
        ({"parameters": {"amountMu": 1e300}}, "parameters.amountMu"),
        ({"parameters": {"salesCycleDays": 1e9}}, "parameters.salesCycleDays"),
        ({"parameters": {"winRate": float("nan")}}, "parameters.winRate"),
        ({"mix": {"b2b-software": 0}}, "mix"),
        ({"mix": {"b2b-software": "much"}}, "mix.b2b-software"),
        ({"mix": {"b2b-nothing": 1}}, "mix.b2b-nothing"),
    ],
)
def test_a_wrong_part_of_a_pack_is_named(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    assert pack_error(write_pack(tmp_path, pack(**change))).field.startswith(field)


def test_a_trade_that_is_missing_or_sells_what_is_not_offered_is_refused(tmp_path: Path) -> None:
    missing, foreign = pack(), pack()
    missing["segments"][0]["industries"]["RANCHING"] = 1
    foreign["segments"][0]["texts"]["en"]["trades"]["FARMING"]["products"] = ["Tractor"]

    assert pack_error(write_pack(tmp_path, missing)).reason == "has nothing for RANCHING"
    assert pack_error(write_pack(tmp_path, foreign)).reason == "'Tractor' is not a product of the offers"


PRICE = {"model": "seat", "listPrice": 480, "setup": 0.1, "setupProbability": 0.5, "setupName": "onboarding"}


def offering(**changes: Any) -> dict[str, Any]:
    """A pack whose only offer has changes."""
    document = pack()
    document["segments"][0]["texts"]["en"]["offers"][0].update(changes)
    return document


def test_an_offer_may_have_a_price_buyers_and_words_of_its_own(tmp_path: Path) -> None:
    changes = {"price": PRICE, "replaces": ["a notebook"], "askedBy": ["it"], "objections": ["too heavy"]}
    (offer,) = load_scenario("b2b-bees", (write_pack(tmp_path, offering(**changes)),)).segments[0].texts["en"].offers

    assert offer.price == Price(PriceModel.SEAT, 480, 0.1, 0.5, "onboarding")
    assert (offer.replaces, offer.asked_by, offer.objections, offer.triggers) == (
        ("a notebook",), ("it",), ("too heavy",), ()
    )  # fmt: skip
    assert offer.setup_product == "Hive Scale onboarding"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"price": {**PRICE, "model": "hive"}}, "price.model", "'hive' is not one of seat, site, one_off"),
        ({"price": {**PRICE, "listPrice": -1}}, "price.listPrice", "must not be negative, is -1"),
        ({"price": {**PRICE, "listPrice": 0}}, "price.listPrice", "must be above 0 for a price by seat"),
        ({"price": {**PRICE, "setup": 1.5}}, "price.setup", "must be from 0 to 1, is 1.5"),
        ({"price": {**PRICE, "setup": 1}}, "price.setup", "must leave a share for the product, is 1"),
        ({"price": {**PRICE, "setupProbability": 30}}, "price.setupProbability", "must be from 0 to 1, is 30"),
        ({"price": {"model": "site", "listPrice": 9, "setup": 0.1}}, "price.setup", "needs a setupName"),
        ({"price": {"listPrice": 9}}, "price.model", "required field is missing"),
        ({"price": {**PRICE, "currency": "EUR"}}, "price.currency", "unknown field; available: model, listPrice"),
        ({"replaces": ["a pencil"]}, "replaces.0", "'a pencil' is none of the incumbents; there are: a notebook"),
        ({"askedBy": ["bees"]}, "askedBy.0", "'bees' is no department; there are: operations, it"),
        ({"objections": []}, "objections", "must not be empty"),
        ({"triggers": [" "]}, "triggers.0", "must not be empty"),
    ],
)
def test_a_wrong_value_of_an_offer_is_refused_with_its_line_and_what_is_right(
    tmp_path: Path, changes: dict[str, Any], field: str, reason: str
) -> None:
    path = write_pack(tmp_path, offering(**changes))

    error = pack_error(path)

    assert error.field == f"segments.0.texts.en.offers.0.{field}"
    assert reason in error.reason
    key = next(part for part in reversed(field.split(".")) if not part.isdigit())
    lines = [number for number, line in enumerate(document_lines(path), 1) if f'"{key}":' in line]
    assert error.line in {*lines, *(number + 1 for number in lines)} or "missing" in reason


@pytest.mark.parametrize(
    ("unit", "field", "reason"),
    [
        ({"one": "hive"}, "other", "required form is missing: what several are called, beside 'hive'"),
        ({"other": "hives"}, "one", "required form is missing: what one is called, beside 'hives'"),
        ({"one": "hive", "other": "hives", "few": "hive"}, "few", "no plural category of the language; there are: one"),
    ],
)
def test_a_unit_without_its_plurals_is_refused_with_its_line(
    tmp_path: Path, unit: dict[str, str], field: str, reason: str
) -> None:
    document = pack()
    document["segments"][0]["texts"]["en"]["offers"][0]["unit"] = unit
    path = write_pack(tmp_path, document)

    error = pack_error(path)

    lines = document_lines(path)
    assert reason in error.reason
    assert error.field == f"segments.0.texts.en.offers.0.unit.{field}"
    assert ('"unit"' if field not in unit else f'"{field}"') in lines[(error.line or 0) - 1]


def test_a_noun_without_the_gender_that_its_language_needs_is_refused_with_what_to_write(tmp_path: Path) -> None:
    document = pack(kind="B2C")
    segment = document["segments"][0]
    segment["texts"] = {"it": segment["texts"]["en"]}
    path = write_pack(tmp_path, document)

    error = pack_error(path)

    assert error.field == "segments.0.texts.it.offers.0.product"
    assert '"product": "Hive Scale"' in document_lines(path)[(error.line or 0) - 1]
    assert '"Hive Scale" has no form' in error.reason
    assert '{"text": "Hive Scale", "gender": "f"}' in error.reason
    for gender in ("m", "f"):
        segment["texts"]["it"]["offers"][0]["product"] = {"text": "Bilancia", "gender": gender}
        assert "b2b-bees" in scenario_names((write_pack(tmp_path, document, f"{gender}.json"),))


def test_a_specialty_is_checked_like_its_trade(tmp_path: Path) -> None:
    document = pack()
    specialty = {"words": ["Honey"], "activities": ["raw honey"], "products": ["Tractor"], "minEmployees": 20}
    document["segments"][0]["texts"]["en"]["trades"]["FARMING"]["specialties"] = [specialty]

    error = pack_error(write_pack(tmp_path, document))

    assert error.field.endswith("trades.FARMING.specialties.0.products.0")
    assert error.reason == "'Tractor' is not a product of the offers"


@pytest.mark.parametrize("pattern", ["{first", "[a|b", "a]b", "a|b", "{nobody} came", "{first} came", "{pain}"])
def test_a_sentence_that_cannot_be_written_is_refused(tmp_path: Path, pattern: str) -> None:
    document = with_rules({"company_description": ["fine", pattern]})

    assert pack_error(write_pack(tmp_path, document)).field == "segments.0.texts.en.rules.company_description.1"


@pytest.mark.parametrize(
    ("rules", "field", "reason"),
    [
        ({"consent_demo": ["{greeting}"], "greeting": ["by {referrer}"]}, "greeting.0", "no slot or rule referrer"),
        ({"matter_lost": ["on {date}"]}, "matter_lost.0", "matter_lost has no slot or rule date"),
        ({"matter_lost": ["fine"], "greeting": ["hello"]}, "greeting", "no text uses this rule; texts begin with"),
        ({"note_won": ["{first} came"]}, "note_won", "no text uses this rule; texts begin with company_description, "),
        ({"source_store": ["Store"]}, "source_store", "no text uses this rule; texts begin with"),
    ],
)
def test_a_rule_is_refused_that_no_text_uses_or_that_says_what_its_text_does_not_know(
    tmp_path: Path, rules: dict[str, list[str]], field: str, reason: str
) -> None:
    error = pack_error(write_pack(tmp_path, with_rules(rules)))

    assert error.field == f"segments.0.texts.en.rules.{field}"
    assert reason in error.reason
    assert error.line is not None


def test_a_text_may_name_who_introduced_an_account_if_somebody_did(tmp_path: Path) -> None:
    rules = {"consent_referral": ["{referrer} of {referrer_company}"], "source_partner": ["{referrer_company}"]}
    path = write_pack(tmp_path, with_rules(rules), "bees.json")

    assert load_scenario("b2b-bees", (path,)).segments[0].texts["en"].rules.keys() == rules.keys()


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    write_pack(tmp_path, pack(), "one.json")
    write_pack(tmp_path, pack(), "two.json")

    assert pack_error(str(tmp_path)).reason == "'b2b-bees' is also the name of another pack"


def test_a_path_without_packs_is_refused(tmp_path: Path) -> None:
    assert "no .json file" in pack_error(str(tmp_path)).reason
    assert "cannot be read" in pack_error(str(tmp_path / "absent.json")).reason


def test_the_pack_in_the_documentation_is_a_pack(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    shown = text.partition("```json\n")[2].partition("```")[0]
    path = write_pack(tmp_path, shown)

    generator = AccountGenerator(GenerationSettings("7", "b2b-bees", pack_paths=(path,)))

    assert generator.parameters.win_rate == 0.35
    assert generator.account(0).company.industry in {"FARMING", "FOOD_PRODUCTION"}
