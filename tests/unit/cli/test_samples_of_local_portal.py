"""Samples are read back from the real local HubSpot."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from local_server.server_arguments import ServerKeys
from simcrm_cli.portal_samples import PortalReader, read_samples
from simcrm_embedded import processes
from simcrm_embedded.local_portal import new_token, portal_command
from simcrm_embedded.services import read_url

TOKEN = new_token()
RECORD_KEY = {
    "name": "simcrm_record_key",
    "label": "Record key",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
    "hasUniqueValue": True,
}
CONTACT_TO_COMPANY, NOTE_TO_CONTACT = 279, 202


@pytest.fixture(scope="module")
def portal_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("portal")
    log = folder / "hubspot.log"
    keys = ServerKeys((TOKEN,)).to_document()
    server = processes.start(
        "HubSpot", portal_command(0), env=dict(os.environ), mark="m", log=log, folder=folder, standard_input=keys
    )
    try:
        yield wait_for_url(log)
    finally:
        processes.end([server])


def wait_for_url(log: Path) -> str:
    deadline = time.monotonic() + 60
    while (url := read_url(log)) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return url


@pytest.fixture(scope="module")
def filled(portal_url: str) -> str:
    """A portal with two contacts of sim-1; the second has a company and a note."""
    with httpx2.Client(base_url=portal_url, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        post(http, "/crm/properties/2026-09/contacts", RECORD_KEY)
        company = create(http, "companies", {"name": "Northwind Foods", "domain": "northwindfoods.com"})
        create(http, "contacts", {"firstname": "Bo", "simcrm_record_key": "sim-1:contact:0"})
        ana = {"firstname": "Ana", "email": "ana@northwindfoods.com", "simcrm_record_key": "sim-1:contact:1"}
        contact = create(http, "contacts", ana, link(company, CONTACT_TO_COMPANY))
        note = {"hs_note_body": "Asked for a pilot.", "hs_timestamp": "2026-09-01T08:00:00.000Z"}
        create(http, "notes", note, link(contact, NOTE_TO_CONTACT))
    return portal_url


def create(http: httpx2.Client, kind: str, properties: dict[str, str], *associations: dict[str, Any]) -> str:
    body = {"properties": properties, "associations": list(associations)}
    return str(post(http, f"/crm/objects/2026-09/{kind}", body)["id"])


def post(http: httpx2.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def link(record: str, type_id: int) -> dict[str, Any]:
    return {
        "to": {"id": record},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
    }


def test_a_contact_is_found_by_its_key_with_its_company_and_note(filled: str) -> None:
    with PortalReader(filled, TOKEN) as portal:
        sample = portal.read_sample("sim-1", 1)

    assert sample is not None
    assert sample.contact["email"] == "ana@northwindfoods.com"
    assert sample.associated["companies"]["name"] == "Northwind Foods"
    assert sample.associated["notes"]["hs_note_body"] == "Asked for a pilot."


def test_a_record_that_the_portal_does_not_hold_is_no_sample(filled: str) -> None:
    with PortalReader(filled, TOKEN) as portal:
        assert portal.read_sample("sim-1", 99) is None
        assert [sample.contact["firstname"] for sample in read_samples(portal, "sim-1", 2, count=3)] == ["Ana", "Bo"]


def test_with_a_wrong_token_there_are_no_samples(filled: str) -> None:
    with PortalReader(filled, "pat-wrong") as portal:
        assert read_samples(portal, "sim-1", 2, count=3) == []
