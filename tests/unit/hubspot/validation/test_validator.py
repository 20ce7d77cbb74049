import pytest
import redis
from builders import planned_object
from portal_in_process import LocalPortal
from recorders import LogLines

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.input_errors import InputError, PropertyError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.validation.property_definitions import MAX_AGE_SECONDS, PropertyDefinitionCache, portal_identity
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import CrmObject, ObjectType, Properties

CONTACTS, COMPANIES, DEALS, NOTES, TASKS, TICKETS = (
    ObjectType.CONTACTS,
    ObjectType.COMPANIES,
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.TASKS,
    ObjectType.TICKETS,
)


@pytest.fixture
def validator(client: HubSpotClient, cache: redis.Redis) -> Validator:
    return Validator(PropertyDefinitionCache(client, cache, "portal"))


def checked_properties(validator: Validator, item: CrmObject) -> Properties:
    ((checked,), refused) = validator.check([item])
    assert refused == {}
    return checked.properties


def test_what_fits_is_sent_as_it_is(validator: Validator, log_lines: LogLines) -> None:
    item = planned_object(CONTACTS, jobtitle="Buyer", simcrm_lead_temperature="hot", simcrm_engagement_score="70")

    assert checked_properties(validator, item) == item.properties
    validator.report()
    assert log_lines.with_event_id("VALUES_ADJUSTED") == []


def test_decisions_are_counted_in_one_line_for_each_kind_and_batch(validator: Validator, log_lines: LogLines) -> None:
    items = [
        planned_object(COMPANIES, index, industry="Computer Software", country_code_x="1", createdate="2026-01-01")
        for index in range(50)
    ]
    checked, _ = validator.check(items)
    validator.report()

    lines = {
        line["decision"]: (line["count"], line["properties"]) for line in log_lines.with_event_id("VALUES_ADJUSTED")
    }
    assert lines["option_by_label"] == (50, {"industry": 50})
    assert lines["unknown_property"] == (50, {"country_code_x": 50})
    assert {item.properties["industry"] for item in checked} == {"COMPUTER_SOFTWARE"}
    validator.report()
    assert len(log_lines.with_event_id("VALUES_ADJUSTED")) == len(lines)


def test_read_only_properties_are_removed(validator: Validator) -> None:
    assert "hs_object_id" not in checked_properties(validator, planned_object(CONTACTS, hs_object_id="7"))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (planned_object(DEALS, dealname=""), "dealname"),
        (planned_object(CONTACTS, firstname="", lastname=""), "email or firstname or lastname"),
        (planned_object(COMPANIES, name="", domain=""), "name or domain"),
        (planned_object(TASKS, hs_timestamp="whenever"), "hs_timestamp"),
        (planned_object(TICKETS, subject=""), "subject"),
    ],
)
def test_an_object_without_what_hubspot_requires_is_refused_with_that_reason(
    validator: Validator, item: CrmObject, reason: str
) -> None:
    assert validator.check([item]) == ([], {item.key: f"HubSpot requires {reason}, which has no valid value"})


def test_a_change_of_what_is_there_needs_only_what_changes(validator: Validator) -> None:
    whole = planned_object(CONTACTS)
    change = CrmObject(whole.key, CONTACTS, {"lifecyclestage": "customer"}, is_update=True)

    assert checked_properties(validator, change) == {"lifecyclestage": "customer"}


def test_pipeline_and_stage_are_the_portals(validator: Validator) -> None:
    kept = checked_properties(validator, planned_object(DEALS, pipeline="default", dealstage="closedwon"))
    strange = checked_properties(validator, planned_object(DEALS, pipeline="mine", dealstage="first"))

    assert (kept["pipeline"], kept["dealstage"]) == ("default", "closedwon")
    assert (strange["pipeline"], strange["dealstage"]) == ("default", "appointmentscheduled")


def test_an_owner_that_the_portal_does_not_have_is_dropped(validator: Validator, portal: LocalPortal) -> None:
    owner = portal.request("GET", "/crm/v3/owners/")["results"][0]["id"]

    assert checked_properties(validator, planned_object(CONTACTS, hubspot_owner_id=owner))["hubspot_owner_id"] == owner
    assert "hubspot_owner_id" not in checked_properties(validator, planned_object(CONTACTS, hubspot_owner_id="1"))


def reads(portal: LocalPortal) -> int:
    return sum("properties" in path for _, path in portal.calls)


def test_definitions_are_read_once_an_hour_and_shared_by_all_processes(portal: LocalPortal, cache: redis.Redis) -> None:
    now = [0.0]

    def process() -> PropertyDefinitionCache:
        return PropertyDefinitionCache(portal.client(), cache, "portal", lambda: now[0])

    first, second = process(), process()
    assert first.rules_for(CONTACTS) == second.rules_for(CONTACTS) == first.rules_for(CONTACTS)
    assert reads(portal) == 1
    assert 0 < cache.ttl("portal:portal:definitions:contacts") <= MAX_AGE_SECONDS

    now[0] += MAX_AGE_SECONDS
    cache.flushall()
    first.rules_for(CONTACTS)
    assert reads(portal) == 2


@pytest.mark.parametrize("away", [True, False])
def test_without_a_cache_each_process_reads_for_itself(
    portal: LocalPortal, absent_redis_url: str, *, away: bool
) -> None:
    cache = redis.Redis.from_url(absent_redis_url) if away else None
    definitions = PropertyDefinitionCache(portal.client(), cache, "portal")

    assert definitions.rules_for(NOTES) == definitions.rules_for(NOTES)
    assert reads(portal) == 1


def test_another_portal_or_token_has_definitions_of_its_own() -> None:
    assert (
        len({portal_identity("https://a", "1"), portal_identity("https://a", "2"), portal_identity("https://b", "1")})
        == 3
    )
    assert "secret" not in portal_identity("https://a", "secret")


@pytest.mark.parametrize("takes", [True, False])
def test_whether_activities_have_a_unique_key_is_what_the_portal_says(*, takes: bool) -> None:
    portal = LocalPortal(activities_take_unique_properties=takes)
    prepare_portal(portal.client(), allow_production=False)
    validator = Validator(PropertyDefinitionCache(portal.client(), None, "portal"))

    assert validator.has_key(CONTACTS)
    assert validator.has_key(NOTES) is takes


def fix(validator: Validator, item: CrmObject, *problems: PropertyError) -> CrmObject | None:
    return validator.fix_properties(item, InputError("no", problems))


def test_a_refused_property_is_left_out_and_counted(validator: Validator, log_lines: LogLines) -> None:
    item = planned_object(CONTACTS, jobtitle="Buyer", city="Oslo")

    mended = fix(validator, item, PropertyError("jobtitle", "INVALID_ALPHA"))
    validator.report()

    assert mended is not None
    assert mended.properties == {name: value for name, value in item.properties.items() if name != "jobtitle"}
    (line,) = log_lines.with_event_id("VALUES_ADJUSTED")
    assert (line["decision"], line["count"], line["properties"]) == ("refused_dropped", 1, {"jobtitle": 1})


def test_an_option_that_the_admin_has_renamed_is_mended_by_the_new_definition(
    validator: Validator, portal: LocalPortal
) -> None:
    validator.definitions.rules_for(CONTACTS)
    options = [{"value": "decider", "label": "Decision Maker", "displayOrder": 0, "hidden": False}]
    portal.request("PATCH", "/crm/v3/properties/contacts/simcrm_buyer_role", {"options": options})
    item = planned_object(CONTACTS, simcrm_buyer_role="Decision Maker")

    mended = fix(validator, item, PropertyError("simcrm_buyer_role", "INVALID_OPTION"))

    assert mended is not None
    assert mended.properties["simcrm_buyer_role"] == "decider"


@pytest.mark.parametrize("name", ["email", "simcrm_record_key", "firstname"])
def test_what_makes_a_record_the_one_it_is_is_not_left_out(validator: Validator, name: str) -> None:
    assert fix(validator, planned_object(CONTACTS, email="a@b.example"), PropertyError(name, "INVALID_EMAIL")) is None


def test_a_refusal_that_names_nothing_mends_nothing(validator: Validator) -> None:
    assert fix(validator, planned_object(CONTACTS)) is None


def test_a_property_that_is_deleted_in_the_run_is_left_out_of_all_records(
    validator: Validator, portal: LocalPortal, log_lines: LogLines
) -> None:
    items = [planned_object(CONTACTS, index, simcrm_lead_reasoning="Asked twice.") for index in range(150)]
    validator.check(items)
    portal.request("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")
    portal.calls.clear()

    results = BatchWriter(portal.client(), fix_properties=validator.fix_properties).write(items, {})
    validator.report()

    assert (len(results.ids), results.rejected) == (150, {})
    assert sum(path.endswith("upsert") for _, path in portal.calls) == 4
    assert log_lines.with_event_id("VALUES_ADJUSTED")[0]["properties"] == {"simcrm_lead_reasoning": 150}


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (ObjectType.PRODUCTS, "name"),
        (ObjectType.MEETINGS, "hs_timestamp"),
        (ObjectType.EMAILS, "hs_timestamp"),
        (ObjectType.EMAILS, "hs_email_direction"),
    ],
)
def test_what_a_new_object_needs_is_checked_before_it_is_sent(
    validator: Validator, kind: ObjectType, missing: str
) -> None:
    item = planned_object(kind)
    del item.properties[missing]

    valid, refused = validator.check([item])

    assert valid == []
    assert refused == {item.key: f"HubSpot requires {missing}, which has no valid value"}


def test_what_hubspot_computes_of_a_line_item_is_not_sent(validator: Validator) -> None:
    sent = checked_properties(validator, planned_object(ObjectType.LINE_ITEMS, amount="1440"))

    assert "amount" not in sent
    assert sent["price"] == "480"
