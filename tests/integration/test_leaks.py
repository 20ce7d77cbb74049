"""What a failing run leaves behind, read to the last line: no key, no token, no payload where it does not belong."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from integration.driving import Api, aws_client
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
        return echo, [through, refused], secret


@pytest.fixture(scope="module")
def outputs(project: Project, state: StackState, failed: Failed) -> dict[str, str]:
    """Everything that somebody may read afterwards, by where it stands."""
    found = {
        f"log {path.name}": path.read_text() for path in project.logs.glob("*.log") if path.name not in OF_THE_PORTAL
    }
    found |= {f"log group {name}": text for name, text in _log_groups(state)}
    found |= {f"object {key}": text for key, text in _objects(state)}
    for simulation_id in failed[1]:
        found |= _answers(state, simulation_id) | _history(state, simulation_id) | _commands(state, simulation_id)
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


def _answers(state: StackState, simulation_id: str) -> dict[str, str]:
    one = f"/api/simulations/{simulation_id}"
    paths = ("/api/health", "/api/simulations", one, f"{one}/metrics", f"{one}/records", "/api/boss/dlq", "/console")
    boss = Api(state, state.boss_token)
    return {f"answer {path}": boss.get(path).text for path in paths}


def _history(state: StackState, simulation_id: str) -> dict[str, str]:
    client = aws_client(state, "stepfunctions")
    arn = state.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{simulation_id}"
    return {f"history {arn}": json.dumps(client.get_execution_history(executionArn=arn)["events"], default=str)}


def _commands(state: StackState, simulation_id: str) -> dict[str, str]:
    at = ["--api-url", state.api_url, "--token", state.operator_token]
    command = [sys.executable, "-m", "simcrm_cli.main"]
    found = {}
    for words in (["list"], ["metrics", simulation_id], ["export", simulation_id]):
        ran = subprocess.run([*command, *words, *at], capture_output=True, text=True, check=False, timeout=120)
        found[f"command {' '.join(words)}"] = ran.stdout + ran.stderr
    return found


def test_the_others_did_repeat_what_they_were_sent(failed: Failed) -> None:
    echoed = failed[0].echoed
    assert {"portal 500", "portal 400", "portal 503", "portal 401"} <= set(echoed)
    assert any(kind.startswith("model") for kind in echoed)


def test_every_kind_of_output_was_read(outputs: dict[str, str]) -> None:
    kinds = {place.split()[0] for place, text in outputs.items() if text}
    assert kinds == {"log", "object", "answer", "history", "command"}
    logs = "".join(text for place, text in outputs.items() if place.startswith("log"))
    assert [event for event in ("PLAN_READY", "AI_GEN_FALLBACK", "STEP_WRITTEN") if event not in logs] == []


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
