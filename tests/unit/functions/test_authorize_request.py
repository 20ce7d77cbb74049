import json
import logging
from typing import Any

import authorize_request
import pytest
from lambda_events import authorizer_event
from recorders import LogLines
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm_lambda.secrets import RefreshThrottle


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorize_request, "refresh_throttle", RefreshThrottle())


STAGE = "arn:aws:execute-api:us-east-1:123456789012:api1/prod/*"
DENIED = {
    "principalId": "nobody",
    "policyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": STAGE}],
    },
}


def authorize(invoke: Invoke, headers: dict[str, str] | None) -> Any:
    return invoke("AuthorizeRequestFunction", authorizer_event(headers))


@pytest.mark.parametrize(("token", "role"), [("op-token", "operator"), ("boss-token", "boss")])
def test_a_token_opens_the_stage_for_its_role(invoke: Invoke, token: str, role: str) -> None:
    answer = authorize(invoke, {"Authorization": f"Bearer {token}"})

    assert (answer["principalId"], answer["context"]) == (role, {"role": role})
    assert answer["policyDocument"]["Statement"] == [
        {
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": STAGE,
        }
    ]


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "Authorization"])
def test_a_header_is_found_in_any_case(invoke: Invoke, name: str) -> None:
    assert authorize(invoke, {name: "Bearer op-token"})["principalId"] == "operator"


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "op-token"},
        {"X-Authorization": "Bearer op-token"},
    ],
)
def test_anything_else_is_denied_which_api_gateway_answers_with_401(
    invoke: Invoke, headers: dict[str, str] | None
) -> None:
    assert authorize(invoke, headers) == DENIED


def test_strangers_fill_no_log_and_are_counted(
    invoke: Invoke, log_lines: LogLines, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        authorize(invoke, {"Authorization": f"Bearer guess-{number}"})

    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.levelname for line in log_lines.records if line.levelno >= logging.WARNING] == []
    assert [line["TokensRefused"] for line in counted] == [1] * 20
    assert "guess" not in json.dumps(counted)


def test_a_boss_token_that_was_never_set_lets_nobody_in(invoke: Invoke, resources: Resources) -> None:
    resources.fill_secret(bossToken="")

    assert authorize(invoke, {"Authorization": "Bearer "}) == DENIED


def test_the_operator_token_that_the_deployment_made_is_long_and_works(invoke: Invoke, resources: Resources) -> None:
    generated = "x" * 40
    resources.fill_secret(operatorToken=generated)

    assert authorize(invoke, {"Authorization": f"Bearer {generated}"})["principalId"] == "operator"


@pytest.mark.parametrize(("token", "role"), [("op-token", "operator"), ("boss-token", "boss")])
def test_the_token_before_is_let_in_while_it_is_exchanged(
    invoke: Invoke, resources: Resources, token: str, role: str
) -> None:
    resources.fill_secret(**{f"{role}Token": "new", f"{role}TokenPrevious": token})

    assert authorize(invoke, {"Authorization": f"Bearer {token}"})["principalId"] == role
    assert authorize(invoke, {"Authorization": "Bearer new"})["principalId"] == role


def test_a_new_token_works_although_the_secret_is_cached(invoke: Invoke, resources: Resources) -> None:
    authorize(invoke, {"Authorization": "Bearer op-token"})
    resources.fill_secret(operatorToken="new", operatorTokenPrevious="op-token")

    assert authorize(invoke, {"Authorization": "Bearer new"})["principalId"] == "operator"


def test_unknown_tokens_do_not_make_the_secret_be_read_each_time(invoke: Invoke, resources: Resources) -> None:
    authorize(invoke, {"Authorization": "Bearer wrong"})
    resources.fill_secret(operatorToken="new")

    assert authorize(invoke, {"Authorization": "Bearer new"}) == DENIED
