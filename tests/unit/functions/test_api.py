import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from api_responses import HEADERS, MAX_BODY_BYTES
from builders import START, entry, plan, status
from lambda_events import api_event
from recorders import LogLines
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.cache.known_portal import remember_portal
from simcrm.core import aws_clients
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.models.portal_snapshot import PortalSnapshot
from simcrm.models.run_currency import PortalCurrencies
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles

Answer = tuple[int, dict[str, Any]]
Ask = Callable[..., Answer]
SIMULATIONS = "/api/simulations"


@pytest.fixture
def ask(invoke: Invoke) -> Ask:
    """Send a request as an operator; answers status and document."""

    def send(method: str, path: str, body: Any = None, **fields: Any) -> Answer:
        answer = invoke("ApiFunction", api_event(method, path, body, **fields))
        return answer["statusCode"], json.loads(answer["body"])

    return send


def error(answer: Answer) -> tuple[int, str, str | None]:
    """Status, code and field of a refusal of the API's shape."""
    number, document = answer
    assert set(document) == {"ok", "error"}
    assert document["ok"] is False
    assert set(document["error"]) <= {"code", "message", "field"}
    assert document["error"]["message"]
    return number, document["error"]["code"], document["error"].get("field")


def executions(resources: Resources) -> list[str]:
    found = aws_clients.step_functions().list_executions(stateMachineArn=resources.state_machine_arn)
    return [execution["name"] for execution in found["executions"]]


def test_health_is_public_and_says_what_works(ask: Ask) -> None:
    number, document = ask("GET", "/api/health", role=None)

    assert (number, document["ok"], document["cache"]) == (200, True, "ok")
    assert document["ai"]["apiKeyConfigured"] is False


def test_health_says_that_a_key_is_configured_and_not_which(ask: Ask, resources: Resources) -> None:
    resources.fill_secret(anthropicApiKey="sk-secret-key")

    _, document = ask("GET", "/api/health", role=None)

    assert document["ai"]["apiKeyConfigured"] is True
    assert "sk-secret-key" not in json.dumps(document)


def test_a_missing_cache_is_no_outage(ask: Ask, resources: Resources, absent_redis_url: str) -> None:
    resources.fill_secret(redisUrl=absent_redis_url)

    number, document = ask("GET", "/api/health", role=None)

    assert (number, document["cache"]) == (200, "unavailable")


def test_a_cache_whose_url_cannot_be_parsed_is_named_so(ask: Ask, resources: Resources) -> None:
    resources.fill_secret(redisUrl="cache.example.com:6379")

    number, document = ask("GET", "/api/health", role=None)

    assert (number, document["cache"]) == (200, "misconfigured")


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/api/health", None),
        ("GET", SIMULATIONS, "operator"),
        ("GET", SIMULATIONS, None),
        ("GET", "/api/boss/dlq", "operator"),
        ("GET", "/api/nowhere", "operator"),
        ("GET", f"{SIMULATIONS}/sim-none", "operator"),
        ("POST", SIMULATIONS, "operator"),
    ],
)
def test_every_answer_tells_browsers_to_be_careful(invoke: Invoke, method: str, path: str, role: str | None) -> None:
    answer = invoke("ApiFunction", api_event(method, path, role=role))

    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", SIMULATIONS),
        ("POST", SIMULATIONS),
        ("GET", f"{SIMULATIONS}/sim-1"),
        ("GET", f"{SIMULATIONS}/sim-1/metrics"),
        ("GET", "/api/boss/dlq"),
    ],
)
def test_without_a_role_nothing_but_health_is_open(ask: Ask, resources: Resources, method: str, path: str) -> None:
    assert error(ask(method, path, {"totalRecords": 1}, role=None)) == (401, "UNAUTHORIZED", None)
    assert executions(resources) == []


def test_an_authorizer_that_is_null_gave_no_role(invoke: Invoke) -> None:
    event = api_event("GET", SIMULATIONS)
    event["requestContext"]["authorizer"] = None

    assert invoke("ApiFunction", event)["statusCode"] == 401


@pytest.mark.parametrize("role", ["guest", "", "OPERATOR"])
def test_a_role_that_nobody_gave_may_nothing(ask: Ask, role: str) -> None:
    assert error(ask("GET", SIMULATIONS, role=role)) == (403, "FORBIDDEN", None)


def test_an_operator_is_no_boss(ask: Ask) -> None:
    assert error(ask("GET", "/api/boss/dlq")) == (403, "FORBIDDEN", None)


def test_a_boss_may_all_that_an_operator_may_and_more(ask: Ask) -> None:
    assert ask("GET", SIMULATIONS, role="boss") == (200, {"ok": True, "simulations": []})
    assert ask("GET", "/api/boss/dlq", role="boss") == (
        200,
        {"ok": True, "total": 0, "byCategory": {}, "samples": []},
    )


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nowhere"), ("GET", "/"), ("GET", "/api/healthy")])
def test_a_route_that_does_not_exist_is_not_found(ask: Ask, method: str, path: str) -> None:
    assert error(ask(method, path)) == (404, "NOT_FOUND", None)


@pytest.mark.parametrize(
    ("path", "allowed"), [(SIMULATIONS, "GET, POST"), ("/api/health", "GET"), (f"/prod{SIMULATIONS}/sim-1", "GET")]
)
def test_a_route_names_the_methods_that_it_takes(invoke: Invoke, path: str, allowed: str) -> None:
    answer = invoke("ApiFunction", api_event("DELETE", path))

    assert error((answer["statusCode"], json.loads(answer["body"]))) == (405, "METHOD_NOT_ALLOWED", None)
    assert answer["multiValueHeaders"]["Allow"] == [allowed]


def test_the_stage_may_stand_before_the_path(ask: Ask) -> None:
    assert ask("GET", f"/prod{SIMULATIONS}")[0] == 200
    assert ask("GET", "/prod/api/health", role=None)[0] == 200


def test_the_stage_before_the_path_opens_nothing(ask: Ask) -> None:
    assert error(ask("GET", "/prod/api/boss/dlq")) == (403, "FORBIDDEN", None)
    assert error(ask("GET", f"/prod{SIMULATIONS}", role=None)) == (401, "UNAUTHORIZED", None)


def test_a_simulation_is_accepted_and_started(ask: Ask, resources: Resources) -> None:
    number, document = ask("POST", SIMULATIONS, {"totalRecords": 20, "simulationId": "sim-mine"})

    assert (number, document["ok"]) == (202, True)
    assert (document["simulationId"], document["status"]) == ("sim-mine", "QUEUED")
    assert executions(resources) == ["sim-mine"]


def test_a_simulation_without_an_id_gets_one_that_sorts_by_time(ask: Ask, resources: Resources) -> None:
    _, document = ask("POST", SIMULATIONS, {"totalRecords": 20})
    _, other = ask("POST", SIMULATIONS, {"totalRecords": 20})

    assert document["simulationId"].startswith("sim-20")
    assert {document["simulationId"], other["simulationId"]} == set(executions(resources))
    assert len(executions(resources)) == 2


def test_a_body_may_be_encoded(invoke: Invoke) -> None:
    event = api_event("POST", SIMULATIONS) | {
        "body": base64.b64encode(b'{"totalRecords": 20}').decode(),
        "isBase64Encoded": True,
    }

    assert invoke("ApiFunction", event)["statusCode"] == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"totalRecords": 0}, "totalRecords"),
        ({"totalRecords": 1_000_001}, "totalRecords"),
        ({"totalRecords": "10"}, "totalRecords"),
        ({"totalRecords": 1, "recordz": 5}, "recordz"),
        ({"totalRecords": 1, "scenario": "B2D"}, "scenario"),
        ({"totalRecords": 1, "ai": {"recordsPerCall": 0}}, "ai.recordsPerCall"),
        ({"totalRecords": 1, "startTime": "2026-03-02T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"}, "endTime"),
        ({"totalRecords": 1, "timeScale": 60}, "timeScale"),
        ({"totalRecords": 1, "endTime": "2098-01-01T00:00:00Z"}, "endTime"),
        ({"totalRecords": 1, "startTime": "2098-01-01T00:00:00Z"}, "startTime"),
        ({"totalRecords": 1, "endTime": "2098-01-01T00:00:00Z", "timeScale": 2}, "timeScale"),
        ({"totalRecords": 1, "timeZone": "Mars/Base"}, "timeZone"),
        ({"totalRecords": 1, "distributionMethod": "CUSTOM"}, "distributionWeights"),
        ({"totalRecords": 1, "mode": "LIVE", "distributionMethod": "SURGE"}, "distributionMethod"),
        ({"totalRecords": 1, "mode": "BACKFILL", "timeScale": 2}, "timeScale"),
        ({"totalRecords": 1, "mode": "LATER"}, "mode"),
        ({"totalRecords": 1, "simulationId": "preview"}, "simulationId"),
        ({"totalRecords": 1, "activities": {"budgets": {"notes": -1}}}, "activities.budgets.notes"),
        ({"totalRecords": 1, "hubspot": {"stageId": "1"}}, "hubspot.stageId"),
        ("nonsense", "body"),
        ("[]", "body"),
        ("", "body"),
        (None, "body"),
    ],
)
def test_a_bad_input_is_refused_by_its_field_and_starts_nothing(
    ask: Ask, resources: Resources, body: Any, field: str
) -> None:
    assert error(ask("POST", SIMULATIONS, body)) == (400, "VALIDATION_ERROR", field)
    assert executions(resources) == []


def test_an_id_that_is_taken_by_another_input_is_a_conflict(ask: Ask) -> None:
    ask("POST", SIMULATIONS, {"totalRecords": 20, "simulationId": "sim-1"})

    again = ask("POST", SIMULATIONS, {"totalRecords": 20, "simulationId": "sim-1"})
    other = ask("POST", SIMULATIONS, {"totalRecords": 21, "simulationId": "sim-1"})

    assert again[0] == 202
    assert error(other) == (409, "SIMULATION_EXISTS", None)


@pytest.mark.parametrize("path", ["sim-none", "sim-none/metrics"])
def test_a_simulation_that_was_never_started_is_not_found(ask: Ask, path: str) -> None:
    assert error(ask("GET", f"{SIMULATIONS}/{path}")) == (404, "NOT_FOUND", None)


def test_a_simulation_is_described(ask: Ask, files: SimulationFiles) -> None:
    ask("POST", SIMULATIONS, {"totalRecords": 3, "simulationId": "sim-test"})
    write_status(files, status())
    Ledger(files).write_step(0, "contacts", [entry(index=0), entry(index=1)])

    number, document = ask("GET", f"{SIMULATIONS}/sim-test")

    assert number == 200
    assert document == {
        "ok": True,
        "simulationId": "sim-test",
        "status": "RUNNING",
        "input": {"simulationId": "sim-test", "totalRecords": 3},
        "planned": 3,
        "counts": by_json_name(dict.fromkeys(ObjectType, 0) | {ObjectType.CONTACTS: 2}),
        "currency": None,
        "omitted": {},
        "failed": 0,
        "skipped": 0,
        "missing": 0,
        "aborted": 0,
        "hubspotCalls": 0,
        "percentComplete": 0.667,
        "startedAt": START.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "endedAt": None,
        "error": None,
        "schedule": None,
        "mode": None,
        "wave": None,
        "takenBack": False,
    }


@pytest.mark.parametrize(("fields", "mode"), [({}, "BACKFILL"), ({"mode": "LIVE"}, "LIVE"), ({"timeScale": 1}, "LIVE")])
def test_a_planned_simulation_says_its_mode(
    ask: Ask, files: SimulationFiles, fields: dict[str, Any], mode: str
) -> None:
    ask("POST", SIMULATIONS, {"totalRecords": 3, "simulationId": "sim-test", **fields})
    made = plan(**fields)
    write_plan(files, made)
    files.write_lines(file_names.BATCHES, (batch.to_row() for batch in AccountHistories.from_plan(made).batches()))
    write_status(files, status())

    assert ask("GET", f"{SIMULATIONS}/sim-test")[1]["mode"] == mode


def test_a_planned_simulation_says_the_currency_of_its_amounts(ask: Ask, files: SimulationFiles) -> None:
    ask("POST", SIMULATIONS, {"totalRecords": 3, "simulationId": "sim-test", "locale": "de_DE"})
    made = plan(currencies=PortalCurrencies("CHF"), locale="de_DE")
    write_plan(files, made)
    files.write_lines(file_names.BATCHES, (batch.to_row() for batch in AccountHistories.from_plan(made).batches()))
    write_status(files, status())

    said = ask("GET", f"{SIMULATIONS}/sim-test")[1]["currency"]

    assert said == {"code": "CHF", "convertedFrom": "EUR", "inPortal": True, "rateYear": 2025}


def test_a_preview_knows_the_portal_as_the_latest_run_found_it(ask: Ask, cache: redis.Redis) -> None:
    body = {"totalRecords": 3, "seed": "s", "locale": "de_DE"}
    before = ask("POST", f"{SIMULATIONS}/preview", body)[1]
    lacking = {ObjectType.EMAILS: ("sales-email-read",)}
    remember_portal(cache, PortalSnapshot(currencies=PortalCurrencies("CHF"), omitted_types=lacking))

    after = ask("POST", f"{SIMULATIONS}/preview", body)[1]

    assert (before["currency"]["code"], before["omitted"], before["warnings"]) == ("EUR", {}, after["warnings"][2:])
    assert after["omitted"] == {"emails": ["sales-email-read"]}
    assert after["currency"]["code"] == "CHF"
    assert after["warnings"][0].startswith("The portal does not have EUR: amounts are converted")


def test_metrics_have_the_shape_that_users_rely_on(ask: Ask, files: SimulationFiles) -> None:
    ask("POST", SIMULATIONS, {"totalRecords": 3, "simulationId": "sim-test"})
    write_status(files, status(RunState.SUCCEEDED, ended_at=START))

    number, document = ask("GET", f"{SIMULATIONS}/sim-test/metrics")

    assert number == 200
    known = {"ok", "simulationId", "metrics", "aiGeneration", "percentComplete", "status", "takenBack"}
    assert set(document) == known | {"series", "bucketSeconds", "funnel"}
    assert set(document["aiGeneration"]) == {
        "successCount",
        "fallbackCount",
        "totalCount",
        "successRate",
        "avgLatencyMs",
        "totalTokens",
        "estimatedCost",
        "lastErrorCategory",
    }
    assert (document["status"], document["percentComplete"]) == ("SUCCEEDED", 1)


def test_simulations_are_listed_page_by_page(ask: Ask) -> None:
    for number in range(21):
        ask("POST", SIMULATIONS, {"totalRecords": 1, "simulationId": f"sim-{number:02d}"})

    _, first = ask("GET", SIMULATIONS)
    _, second = ask("GET", SIMULATIONS, nextToken=first["nextToken"])

    assert (len(first["simulations"]), len(second["simulations"])) == (20, 1)


def test_an_unexpected_error_says_nothing_of_itself(ask: Ask, resources: Resources, log_lines: LogLines) -> None:
    aws_clients.step_functions().delete_state_machine(stateMachineArn=resources.state_machine_arn)

    number, document = ask("GET", SIMULATIONS)

    assert error((number, document)) == (500, "INTERNAL_ERROR", None)
    assert document["error"]["message"] == "The request failed; try again."
    (line,) = log_lines.with_event_id("API_FAILED")
    assert line["errorType"] == "StateMachineDoesNotExist"
    assert re.fullmatch(r"[^\n]+/botocore/client\.py:\d+", line["where"])


def test_a_deployment_without_its_variables_says_nothing_of_them(
    ask: Ask, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = dict(resources.environment("ApiFunction")) | {"STATE_MACHINE_ARN": ""}
    monkeypatch.setattr(type(resources), "environment", lambda *_: environment)

    answer = ask("GET", SIMULATIONS)

    assert error(answer) == (500, "INTERNAL_ERROR", None)
    assert "STATE_MACHINE_ARN" not in json.dumps(answer[1])


def test_a_body_that_is_no_text_is_refused(invoke: Invoke) -> None:
    event = api_event("POST", "/api/simulations") | {"body": "/w==", "isBase64Encoded": True}

    answer = invoke("ApiFunction", event)

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"]["field"] == "body"


def test_a_page_that_was_never_announced_is_refused(ask: Ask) -> None:
    assert error(ask("GET", "/api/simulations", nextToken="garbage")) == (400, "VALIDATION_ERROR", "nextToken")


def test_a_preview_starts_nothing(ask: Ask, resources: Resources) -> None:
    number, document = ask("POST", f"{SIMULATIONS}/preview", {"totalRecords": 20, "seed": 7})

    assert (number, document["ok"], document["counts"]["contacts"]) == (200, True, 20)
    assert any("No key is configured for anthropic" in warning for warning in document["warnings"])
    assert executions(resources) == []


def test_a_preview_with_a_key_says_what_the_model_costs(ask: Ask, resources: Resources) -> None:
    resources.fill_secret(anthropicApiKey="sk-secret-key")

    _, document = ask("POST", f"{SIMULATIONS}/preview", {"totalRecords": 20})

    assert document["aiCalls"] > 0
    assert document["aiCostUsd"] > 0


def test_a_preview_refuses_as_the_start_does(ask: Ask) -> None:
    answer = ask("POST", f"{SIMULATIONS}/preview", {"totalRecords": 20, "scenario": "B2D"})

    assert error(answer) == (400, "VALIDATION_ERROR", "scenario")


def test_a_body_that_no_route_could_want_is_refused_unread(ask: Ask) -> None:
    longest = "x" * MAX_BODY_BYTES

    assert error(ask("POST", SIMULATIONS, longest)) == (400, "VALIDATION_ERROR", "body")
    assert error(ask("POST", SIMULATIONS, longest + "x")) == (413, "PAYLOAD_TOO_LARGE", None)
    assert error(ask("POST", SIMULATIONS, "ü" * (MAX_BODY_BYTES // 2 + 1))) == (413, "PAYLOAD_TOO_LARGE", None)


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/api/health", None),
        ("GET", SIMULATIONS, "operator"),
        ("POST", SIMULATIONS, "operator"),
        ("GET", SIMULATIONS, None),
        ("GET", "/api/boss/dlq", "operator"),
        ("GET", "/api/nothing", "operator"),
        ("GET", f"{SIMULATIONS}/never-started/records", "operator"),
    ],
)
def test_every_answer_of_the_api_carries_the_headers_that_keep_it_safe(
    invoke: Invoke, method: str, path: str, role: str | None
) -> None:
    headers = invoke("ApiFunction", api_event(method, path, role=role))["multiValueHeaders"]

    sent = {name: values for name, values in headers.items() if name != "Content-Type"}
    assert sent == {name: [value] for name, value in HEADERS.items()}
    assert headers["Content-Type"] == ["application/json"]
