"""Export, cards and training examples show what the portal holds, not what was generated for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from builders import activity_row, entry, key, pair_row, plan, write_request
from portal_in_process import LocalPortal

from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.jobs.retry_refused import RetryRefusedJob
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.contact_cards import cards_page
from simcrm.operations.export_records import export_page
from simcrm.operations.export_training_data import altered_records
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import AddressClaims, PropertyChanges
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

CONTACTS, COMPANIES, DEALS = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS
RUNS = ("sim-one", "sim-two")
COMPARED: dict[ObjectType, tuple[str, ...]] = {
    CONTACTS: ("email", "jobtitle", "lastname"),
    COMPANIES: ("name", "domain", "website", "industry"),
    DEALS: ("dealname", "dealstage", "pipeline"),
}


class ExportHarness:
    """A portal with its writer; rows are written as one of several simulations."""

    def __init__(self, portal: LocalPortal, open_files: Callable[[str], SimulationFiles], cache: redis.Redis) -> None:
        self.portal, self.open_files, self._cache = portal, open_files, cache
        self._client = client = portal.client()
        validator = Validator(PropertyDefinitionCache(client, cache, "portal"))
        writing = BatchWriter(client, has_key=validator.has_key, fix_properties=validator.fix_properties)
        self.writer = Writer(writing, open_files, PropertyChanges(validator, AddressClaims(cache)))

    def write(self, simulation: str, pairs: list[JsonObject], wave: list[JsonObject] | None = None) -> None:
        files = self.open_files(simulation)
        write_plan(files, plan(simulation))
        files.write_lines(file_names.records_file(0), pairs)
        self._write(simulation)
        if wave is not None:
            files.write_lines(file_names.activities_file(0, 0), wave)
            self._write(simulation, step=file_names.wave_step(0), source=file_names.activities_file(0, 0))

    def retry_refused(self, simulation: str) -> None:
        metrics = RunCounters(self._cache, simulation)
        RetryRefusedJob(self.writer, self.open_files(simulation), lambda: False, metrics, self._client).run()

    def _write(self, simulation: str, **fields: Any) -> None:
        request = parse_write_request(write_request(simulationId=simulation, **fields))
        self.writer.write([self.writer.open(request)])

    def export(self, simulation: str) -> dict[str, JsonObject]:
        """The rows of an export by key, those of written objects."""
        return {row["key"]: row for row in self._pages(simulation) if row["outcome"] == "written"}

    def _pages(self, simulation: str) -> Iterator[JsonObject]:
        page = export_page(self.open_files(simulation), None)
        yield from page.rows
        while page.next_token:
            page = export_page(self.open_files(simulation), page.next_token)
            yield from page.rows

    def portal_records(self, kind: ObjectType) -> dict[str, JsonObject]:
        """What the portal has of a type, by key."""
        rows = self.portal.records(kind, *COMPARED[kind], "simcrm_record_key")
        return {str(row["simcrm_record_key"]): row for row in rows}

    def differences(self, simulation: str) -> list[tuple[str, str, Any, Any]]:
        """Where an export says something else than the portal."""
        told = self.export(simulation)
        return [
            (name, field, told[name]["properties"].get(field), row[field])
            for kind, fields in COMPARED.items()
            for name, row in self.portal_records(kind).items()
            if name in told
            for field in fields
            if (told[name]["properties"].get(field) or None) != (row[field] or None)
        ]


@pytest.fixture
def office(portal: LocalPortal, open_files: Callable[[str], SimulationFiles], cache: redis.Redis) -> ExportHarness:
    prepare_portal(portal.client(), allow_production=False)
    return ExportHarness(portal, open_files, cache)


def pair(index: int, domain: str | None = None, **company: str) -> JsonObject:
    row = pair_row(index, jobtitle="Buyer")
    row["company"] |= {"website": f"https://{row['company']['domain']}", **company}
    if domain is not None:
        row["contact"]["email"] = f"ada{index}@{domain}"
    return row


@pytest.mark.parametrize("domain", [None, "mail.test"])
def test_an_address_that_was_taken_is_exported_as_the_portal_has_it(office: ExportHarness, domain: str | None) -> None:
    for simulation in RUNS:
        office.write(simulation, [pair(index, domain) for index in range(3)])

    assert [office.differences(simulation) for simulation in RUNS] == [[], []]
    first, second = (
        {row["properties"]["email"] for row in office.export(simulation).values() if row["type"] == "contacts"}
        for simulation in RUNS
    )
    assert not first & second


def test_what_the_validator_changed_and_left_out_is_exported_as_the_portal_has_it(office: ExportHarness) -> None:
    office.write("sim-one", [pair(0, industry="Computer Software", no_such_property="1")])

    company = office.export("sim-one")["sim-one:company:0"]["properties"]
    assert office.differences("sim-one") == []
    assert company["industry"] == "COMPUTER_SOFTWARE"
    assert "no_such_property" not in company


def test_a_stage_that_the_portal_does_not_have_is_shown_as_the_one_it_got(office: ExportHarness) -> None:
    deal = activity_row(DEALS, 0, dealname="Pumps", dealstage="no-such-stage", amount="900")
    office.write("sim-one", [pair(0)], [deal])

    (card,) = cards_page(office.open_files("sim-one"), None, "http://portal.test").rows
    (held,) = office.portal_records(DEALS).values()
    assert office.differences("sim-one") == []
    assert card["deal"]["stage"] == held["dealstage"] != "no-such-stage"


def test_what_hubspot_refused_and_took_at_the_second_try_is_exported_without_it(office: ExportHarness) -> None:
    office.write("sim-one", [pair(0)])  # the definitions are known by now
    office.portal.request("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")
    row = pair(1)
    row["contact"]["simcrm_lead_reasoning"] = "They asked twice."
    office.write("sim-two", [row])

    contact = office.export("sim-two")["sim-two:contact:1"]["properties"]
    assert "simcrm_lead_reasoning" not in contact
    assert contact["jobtitle"] == "Buyer"


def test_a_repaired_object_is_exported_as_it_was_sent_then(office: ExportHarness) -> None:
    office.portal.fault(kind="status", status=400, path="contacts/batch/upsert", times=None)
    for simulation in RUNS:
        office.write(simulation, [pair(0)])
    office.portal.request("DELETE", "/_local/faults")
    for simulation in RUNS:
        office.retry_refused(simulation)

    assert len(office.portal_records(CONTACTS)) == 2
    assert [office.differences(simulation) for simulation in RUNS] == [[], []]


def test_a_ledger_entry_holds_only_what_was_changed(office: ExportHarness) -> None:
    for simulation in RUNS:
        office.write(simulation, [pair(0)])

    first, second = ({item.key: item for item in Ledger(office.open_files(run)).read_all()} for run in RUNS)
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

    assert {item.outcome for item in entries} == {LedgerOutcome.WRITTEN}
    assert altered_records(entries) == {2, 3}
