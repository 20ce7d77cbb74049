"""What a simulation has made, as the API gives it."""

import json
from typing import Any

import pytest
from builders import SIMULATION, activity_row, entry, pair_row, plan
from lambda_events import api_event
from portal_in_process import URL
from unit.functions.conftest import Invoke

from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.simulation_files import SimulationFiles

PAIRS = 5
PATH = f"/api/simulations/{SIMULATION}/records"
COMPANIES, CONTACTS, NOTES = ObjectType.COMPANIES, ObjectType.CONTACTS, ObjectType.NOTES


@pytest.fixture
def ran(invoke: Invoke, files: SimulationFiles) -> SimulationFiles:
    """A simulation that has written pairs and a note each."""
    invoke("ApiFunction", api_event("POST", "/api/simulations", {"totalRecords": PAIRS, "simulationId": SIMULATION}))
    write_plan(files, plan())
    files.write_lines(file_names.records_file(0), [pair_row(index) for index in range(PAIRS)])
    files.write_lines(file_names.activities_file(0, 0), [activity_row(index=index) for index in range(PAIRS)])
    pairs = [entry(kind, index) for index in range(PAIRS) for kind in (COMPANIES, CONTACTS)]
    Ledger(files).write_step(0, file_names.CONTACTS_STEP, pairs)
    Ledger(files).write_step(0, file_names.wave_step(0), [entry(NOTES, index, 0) for index in range(PAIRS)])
    return files


def get(invoke: Invoke, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("ApiFunction", api_event("GET", PATH, **query))
    return answer


def pages(invoke: Invoke, **query: str) -> list[list[dict[str, Any]]]:
    """The rows of each page, from the first to the last."""
    found, token = [], ""
    while True:
        page = get(invoke, **query, **({"token": token} if token else {}))
        found.append([json.loads(line) for line in page["body"].splitlines()])
        token = page["multiValueHeaders"]["X-Next-Token"][0]
        if not token:
            return found


@pytest.mark.usefixtures("ran")
def test_all_objects_come_page_by_page(invoke: Invoke) -> None:
    first, second = pages(invoke)

    assert len({row["key"] for row in first + second}) == 3 * PAIRS


@pytest.mark.usefixtures("ran")
def test_a_page_is_as_short_as_it_is_asked_to_be_and_of_the_type_that_is_asked_for(invoke: Invoke) -> None:
    found = pages(invoke, type="contacts", limit="2")

    assert [len(page) for page in found if page] == [2, 2, 1]
    assert {row["type"] for page in found for row in page} == {"contacts"}


@pytest.mark.usefixtures("ran")
def test_a_page_can_be_a_table(invoke: Invoke) -> None:
    page = get(invoke, format="csv", limit="1")

    assert page["multiValueHeaders"]["Content-Type"] == ["text/csv; charset=utf-8"]
    assert page["body"].splitlines()[0] == "key,type,outcome,id,reason,properties"
    assert len(page["body"].splitlines()) == 2


@pytest.mark.usefixtures("ran")
def test_cards_name_contacts_and_lead_to_them(invoke: Invoke) -> None:
    found = pages(invoke, format="cards", limit="3")

    assert [len(page) for page in found] == [3, 2]
    first = found[0][0]
    assert (first["company"], first["url"]) == ("Company 0", f"{URL}/#/contacts/{first['id']}")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"format": "xml"}, "format"),
        ({"type": "butterflies"}, "type"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"token": "ledger/000000/contacts.jsonl:x"}, "token"),
        ({"format": "cards", "type": "deals"}, "type"),
    ],
)
@pytest.mark.usefixtures("ran")
def test_a_question_that_cannot_be_answered_names_its_field(invoke: Invoke, query: dict[str, str], field: str) -> None:
    answer = get(invoke, **query)

    assert (answer["statusCode"], json.loads(answer["body"])["error"]["field"]) == (400, field)


@pytest.mark.parametrize("query", [{}, {"format": "cards"}])
def test_a_simulation_that_was_never_started_has_no_records(invoke: Invoke, query: dict[str, str]) -> None:
    assert get(invoke, **query)["statusCode"] == 404
