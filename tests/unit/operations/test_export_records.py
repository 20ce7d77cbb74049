"""Export, cards and training examples show what the portal holds, not what was generated for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from builders import activity_row, entry, key, pair_row, plan, write_request
from portal_in_process import LocalPortal

from simcrm.cache.run_counters import Metrics
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.validation.property_definitions import Definitions
from simcrm.hubspot.validation.validator import Validator
from simcrm.jobs.retry_refused import Repair
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.contact_cards import cards_page
from simcrm.operations.export_records import export_page
from simcrm.operations.export_training_data import altered_records
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import Outcome
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.address_claims import Claims
from simcrm.writing.write_request import parse_request
from simcrm.writing.writer import Writer

CONTACTS, COMPANIES, DEALS = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS
RUNS = ("sim-one", "sim-two")
COMPARED: dict[ObjectType, tuple[str, ...]] = {
    CONTACTS: ("email", "jobtitle", "lastname"),
    COMPANIES: ("name", "domain", "website", "industry"),
    DEALS: ("dealname", "dealstage", "pipeline"),
}


class Office:
    """A portal with its writer; rows are written as one of several simulations."""

    def __init__(self, portal: LocalPortal, artifacts_of: Callable[[str], Artifacts], cache: redis.Redis) -> None:
        self.portal, self.artifacts_of, self._cache = portal, artifacts_of, cache
        self._client = client = portal.client()
        validator = Validator(Definitions(client, cache, "portal"))
        writing = BatchWriter(client, has_key=validator.has_key, repair=validator.repair)
        self.writer = Writer(writing, artifacts_of, validator, Claims(cache))

    def write(self, simulation: str, pairs: list[JsonObject], wave: list[JsonObject] | None = None) -> None:
        artifacts = self.artifacts_of(simulation)
        write_plan(artifacts, plan(simulation))
        artifacts.write_lines(file_names.records(0), pairs)
        self._settle(simulation)
        if wave is not None:
            artifacts.write_lines(file_names.activities(0, 0), wave)
            self._settle(simulation, step=file_names.wave_step(0), source=file_names.activities(0, 0))

    def repair(self, simulation: str) -> None:
        metrics = Metrics(self._cache, simulation)
        Repair(self.writer, self.artifacts_of(simulation), lambda: False, metrics, self._client).run()

    def _settle(self, simulation: str, **fields: Any) -> None:
        request = parse_request(write_request(simulationId=simulation, **fields))
        self.writer.settle([self.writer.open(request)])

    def exported(self, simulation: str) -> dict[str, JsonObject]:
        """The rows of an export by key, those of written objects."""
        return {row["key"]: row for row in self._pages(simulation) if row["outcome"] == "written"}

    def _pages(self, simulation: str) -> Iterator[JsonObject]:
        page = export_page(self.artifacts_of(simulation), None)
        yield from page.rows
        while page.next_token:
            page = export_page(self.artifacts_of(simulation), page.next_token)
            yield from page.rows

    def held(self, kind: ObjectType) -> dict[str, JsonObject]:
        """What the portal has of a type, by key."""
        rows = self.portal.records(kind, *COMPARED[kind], "simcrm_record_key")
        return {str(row["simcrm_record_key"]): row for row in rows}

    def differences(self, simulation: str) -> list[tuple[str, str, Any, Any]]:
        """Where an export says something else than the portal."""
        told = self.exported(simulation)
        return [
            (name, field, told[name]["properties"].get(field), row[field])
            for kind, fields in COMPARED.items()
            for name, row in self.held(kind).items()
            if name in told
            for field in fields
            if (told[name]["properties"].get(field) or None) != (row[field] or None)
        ]


@pytest.fixture
def office(portal: LocalPortal, artifacts_of: Callable[[str], Artifacts], cache: redis.Redis) -> Office:
    prepare_portal(portal.client(), allow_production=False)
    return Office(portal, artifacts_of, cache)


def pair(index: int, domain: str | None = None, **company: str) -> JsonObject:
    row = pair_row(index, jobtitle="Buyer")
    row["company"] |= {"website": f"https://{row['company']['domain']}", **company}
    if domain is not None:
        row["contact"]["email"] = f"ada{index}@{domain}"
    return row


@pytest.mark.parametrize("domain", [None, "mail.test"])
def test_an_address_that_was_taken_is_exported_as_the_portal_has_it(office: Office, domain: str | None) -> None:
    for simulation in RUNS:
        office.write(simulation, [pair(index, domain) for index in range(3)])

    assert [office.differences(simulation) for simulation in RUNS] == [[], []]
    first, second = (
        {row["properties"]["email"] for row in office.exported(simulation).values() if row["type"] == "contacts"}
        for simulation in RUNS
    )
    assert not first & second


def test_what_the_validator_changed_and_left_out_is_exported_as_the_portal_has_it(office: Office) -> None:
    office.write("sim-one", [pair(0, industry="Computer Software", no_such_property="1")])

    company = office.exported("sim-one")["sim-one:company:0"]["properties"]
    assert office.differences("sim-one") == []
    assert company["industry"] == "COMPUTER_SOFTWARE"
    assert "no_such_property" not in company


def test_a_stage_that_the_portal_does_not_have_is_shown_as_the_one_it_got(office: Office) -> None:
    deal = activity_row(DEALS, 0, dealname="Pumps", dealstage="no-such-stage", amount="900")
    office.write("sim-one", [pair(0)], [deal])

    (card,) = cards_page(office.artifacts_of("sim-one"), None, "http://portal.test").rows
    (held,) = office.held(DEALS).values()
    assert office.differences("sim-one") == []
    assert card["deal"]["stage"] == held["dealstage"] != "no-such-stage"


def test_what_hubspot_refused_and_took_at_the_second_try_is_exported_without_it(office: Office) -> None:
    office.write("sim-one", [pair(0)])  # the definitions are known by now
    office.portal.ask("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")
    row = pair(1)
    row["contact"]["simcrm_lead_reasoning"] = "They asked twice."
    office.write("sim-two", [row])

    contact = office.exported("sim-two")["sim-two:contact:1"]["properties"]
    assert "simcrm_lead_reasoning" not in contact
    assert contact["jobtitle"] == "Buyer"


def test_a_repaired_object_is_exported_as_it_was_sent_then(office: Office) -> None:
    office.portal.fault(kind="status", status=400, path="contacts/batch/upsert", times=None)
    for simulation in RUNS:
        office.write(simulation, [pair(0)])
    office.portal.ask("DELETE", "/_local/faults")
    for simulation in RUNS:
        office.repair(simulation)

    assert len(office.held(CONTACTS)) == 2
    assert [office.differences(simulation) for simulation in RUNS] == [[], []]


def test_a_ledger_entry_holds_only_what_was_changed(office: Office) -> None:
    for simulation in RUNS:
        office.write(simulation, [pair(0)])

    first, second = ({item.key: item for item in Ledger(office.artifacts_of(run)).all()} for run in RUNS)
    assert {item.changed for item in first.values()} == {None}
    assert set(second["sim-two:company:0"].changed or ()) == {"domain", "website"}
    assert set(second["sim-two:contact:0"].changed or ()) == {"email"}


def test_records_whose_words_the_portal_took_otherwise_are_no_examples() -> None:
    plain = entry(CONTACTS, 0)
    entries = [
        plain,
        plain.model_copy(update={"key": key(CONTACTS, 1), "changed": {"email": "ada@other.example"}}),
        plain.model_copy(update={"key": key(CONTACTS, 2), "changed": {"jobtitle": None}}),
        plain.model_copy(update={"key": key(DEALS, 3, 0), "changed": {"simcrm_sales_notes": "Short"}}),
    ]

    assert {item.outcome for item in entries} == {Outcome.WRITTEN}
    assert altered_records(entries) == {2, 3}
