"""The functions of a run in the order the state machine calls them."""

import json
from typing import Any

import pytest
import redis
from builders import SIMULATION, START, write_request
from lambda_events import api_event, sqs_event
from portal_in_process import TOKEN, URL, LocalPortal
from recorders import ApiCalls
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.errors import ConfigError, InvalidSimulationError
from simcrm.hubspot.errors import PortalAccessError
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import read_plan
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.secrets import load_secrets

RUN = {"simulationId": SIMULATION, "startedAt": "2026-03-02T14:00:00.000Z"}
INPUT = {"totalRecords": 120, "seed": "7", "timeScale": 0}
pytestmark = pytest.mark.usefixtures("connected")


def plan(invoke: Invoke, **fields: Any) -> Any:
    return invoke("PlanSimulationFunction", {**RUN, "input": {**INPUT, **fields}})


def write(invoke: Invoke, **fields: Any) -> Any:
    return invoke("WriteHubSpotFunction", sqs_event(write_request(**fields)))


def run_batches(invoke: Invoke, files: SimulationFiles) -> list[Any]:
    """Generate and write all batches with their waves; returns the answers of the writer."""
    answers = []
    for row in files.read_lines("batches.jsonl") or ():
        event = {"simulationId": SIMULATION, "batch": row}
        made = invoke("GenerateContactFunction", event)
        answers.append(write(invoke, batch=row["batch"], source=made["source"]))
        for wave in made["waves"]:
            activities = invoke("GenerateActivityFunction", {**event, "wave": wave["wave"]})
            place = {name: activities[name] for name in ("source", "step")}
            answers.append(write(invoke, batch=row["batch"], **place))
    return answers


def test_a_plan_says_where_its_batches_are(invoke: Invoke, files: SimulationFiles) -> None:
    answer = plan(invoke)

    key = "simulations/sim-test/batches.jsonl"
    assert answer == {"simulationId": SIMULATION, "attempt": 1, "batchesKey": key, "sideBySide": 40, "words": "SYNC"}
    assert [row["count"] for row in files.read_lines("batches.jsonl") or ()] == [100, 20]


@pytest.mark.parametrize(
    ("ai", "words"), [({}, "BATCH"), ({"enabled": False}, "SYNC"), ({"provider": "synthetic"}, "SYNC")]
)
def test_a_plan_says_whether_its_words_come_by_message_batches(invoke: Invoke, ai: dict[str, Any], words: str) -> None:
    assert plan(invoke, ai={"mode": "BATCH", **ai})["words"] == words


def test_message_batches_without_a_key_are_done_at_once_and_all_records_fall_back(
    invoke: Invoke, files: SimulationFiles
) -> None:
    plan(invoke, ai={"mode": "BATCH"}, activities={"enabled": False})

    assert invoke("BatchWordsFunction", {"simulationId": SIMULATION}) == {"done": True, "waitSeconds": 0}
    assert invoke("BatchWordsFunction", {"simulationId": SIMULATION, "cancel": True})["done"]
    run_batches(invoke, files)
    rows = files.read_lines("records/000000.jsonl") or []
    reasons = {json.loads(row["contact"]["simcrm_generation_metadata"])["reason"] for row in rows}
    assert reasons == {"no_api_key"}


@pytest.mark.parametrize(
    ("ai", "reason"),
    [
        ({"provider": "local", "model": "m"}, "no_base_url"),
        ({"provider": "local", "model": "m", "mode": "BATCH"}, "no_base_url"),
        ({"provider": "openai", "mode": "BATCH"}, "no_batches"),
        ({"model": "only-then"}, "unknown_model"),
        ({"model": "only-then", "mode": "BATCH"}, "unknown_model"),
    ],
)
def test_a_run_whose_model_cannot_be_used_any_more_falls_back_with_the_reason(
    invoke: Invoke,
    resources: Resources,
    files: SimulationFiles,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ai: dict[str, Any],
    reason: str,
) -> None:
    resources.fill_secret(anthropicApiKey="key", openaiApiKey="key")
    with monkeypatch.context() as before:
        before.setitem(resources.values, "AiModels", '{"only-then": {"input": 1, "output": 1}}')
        plan(invoke, ai=ai, activities={"enabled": False})

    assert invoke("BatchWordsFunction", {"simulationId": SIMULATION}) == {"done": True, "waitSeconds": 0}
    assert invoke("BatchWordsFunction", {"simulationId": SIMULATION, "cancel": True})["done"]
    run_batches(invoke, files)
    rows = files.read_lines("records/000000.jsonl") or []
    assert {json.loads(row["contact"]["simcrm_generation_metadata"])["reason"] for row in rows} == {reason}


def test_cancelling_the_words_of_a_run_that_was_never_planned_is_nothing_to_do(invoke: Invoke) -> None:
    cancelled = invoke("BatchWordsFunction", {"simulationId": SIMULATION, "cancel": True})

    assert cancelled == {"done": True, "waitSeconds": 0}


def test_an_aborted_batch_is_not_generated(invoke: Invoke, files: SimulationFiles) -> None:
    plan(invoke)
    row = (files.read_lines("batches.jsonl") or [])[0]
    write_abort_marker(files, AbortMarker(at=START))

    made = invoke("GenerateContactFunction", {"simulationId": SIMULATION, "batch": row})

    assert (made["count"], made["waves"]) == (0, [])
    assert files.read_lines("records/000000.jsonl") is None


@pytest.mark.parametrize(("overlap", "words"), [("REFUSE", "NONE"), ("ALLOW", "SYNC")])
def test_a_firing_of_a_schedule_that_still_runs_is_planned_only_where_runs_may_overlap(
    invoke: Invoke, resources: Resources, portal: LocalPortal, overlap: str, words: str
) -> None:
    scheduled = {**INPUT, "schedule": {"name": "nightly", "overlap": overlap}}
    for name in ("sim-1", "sim-2"):
        text = json.dumps(scheduled)
        aws_clients.step_functions().start_execution(stateMachineArn=resources.state_machine_arn, name=name, input=text)
    first = invoke("PlanSimulationFunction", {**RUN, "simulationId": "sim-1", "input": scheduled})
    calls = len(portal.calls)

    second = invoke("PlanSimulationFunction", {**RUN, "simulationId": "sim-2", "input": scheduled})

    assert (first["words"], second["words"]) == ("SYNC", words)
    assert (len(portal.calls) == calls) == (words == "NONE")
    shown = json.loads(invoke("ApiFunction", api_event("GET", "/api/simulations/sim-2"))["body"])
    assert (shown["input"], shown["schedule"]) == (INPUT, scheduled["schedule"])
    assert shown["status"] == ("ABORTED" if words == "NONE" else "RUNNING")


def test_a_refused_firing_that_is_resumed_runs(invoke: Invoke, resources: Resources) -> None:
    scheduled = {**INPUT, "schedule": {"name": "nightly", "overlap": "REFUSE"}}
    for name in ("sim-1", "sim-2"):
        text = json.dumps(scheduled)
        aws_clients.step_functions().start_execution(stateMachineArn=resources.state_machine_arn, name=name, input=text)
        invoke("PlanSimulationFunction", {**RUN, "simulationId": name, "input": scheduled})

    answer = json.loads(invoke("ApiFunction", api_event("POST", "/api/simulations/sim-2/resume"))["body"])
    made = invoke("PlanSimulationFunction", {**RUN, "simulationId": "sim-2--r2", "input": scheduled})

    assert (answer["action"], made["words"]) == ("continue", "SYNC")


def test_a_planned_run_tells_where_it_is_on_its_timeline(invoke: Invoke, resources: Resources) -> None:
    live = {**INPUT, "timeScale": 1, "startTime": "2090-01-01T00:00:00Z", "endTime": "2090-01-02T00:00:00Z"}
    aws_clients.step_functions().start_execution(
        stateMachineArn=resources.state_machine_arn, name=SIMULATION, input=json.dumps(live)
    )
    shown = [json.loads(invoke("ApiFunction", api_event("GET", f"/api/simulations/{SIMULATION}"))["body"])["wave"]]
    invoke("PlanSimulationFunction", {**RUN, "startedAt": "2089-12-31T00:00:00.000Z", "input": live})
    shown += [json.loads(invoke("ApiFunction", api_event("GET", f"/api/simulations/{SIMULATION}"))["body"])["wave"]]

    before, planned = shown
    assert before is None
    assert planned["simulatedTime"] == "2090-01-01T00:00:00.000Z"
    assert planned["nextDue"].startswith("2090-01-01T00:")
    assert (planned["batchesDone"], planned["batches"]) == (0, 27)


def test_a_plan_counts_its_calls(invoke: Invoke, portal: LocalPortal, metrics: RunCounters) -> None:
    plan(invoke)

    counted = metrics.read()
    assert counted["hubspot_calls"] == str(len(portal.calls))
    assert counted["products_created"] == str(portal.count("products"))


def test_a_bad_input_fails_the_plan_with_its_message(invoke: Invoke) -> None:
    with pytest.raises(InvalidSimulationError, match="totalRecords: input should be greater than or equal to 1"):
        plan(invoke, totalRecords=0)


def test_functions_reach_the_portal_that_the_template_names_with_the_token_of_the_secret(
    invoke: Invoke, connected: list[tuple[str, str, float]]
) -> None:
    plan(invoke)
    plan(invoke)

    assert connected == [(URL, TOKEN, 10.0)]


def test_a_token_that_was_changed_is_used_from_the_next_reading_of_the_secret(
    invoke: Invoke, resources: Resources, connected: list[tuple[str, str, float]]
) -> None:
    plan(invoke)
    resources.fill_secret(hubspotToken="new-token")
    load_secrets(resources.secret_arn, fresh=True)
    plan(invoke)

    assert [token for _, token, _ in connected] == [TOKEN, "new-token"]


def test_contacts_are_made_and_their_waves_announced(
    invoke: Invoke, files: SimulationFiles, metrics: RunCounters
) -> None:
    plan(invoke)
    row = (files.read_lines("batches.jsonl") or [])[1]

    made = invoke("GenerateContactFunction", {"simulationId": SIMULATION, "batch": row})

    assert (made["source"], made["count"]) == ("records/000001.jsonl", 20)
    ((wave),) = made["waves"]
    assert (wave["wave"], wave["dueAt"]) == (0, "2026-03-02T14:00:00.000Z")
    counted = metrics.read()
    assert (counted["records_generated"], counted["ai_generation_fallback"]) == ("20", "20")
    assert counted["activities_planned"] == str(wave["count"])


def test_a_batch_that_is_made_again_is_not_counted_again(
    invoke: Invoke, files: SimulationFiles, metrics: RunCounters
) -> None:
    plan(invoke)
    event = {"simulationId": SIMULATION, "batch": (files.read_lines("batches.jsonl") or [])[0]}
    made = [invoke("GenerateContactFunction", event), invoke("GenerateActivityFunction", {**event, "wave": 0})]
    before = metrics.read()

    again = [invoke("GenerateContactFunction", event), invoke("GenerateActivityFunction", {**event, "wave": 0})]

    assert (again, metrics.read()) == (made, before)


def test_activities_are_made_for_the_writer(invoke: Invoke, files: SimulationFiles) -> None:
    plan(invoke)
    event = {"simulationId": SIMULATION, "batch": (files.read_lines("batches.jsonl") or [])[0], "wave": 0}

    made = invoke("GenerateActivityFunction", event)

    assert (made["source"], made["step"]) == ("activities/000000/000.jsonl", "wave-000")
    assert made["count"] == len(files.read_lines(made["source"]) or ())


def test_payloads_between_steps_hold_keys_and_counts_and_no_records(invoke: Invoke, files: SimulationFiles) -> None:
    plan(invoke)
    row = (files.read_lines("batches.jsonl") or [])[0]

    made = invoke("GenerateContactFunction", {"simulationId": SIMULATION, "batch": row})

    assert len(json.dumps(made)) < 300


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_every_planned_record_ends_in_the_portal_and_its_activities_too(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal, scenario: str
) -> None:
    plan(invoke, scenario=scenario)
    run_batches(invoke, files)

    ended = invoke("FinishSimulationFunction", RUN)

    held = {kind: portal.count(kind) for kind in ended["counts"]}
    assert (ended["status"], ended["planned"], ended["failed"]) == ("SUCCEEDED", 120, 0)
    assert ended["counts"] == held
    assert (held["contacts"], held["companies"]) == (120, {"B2B": 27, "B2C": 120}[scenario])
    assert all(held[kind] > 0 for kind in ("deals", "line_items", "products", "notes", "emails", "tasks"))
    assert ended["hubspotCalls"] == len(portal.calls)


def test_a_live_run_ends_with_the_contacts_and_committees_of_its_accounts(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal
) -> None:
    """Contacts join, and deals, tasks and tickets change, each in the wave in which it happens."""
    span = {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-02-01T00:00:00Z", "timeScale": 1000}
    plan(invoke, totalRecords=40, **span)
    histories = AccountHistories.from_plan(read_plan(files))
    run_batches(invoke, files)

    ended = invoke("FinishSimulationFunction", RUN)

    assert (ended["status"], ended["failed"], ended["missing"]) == ("SUCCEEDED", 0, 0)
    assert ended["counts"] == {kind: portal.count(kind) for kind in ended["counts"]}
    assert (ended["counts"]["contacts"], ended["counts"]["companies"]) == (40, histories.arrivals.count)
    contacts, deals = portal.by_key("contacts"), portal.by_key("deals", "dealstage")
    for account in range(histories.arrivals.count):
        first = histories.contacts(account).start
        for deal in histories.history(account).story.deals:
            found = deals[f"{SIMULATION}:deal:{first}:{deal.number}"]
            assert found["dealstage"] in {"closedwon", "closedlost"}
            linked = portal.associated_ids("deals", found["id"], "contacts")
            members = {f"{SIMULATION}:contact:{first + member.position}" for member in deal.committee}
            assert set(linked) == {contacts[key]["id"] for key in members}


def test_a_run_that_is_repeated_step_by_step_adds_nothing(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal
) -> None:
    plan(invoke)
    run_batches(invoke, files)
    first = invoke("FinishSimulationFunction", RUN)

    run_batches(invoke, files)

    again = invoke("FinishSimulationFunction", RUN)
    assert again["counts"] == first["counts"] == {kind: portal.count(kind) for kind in again["counts"]}


def test_messages_that_wait_are_named_for_the_queue(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal, api_calls: ApiCalls
) -> None:
    plan(invoke)
    for row in files.read_lines("batches.jsonl") or ():
        invoke("GenerateContactFunction", {"simulationId": SIMULATION, "batch": row})
    portal.fault(kind="status", status=503, times=None)
    event = sqs_event(write_request(), "nonsense", write_request(batch=1))

    answer = invoke("WriteHubSpotFunction", event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}, {"itemIdentifier": "m-2"}]}
    (dead,) = api_calls.for_operation("SendMessage")
    assert dead["MessageBody"] == "nonsense"


def test_a_refused_portal_ends_as_the_status_of_the_run(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal, api_calls: ApiCalls
) -> None:
    plan(invoke)
    invoke(
        "GenerateContactFunction",
        {"simulationId": SIMULATION, "batch": (files.read_lines("batches.jsonl") or [])[0]},
    )
    portal.fault(kind="status", status=401, times=None)

    assert write(invoke) == {"batchItemFailures": []}
    assert "PORTAL_REFUSED" in api_calls.responses()["task-token"]
    failure = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "too many"}
    ended = invoke("FinishSimulationFunction", {**RUN, "failure": failure})

    assert ended["status"] == "FAILED"
    assert ended["error"]["code"] == "PORTAL_REFUSED"
    assert "hubspotToken" in ended["error"]["message"]


def test_a_plan_that_the_portal_refuses_fails_with_what_to_do(invoke: Invoke, portal: LocalPortal) -> None:
    portal.fault(kind="status", status=401)

    with pytest.raises(PortalAccessError, match="put a valid hubspotToken into the secret"):
        plan(invoke)


def test_a_dead_letter_is_kept_and_its_task_failed(invoke: Invoke, api_calls: ApiCalls) -> None:
    answer = invoke(
        "FailUndeliveredFunction", sqs_event(write_request(), "nonsense", reason="why", category="validation")
    )

    assert answer == {"batchItemFailures": []}
    assert api_calls.responses() == {"task-token": "Undelivered: why"}


def test_a_function_that_was_deployed_without_a_variable_says_which(
    invoke: Invoke, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = dict(resources.environment("PlanSimulationFunction")) | {"HUBSPOT_BASE_URL": ""}
    monkeypatch.setattr(type(resources), "environment", lambda *_: environment)

    with pytest.raises(ConfigError, match=r"HUBSPOT_BASE_URL \(missing\)"):
        plan(invoke)


def test_a_plan_writes_the_products_of_the_simulation_once(
    invoke: Invoke, files: SimulationFiles, portal: LocalPortal, cache: redis.Redis
) -> None:
    plan(invoke)
    plan(invoke)

    products = files.read_lines("products.jsonl") or []
    assert len({row["properties"]["name"] for row in products}) == len(products) > 10
    assert portal.count("products") == len(products)
    assert files.read_lines("ledger/000000/catalogue.jsonl") != []
    assert RunCounters(cache, SIMULATION).read()["products_created"] == str(len(products))
