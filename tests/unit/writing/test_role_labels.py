"""A run from its plan to the portal: each deal shows who plays which part in it, where the portal has labels."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import DAY, SIMULATION, START, key, write_request
from portal_in_process import LocalPortal

from simcrm.cache.run_counters import RunCounters
from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.activity_waves import generate_activity_wave
from simcrm.generation.generate_batch import generate_contact_batch
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS


def run(portal: LocalPortal, files: SimulationFiles, time_scale: float) -> SimulationPlan:
    """Plan and write everything, wave by wave, without waiting."""
    span = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + 60 * DAY), "timeScale": time_scale}
    document = {"totalRecords": 40, "seed": "seed", **span}
    plan = plan_simulation(PlanRequest(SIMULATION, START, document), portal.client(), files)
    validator, counters = (
        Validator(PropertyDefinitionCache(portal.client(), None, "portal")),
        RunCounters(None, SIMULATION),
    )
    writes = BatchWriter(portal.client(), has_key=validator.has_key, fix_properties=validator.fix_properties)
    writer = Writer(writes, lambda _: files, PropertyChanges(validator))
    for batch in AccountHistories.from_plan(plan).batches():
        made = generate_contact_batch(files, batch, counters, lambda *_: None)
        steps = [("contacts", made.source)]
        for row in made.waves:
            wave = generate_activity_wave(files, batch, row["wave"], counters)
            steps.append((wave.step, wave.source))
        for step, source in steps:
            request = parse_write_request(write_request(batch=batch.number, step=step, source=source))
            (totals,) = writer.write([writer.open(request)])
            assert (totals.refused, totals.skipped) == (0, 0)
    return plan


def committees(plan: SimulationPlan) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record keys of deals, each with the roles of its contacts by record key."""
    histories = AccountHistories.from_plan(plan)
    for account in range(histories.arrivals.count):
        history = histories.history(account)
        indexes = [contact.index for contact in history.facts.contacts]
        for deal in history.story.deals:
            roles = {key(CONTACTS, indexes[member.position]): member.role for member in deal.committee}
            yield key(DEALS, indexes[deal.committee[0].position], deal.number), roles


@pytest.mark.parametrize("time_scale", [0, 1], ids=["at once", "as time passes"])
@pytest.mark.parametrize("subscription", ["professional", "starter"])
def test_deals_are_associated_with_their_committee_under_its_roles(
    files: SimulationFiles, subscription: str, time_scale: float
) -> None:
    portal = LocalPortal(plan=subscription, calls_per_ten_seconds=100_000, association_calls_per_ten_seconds=100_000)
    plan = run(portal, files, time_scale)
    contacts, deals = portal.by_key(CONTACTS), portal.by_key(DEALS)
    names = {str(row["id"]): name for name, row in contacts.items()}

    labelled = 0
    for deal_key, roles in committees(plan):
        if deal_key not in deals:
            continue
        found = portal.associated_ids("deals", deals[deal_key]["id"], "contacts")
        for contact_id, type_ids in found.items():
            label = plan.role_labels.from_deals.get(roles[str(names[contact_id])])
            assert type_ids == ({3} if label is None else {3, label})
            labelled += label is not None

    assert deals
    assert (labelled > 0) is (subscription == "professional")
