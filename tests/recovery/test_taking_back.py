"""A simulation leaves a portal in which others work as it found it, through API, state machine and function."""

import json
from typing import Any

from integration.driving import Api, PortalDriver, wait_for

from simcrm.models.crm_objects import ObjectType

KINDS = tuple(ObjectType)


def portal_values(portal: PortalDriver) -> dict[str, Any]:
    """The values of all records of the portal, by type and id."""
    return {kind: {row["id"]: _values(row["properties"]) for row in portal.all_records(kind)} for kind in KINDS}


def _values(properties: dict[str, Any]) -> dict[str, Any]:
    """Without properties that have no value: the first run makes SimCRM's own."""
    return {name: value for name, value in properties.items() if value is not None}


def test_a_clean_up_leaves_what_is_not_its_own(operator: Api, portal: PortalDriver) -> None:
    portal.create("contacts", {"email": "somebody@customer.example", "lastname": "Somebody"})
    before = portal_values(portal)
    simulation_id = str(operator.run(totalRecords=30)["simulationId"])
    path = f"/api/simulations/{simulation_id}"

    shown = operator.post(f"{path}/cleanup", {}).json()
    export = [json.loads(line) for line in operator.get(f"{path}/records").text.splitlines()]
    begun = operator.post(f"{path}/cleanup", {"dryRun": False})

    assert (shown["counts"]["contacts"], shown["dryRun"], begun.status_code) == (30, True, 202)
    assert {row["outcome"] for row in export} == {"written"}
    wait_for(lambda: bool(operator.simulation(simulation_id).get("cleanup", {}).get("done")))
    assert portal_values(portal) == before


def test_two_runs_with_one_seed_share_no_domain_and_no_address(operator: Api, portal: PortalDriver) -> None:
    started = [operator.start(totalRecords=20, seed="same", activities={"enabled": False}) for _ in range(2)]

    ended = [operator.wait(simulation_id) for simulation_id in started]

    rows = [row for simulation_id in started for row in portal.simulation_records("contacts", simulation_id)]
    assert [(run["status"], run["failed"]) for run in ended] == [("SUCCEEDED", 0)] * 2
    assert len({row["properties"]["email"] for row in rows}) == 40
