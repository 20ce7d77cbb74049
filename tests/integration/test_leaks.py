"""What a failing run leaves behind, read to the last line: no key, no token, no payload where it does not belong."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from integration.driving import Api, aws_client, wait_for
from integration.echoing import Echo, echoing

from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

REDIS_PASSWORD = "canary-redis-password"
CANARIES = {
    "anthropicApiKey": "sk-ant-canary-0123456789abcdef",
    "openaiApiKey": "sk-canary-openai-0123456789",
    "operatorTokenPrevious": "canary-operator-before",
    "bossTokenPrevious": "canary-boss-before",
    "redisUrl": f"redis://:{REDIS_PASSWORD}@127.0.0.1:9",
}
Failed = tuple[Echo, list[str], dict[str, str]]
OF_THE_PORTAL = {"hubspot.log", "redis.log"}
"""Logs of what stands in for others."""


@contextmanager
def altered(state: StackState, variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Functions with other environment variables and a canary in each field of the secret; yields the secret.

    A changed function starts anew, so none keeps a copy of the other secret.
    """
    secrets, arn = aws_client(state, "secretsmanager"), state.outputs["SecretArn"]
    before = secrets.get_secret_value(SecretId=arn)["SecretString"]
    document: dict[str, str] = json.loads(before) | CANARIES
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(document))
    original = _reconfigure(state, lambda given: {name: variables[name] for name in variables.keys() & given.keys()})
    yield document
    secrets.put_secret_value(SecretId=arn, SecretString=before)
    _reconfigure(state, lambda given: {name: original[name] for name in variables.keys() & given.keys()})


def _reconfigure(state: StackState, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, str]:
    """Change variables of all functions; what they were, by name."""
    client, before = aws_client(state, "lambda"), dict[str, str]()
    for function in client.list_functions()["Functions"]:
        given = function.get("Environment", {}).get("Variables", {})
        before |= given
        environment = {"Variables": given | change(given)}
        client.update_function_configuration(FunctionName=function["FunctionName"], Environment=environment)
    return before


@pytest.fixture(scope="module")
def failed(state: StackState) -> Failed:
    """Two runs beside parties that repeat all they are sent: one that gets through, one whose token is refused."""
    api = Api(state, state.operator_token)
    with (
        echoing(state.hubspot_url) as echo,
        altered(state, dict.fromkeys(("HUBSPOT_BASE_URL", "AI_BASE_URL"), echo.url)) as secret,
    ):
        through = str(api.run(totalRecords=20, theme="a theme")["simulationId"])
        echo.refuses = True
        refused = str(api.run(totalRecords=5)["simulationId"])
        _take_back(state, api, through)
        _give_up(state)
        return echo, [through, refused], secret


def _take_back(state: StackState, api: Api, simulation_id: str) -> None:
    """Let a clean-up fail, because the portal refuses its token."""
    job = api.post(f"/api/simulations/{simulation_id}/cleanup", {"dryRun": False}).json()["executionArn"]
    client = aws_client(state, "stepfunctions")
    wait_for(lambda: client.describe_execution(executionArn=job)["status"] == "FAILED")


def _give_up(state: StackState) -> None:
    """Let a message be given up that no writer can use."""
    body = json.dumps({"simulationId": "sim-none", "said": "nonsense"})
    aws_client(state, "sqs").send_message(QueueUrl=state.outputs["WriteQueueUrl"], MessageBody=body)
    wait_for(lambda: any(key.startswith("dead-letters/") and "nonsense" in text for key, text in _objects(state)))


@pytest.fixture(scope="module")
def outputs(project: Project, state: StackState, failed: Failed) -> dict[str, str]:
    """Everything that somebody may read afterwards, by where it stands."""
    found = {
        f"log {path.name}": path.read_text() for path in project.logs.glob("*.log") if path.name not in OF_THE_PORTAL
    }
    found |= {f"log group {name}": text for name, text in _log_groups(state)}
    found |= {f"object {key}": text for key, text in _objects(state)}
    found |= {f"queue {url}": text for url, text in _queues(state)}
    found |= {f"execution {arn}": text for arn, text in _executions(state)}
    with _scheduled(state) as schedule:
        found["schedule"] = schedule
        for simulation_id in failed[1]:
            found |= _answers(state, simulation_id) | _commands(state, simulation_id)
    return found


def _log_groups(state: StackState) -> Iterator[tuple[str, str]]:
    client = aws_client(state, "logs")
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield group["logGroupName"], "\n".join(item["message"] for one in events for item in one["events"])


def _objects(state: StackState) -> Iterator[tuple[str, str]]:
    client, bucket = aws_client(state, "s3"), state.outputs["BucketName"]
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            yield item["Key"], client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()


def _queues(state: StackState) -> Iterator[tuple[str, str]]:
    """What waits in the queues, dead letters among it, and how they are set up."""
    client = aws_client(state, "sqs")
    for url in client.list_queues()["QueueUrls"]:
        waiting = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield url, json.dumps([waiting, attributes])


def _executions(state: StackState) -> Iterator[tuple[str, str]]:
    """Input, output, cause and history of every execution of both state machines, and of the map's children."""
    client = aws_client(state, "stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        for item in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            arn = item["executionArn"]
            events = client.get_paginator("get_execution_history").paginate(executionArn=arn)
            history = [event for page in events for event in page["events"]]
            yield arn, json.dumps([client.describe_execution(executionArn=arn), history], default=str)


@contextmanager
def _scheduled(state: StackState) -> Iterator[str]:
    """What Scheduler holds of a schedule that a user has added."""
    api, client = Api(state, state.operator_token), aws_client(state, "scheduler")
    added = api.post("/api/schedules", {"name": "leaks", "expression": "rate(1 day)", "input": {"totalRecords": 1}})
    assert added.status_code == 201, added.text
    listed = client.list_schedules()["Schedules"]
    held = [client.get_schedule(Name=item["Name"], GroupName=item["GroupName"]) for item in listed]
    yield json.dumps(held, default=str)
    api.delete("/api/schedules/leaks")


def _answers(state: StackState, simulation_id: str) -> dict[str, str]:
    one = f"/api/simulations/{simulation_id}"
    of_run = (one, *(f"{one}/{part}" for part in ("metrics", "records", "failures")))
    of_all = ("health", "session", "openapi.json", "simulations", "events", "schedules")
    of_boss = ("dlq", "ai-config", "scenarios")
    paths = (*of_run, *(f"/api/{name}" for name in of_all), *(f"/api/boss/{name}" for name in of_boss), "/console")
    boss = Api(state, state.boss_token)
    return {f"answer {path}": boss.get(path).text for path in paths}


def _commands(state: StackState, simulation_id: str) -> dict[str, str]:
    at = ["--api-url", state.api_url, "--token", state.operator_token]
    command = [sys.executable, "-m", "simcrm_cli.main"]
    given = [[name, simulation_id] for name in ("watch", "metrics", "export")]
    found = {}
    for words in (["list"], ["schedule", "list"], *given, ["watch", simulation_id, "--json"]):
        ran = subprocess.run([*command, *words, *at], capture_output=True, text=True, check=False, timeout=120)
        found[f"command {' '.join(words)}"] = ran.stdout + ran.stderr
    return found


def test_the_others_did_repeat_what_they_were_sent(failed: Failed) -> None:
    echoed = failed[0].echoed
    assert {"portal 500", "portal 400", "portal 503", "portal 401"} <= set(echoed)
    assert any(kind.startswith("model") for kind in echoed)


def test_what_they_said_came_into_the_ledger_and_out_of_the_api(outputs: dict[str, str]) -> None:
    said = {place for place, text in outputs.items() if "you sent" in text}
    assert any(place.startswith("object") and "/ledger/" in place for place in said)
    assert any(place.startswith("answer") and place.endswith("/failures") for place in said)


def test_every_kind_of_output_was_read(outputs: dict[str, str]) -> None:
    kinds = {place.split()[0] for place, text in outputs.items() if text}
    assert kinds == {"log", "object", "queue", "execution", "schedule", "answer", "command"}
    for wanted in ("log group", "object dead-letters/", "object simulations/"):
        assert any(place.startswith(wanted) and text for place, text in outputs.items()), wanted
    refused = [place for place, text in outputs.items() if place.startswith("answer") and '"ok": false' in text]
    assert {place.rpartition("/")[2] for place in refused} <= {"records"}, refused
    assert any("cleanup" in text for place, text in outputs.items() if place.startswith("execution"))
    logs = "".join(text for place, text in outputs.items() if place.startswith("log"))
    assert [
        event
        for event in ("PLAN_READY", "AI_GEN_FALLBACK", "STEP_WRITTEN", "DEAD_LETTER", '"_aws"')
        if event not in logs
    ] == []


def test_no_key_token_or_password_is_in_any_output(outputs: dict[str, str], failed: Failed) -> None:
    hidden = {name: value for name, value in failed[2].items() if value} | {"redis password": REDIS_PASSWORD}
    leaks = [(place, name) for place, text in outputs.items() for name, value in hidden.items() if value in text]
    assert leaks == []


def test_no_record_is_in_a_log(outputs: dict[str, str]) -> None:
    rows = [json.loads(line) for place, text in outputs.items() if "/records/" in place for line in text.splitlines()]
    addresses = {row["contact"]["email"] for row in rows if "contact" in row}
    logs = {place: text for place, text in outputs.items() if place.startswith("log")}
    assert len(addresses) >= 20
    assert [(place, item) for place, text in logs.items() for item in addresses if item in text] == []


def test_the_refused_run_says_what_to_do(state: StackState, failed: Failed) -> None:
    run: Any = Api(state, state.operator_token).simulation(failed[1][1])
    assert run["status"] == "FAILED"
    assert "hubspotToken" in run["error"]["message"]
