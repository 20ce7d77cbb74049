"""Exchanging tokens: in an account of moto's own, beside somebody who changes the same secret."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from unit.cli.account import REGION, Account, secrets_manager
from unit.cli.conftest import Outcome, Simcrm

from simcrm.operations.roles import Role, role_for_header
from simcrm_cli.commands import token as token_command
from simcrm_cli.deploy.secret import MAX_TRIES
from simcrm_embedded.state import StackState, load
from simcrm_lambda.secrets import Secrets

HELD = {"operatorToken": "op-old", "bossToken": "boss-old", "hubspotToken": "pat-secret"}
Token = Callable[..., Outcome]


@pytest.fixture
def deployed(simcrm: Simcrm, account: Account) -> Account:
    """An account with a stack that has tokens and a key."""
    simcrm("deploy", "--yes", "--json", "--stack-name", "mine", "--region", REGION, "--records", "200")
    account.put_secret(HELD)
    return account


@pytest.fixture
def token(simcrm: Simcrm) -> Token:
    """Run the command on the stack of the account."""
    return lambda *arguments: simcrm("token", *arguments, "--stack-name", "mine", "--region", REGION, "--json")


def opened_by(held: dict[str, str], token: str) -> Role | None:
    """Whom the API takes the bearer of a token for."""
    return role_for_header(f"Bearer {token}", Secrets.model_validate(held).tokens)


@pytest.mark.parametrize("role", ["operator", "boss"])
def test_a_new_token_opens_the_api_beside_the_old_one(token: Token, deployed: Account, role: str) -> None:
    document = token("rotate", role).document

    held = deployed.secret()
    assert (document["role"], document["oldTokenKept"]) == (role, True)
    assert opened_by(held, document["token"]) == opened_by(held, HELD[f"{role}Token"]) == Role(role)
    assert held | HELD == held | {f"{role}Token": HELD[f"{role}Token"]}
    assert len(document["token"]) >= 32


def test_the_operator_s_token_is_meant_where_no_role_is_named(token: Token, deployed: Account) -> None:
    assert token("rotate").document["role"] == "operator"
    assert deployed.secret()["operatorTokenPrevious"] == "op-old"


def test_an_exchange_is_finished_by_emptying_the_old_token(token: Token, deployed: Account) -> None:
    new = token("rotate", "operator").document["token"]

    assert token("finish", "operator").document["finished"] == ["operator"]

    held = deployed.secret()
    assert (opened_by(held, new), opened_by(held, "op-old")) == (Role.OPERATOR, None)
    assert token("finish", "operator").document["finished"] == []


def test_all_exchanges_are_finished_where_no_role_is_named_and_one_where_it_is(token: Token, deployed: Account) -> None:
    token("rotate", "operator")
    token("rotate", "boss")

    assert token("finish", "boss").document["finished"] == ["boss"]
    assert deployed.secret()["operatorTokenPrevious"] == "op-old"
    token("rotate", "boss")
    assert token("finish").document["finished"] == ["operator", "boss"]


def test_a_token_that_leaked_is_not_kept_nor_the_one_before_it(token: Token, deployed: Account) -> None:
    first = token("rotate", "operator").document["token"]

    document = token("rotate", "operator", "--leaked").document

    held = deployed.secret()
    assert document["oldTokenKept"] is False
    assert [opened_by(held, old) for old in ("op-old", first)] == [None, None]
    assert opened_by(held, document["token"]) is Role.OPERATOR
    assert opened_by(held, "boss-old") is Role.BOSS


def test_an_open_exchange_is_not_overtaken_by_another(token: Token, deployed: Account) -> None:
    token("rotate", "operator")
    held = deployed.secret()

    outcome = token("rotate", "operator")

    assert (outcome.code, outcome.document["error"]["code"]) == (1, "EXCHANGE_OPEN")
    assert deployed.secret() == held


def meddle(account: Account, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody else change the secret right after it was read, so many times."""
    left = list(range(times))
    send: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        answer = send(client, operation, parameters)
        if operation == "GetSecretValue" and left:
            account.put_secret(json.loads(answer["SecretString"]) | {"hubspotToken": f"pat-{left.pop()}"})
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def test_a_change_that_somebody_else_made_meanwhile_is_kept(
    token: Token, deployed: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    meddle(deployed, 2, monkeypatch)

    new = token("rotate", "operator").document["token"]

    held = deployed.secret()
    assert (held["operatorToken"], held["operatorTokenPrevious"]) == (new, "op-old")
    assert held["hubspotToken"] == "pat-0"


def test_a_key_that_is_deployed_undoes_no_rotation(
    simcrm: Simcrm, deployed: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-new")
    meddle(deployed, 1, monkeypatch)

    document = simcrm(
        "deploy", "--yes", "--json", "--stack-name", "mine", "--region", REGION, "--records", "200"
    ).document

    assert document["changedKeys"] == ["anthropicApiKey"]
    assert deployed.secret() == HELD | {"anthropicApiKey": "sk-new", "hubspotToken": "pat-0"}


def test_where_somebody_else_is_always_faster_nothing_is_done(
    token: Token, deployed: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    meddle(deployed, MAX_TRIES, monkeypatch)

    outcome = token("rotate", "operator")

    assert (outcome.code, outcome.document["error"]["code"]) == (1, "SECRET_BUSY")
    assert deployed.secret() == HELD | {"hubspotToken": "pat-0"}


def test_no_label_is_left_that_would_hinder_a_rotation_by_aws(token: Token, deployed: Account) -> None:
    token("rotate", "operator")

    versions = secrets_manager().list_secret_version_ids(SecretId=deployed.secret_arn)["Versions"]
    labels = [label for version in versions for label in version.get("VersionStages", [])]
    assert sorted(labels) == ["AWSCURRENT", "AWSPREVIOUS"]


def test_people_are_told_the_new_token_once_and_no_other_secret(simcrm: Simcrm, deployed: Account) -> None:
    outcome = simcrm("token", "rotate", "boss", "--stack-name", "mine", "--region", REGION)

    assert outcome.out.count(deployed.secret()["bossToken"]) == 1
    assert "simcrm token finish boss" in outcome.out
    assert [value for value in HELD.values() if value in outcome.out + outcome.err] == []


@pytest.mark.usefixtures("account")
def test_a_stack_that_is_not_deployed_has_no_token(token: Token) -> None:
    assert token("rotate").document["error"]["code"] == "NOT_DEPLOYED"


def test_leaked_makes_no_sense_of_an_exchange_that_is_finished(token: Token, deployed: Account) -> None:
    assert token("finish", "--leaked").code == 2
    assert deployed.secret() == HELD


@pytest.fixture
def embedded(deployed: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state of an embedded stack whose secret is the account's."""
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(token_command, "secrets_manager", lambda _endpoint: secrets_manager())
    state = StackState("mark", endpoint="http://127.0.0.1:1", api_url="http://127.0.0.1:1/api")
    state.operator_token, state.boss_token = "op-old", "boss-old"
    state.outputs = {"SecretArn": deployed.secret_arn}
    state.save(tmp_path / "state.json")
    return tmp_path / "state.json"


def test_the_command_line_uses_the_new_token_of_the_embedded_stack(
    simcrm: Simcrm, deployed: Account, embedded: Path
) -> None:
    new = simcrm("token", "rotate", "operator", "--json").document["token"]

    state = load(embedded)
    assert state is not None
    assert (state.operator_token, state.boss_token) == (new, "boss-old")
    assert deployed.secret()["operatorToken"] == new


def test_without_a_stack_here_and_without_a_name_there_is_nothing_to_change(
    simcrm: Simcrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path))

    assert simcrm("token", "rotate", "--json").document["error"]["code"] == "NO_STACK"
