"""Whole simulations on the embedded state."""

import json
from collections import Counter

import pytest
from hubspot import HubSpot
from integration.driving import QUARTER, Api, PortalDriver, aws_client, wait_for

from simcrm.models.crm_objects import ObjectType
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.build_objects import build_objects
from simcrm_embedded.state import StackState

ACTIVITIES = ("deals", "tickets", "notes", "calls", "tasks")


@pytest.fixture
def api(state: StackState) -> Api:
    return Api(state, state.operator_token)


@pytest.fixture
def portal(state: StackState) -> PortalDriver:
    return PortalDriver(state)


def test_every_planned_record_arrives_once_and_associated(api: Api, portal: PortalDriver) -> None:
    run = api.run(totalRecords=120)

    assert (run["status"], run["failed"], run["percentComplete"]) == ("SUCCEEDED", 0, 1)
    contacts = portal.simulation_records("contacts", run["simulationId"], associations="companies")
    companies = portal.simulation_records("companies", run["simulationId"])
    assert len(contacts) == 120
    assert (
        len({company for contact in contacts for company in _associated(contact, "companies")}) == len(companies) < 40
    )
    assert all(len(_associated(contact, "companies")) == 1 for contact in contacts)
    for kind in ACTIVITIES:
        found = portal.simulation_records(kind, run["simulationId"], associations="contacts,companies")
        assert len(found) == run["counts"][kind]
        assert all(_associated(item, "contacts") and _associated(item, "companies") for item in found)


def test_counts_are_what_the_official_client_finds(state: StackState, api: Api) -> None:
    before = _portal_counts(state)
    run = api.run(totalRecords=30)

    gained = {kind: count - before[kind] for kind, count in _portal_counts(state).items()}
    assert gained == {kind: run["counts"][kind] for kind in gained}


def test_the_official_client_finds_every_association_of_the_story(state: StackState, api: Api) -> None:
    run = api.run(totalRecords=60, seed="associations")
    planned = _planned_associations(state, run["simulationId"])

    found = _portal_associations(state, run["simulationId"], set(planned))

    assert found == planned
    seldom = {ObjectType.TICKETS, ObjectType.COMPANIES, ObjectType.PRODUCTS}
    assert {kind for kind, _ in planned} >= set(ObjectType) - seldom
    assert planned[ObjectType.DEALS, ObjectType.CONTACTS] > 2 * run["counts"]["deals"]


def test_the_same_seed_generates_the_same_bytes(state: StackState, api: Api) -> None:
    first, second = (api.run(totalRecords=130, seed="twice", dryRun=True)["simulationId"] for _ in range(2))

    assert _generated_files(state, first) == _generated_files(state, second)
    assert _generated_files(state, first) != _generated_files(
        state, api.run(totalRecords=130, dryRun=True)["simulationId"]
    )


def test_a_dry_run_counts_but_writes_nothing(api: Api, portal: PortalDriver) -> None:
    run = api.run(totalRecords=20, dryRun=True)

    assert run["counts"]["contacts"] == 20
    assert run["hubspotCalls"] == 0
    assert portal.simulation_records("contacts", run["simulationId"]) == []


def test_one_id_is_one_simulation(api: Api) -> None:
    body = QUARTER | {"totalRecords": 5, "simulationId": "only-once", "dryRun": True}
    first, again = api.post("/api/simulations", body), api.post("/api/simulations", body)
    other = api.post("/api/simulations", body | {"totalRecords": 6})

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert first.json()["executionArn"] == again.json()["executionArn"]
    assert api.wait("only-once")["planned"] == 5


def test_an_execution_with_a_bad_input_fails_with_the_message_of_the_api(state: StackState, api: Api) -> None:
    states = aws_client(state, "stepfunctions")
    states.start_execution(
        stateMachineArn=state.outputs["StateMachineArn"], name="from-a-console", input=json.dumps({"totalRecords": 0})
    )

    run = api.wait("from-a-console")
    arn = state.outputs["StateMachineArn"].replace("stateMachine", "execution") + ":from-a-console"
    refused = api.post("/api/simulations", {"totalRecords": 0}).json()["error"]["message"]
    assert run["status"] == "FAILED"
    assert run["error"]["message"] == refused == states.describe_execution(executionArn=arn)["cause"]


def test_a_token_that_hubspot_refuses_ends_the_run_with_what_to_do(api: Api, portal: PortalDriver) -> None:
    portal.script_fault({"path": "/contacts/batch/upsert", "status": 401, "times": 50})
    try:
        run = api.run(totalRecords=10)
    finally:
        portal.clear_faults()

    assert run["status"] == "FAILED"
    assert run["error"]["code"] == "PORTAL_REFUSED"
    assert "hubspotToken" in run["error"]["message"]


def test_a_malformed_message_is_kept_with_its_reason_and_holds_nothing_up(state: StackState, api: Api) -> None:
    sqs = aws_client(state, "sqs")
    for body in ("nonsense", '{"taskToken": "t", "simulationId": "x", "batch": -1}'):
        sqs.send_message(QueueUrl=state.outputs["WriteQueueUrl"], MessageBody=body)

    assert api.run(totalRecords=10)["status"] == "SUCCEEDED"
    boss = Api(state, state.boss_token)

    def reasons() -> str:
        return " ".join(letter["reason"] for letter in boss.get("/api/boss/dlq").json()["samples"])

    wait_for(lambda: "expected ident" in reasons() and "batch: Input should be" in reasons())
    assert boss.get("/api/boss/dlq").json()["byCategory"]["validation"] >= 2


def _associated(record: dict[str, object], kind: str) -> set[str]:
    associations = record.get("associations") or {}
    assert isinstance(associations, dict)
    return {item["id"] for item in associations.get(kind, {}).get("results", [])}


def _portal_counts(state: StackState) -> Counter[str]:
    """How many objects of each type the portal holds, through HubSpot's own client."""
    crm = HubSpot(access_token=state.hubspot_token, host=state.hubspot_url).crm
    objects = dict.fromkeys(("contacts", "companies", *ACTIVITIES), crm.objects)
    return Counter({kind: len(client.get_all(object_type=kind)) for kind, client in objects.items()})


Pairs = Counter[tuple[ObjectType, ObjectType]]


def _planned_associations(state: StackState, simulation_id: str) -> Pairs:
    """How many pairs of objects the rows of a run associate, by their types."""
    files = SimulationFiles(aws_client(state, "s3"), state.outputs["BucketName"], simulation_id)
    plan, pairs = read_plan(files), set[tuple[ObjectType, ObjectType, str, str]]()
    for batch in read_batches(files):
        for step in (file_names.CONTACTS_STEP, file_names.wave_step(0)):
            rows = files.read_lines(file_names.source_file(batch.number, step))
            assert rows is not None
            for item in build_objects(plan, step, rows):
                pairs |= {(item.object_type, link.to_type, item.key, link.to_key) for link in item.associations}
    return Counter((kind, to_kind) for kind, to_kind, _, _ in pairs)


def _portal_associations(state: StackState, simulation_id: str, types: set[tuple[ObjectType, ObjectType]]) -> Pairs:
    """How many pairs of objects the portal associates, through HubSpot's own client."""
    objects, found = HubSpot(access_token=state.hubspot_token, host=state.hubspot_url).crm.objects, Pairs()
    for kind in {kind for kind, _ in types}:
        names = {to_kind for from_kind, to_kind in types if from_kind == kind}
        for item in objects.get_all(object_type=kind, associations=[*names], properties=["simcrm_simulation_id"]):
            if item.properties["simcrm_simulation_id"] == simulation_id:
                for name, others in (item.associations or {}).items():
                    to_kind = ObjectType(name.replace(" ", "_"))
                    found[kind, to_kind] += len({other.id for other in others.results})
    return found


def _generated_files(state: StackState, simulation_id: str) -> dict[str, bytes]:
    """The generated files of a simulation by name."""
    s3, bucket, root = aws_client(state, "s3"), state.outputs["BucketName"], f"simulations/{simulation_id}/"
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=root)["Contents"]]
    return {
        key.removeprefix(root): s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in keys
        if "/records/" in key or "/activities/" in key
    }
