"""Keys and tokens outlive a deployment that makes the secret's value anew, however it does so and however it ends."""

from typing import Any

import pytest
from unit.cli.account import REGION, Account
from unit.cli.conftest import Simcrm

KEY = "pat-secret"
FILLED = ["anthropicApiKey", "bossToken", "hubspotToken", "operatorToken"]


def deploy(simcrm: Simcrm, *options: str) -> dict[str, Any]:
    fixed = ("--yes", "--json", "--stack-name", "mine", "--region", REGION)
    return simcrm("deploy", *fixed, "--records", "200", *options).document


@pytest.fixture
def held(simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a stack's secret holds that was deployed with keys, which the environment does not have any more."""
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    deploy(simcrm)
    monkeypatch.delenv("SIMCRM_HUBSPOT_TOKEN")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    return account.secret()


@pytest.mark.parametrize("becomes", ["anew", "replaced"])
def test_what_was_there_comes_back_with_the_tokens_that_people_use(
    simcrm: Simcrm, account: Account, held: dict[str, str], becomes: str
) -> None:
    account.secret_becomes = becomes

    document = deploy(simcrm)

    assert account.secret() == held
    assert (document["restoredKeys"], document["missingKeys"]) == (FILLED, [])


def test_a_key_that_is_given_comes_before_the_one_that_was_there(
    simcrm: Simcrm, account: Account, held: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.secret_becomes = "anew"
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-new")

    deploy(simcrm)

    assert account.secret() == held | {"hubspotToken": "pat-new"}


def test_a_deployment_that_fails_brings_it_back_too(simcrm: Simcrm, account: Account, held: dict[str, str]) -> None:
    """The roll-back generates the value once more, so the version before is no help."""
    account.secret_becomes, account.fails = "anew", True

    document = deploy(simcrm)

    assert document["error"]["code"] == "SAM_FAILED"
    assert account.secret() == held


def test_the_deployment_after_one_that_was_interrupted_takes_it_from_the_version_before(
    simcrm: Simcrm, account: Account, held: dict[str, str]
) -> None:
    account.put_secret(dict.fromkeys(held, "") | {"operatorToken": "generated"})

    document = deploy(simcrm)

    assert account.secret() == held
    assert document["restoredKeys"] == FILLED


def test_a_key_that_somebody_has_emptied_stays_empty(simcrm: Simcrm, account: Account, held: dict[str, str]) -> None:
    account.put_secret(held | {"hubspotToken": ""})

    document = deploy(simcrm)

    assert account.secret() == held | {"hubspotToken": ""}
    assert (document["restoredKeys"], document["missingKeys"]) == ([], ["hubspotToken"])


def test_a_first_deployment_brings_nothing_back_and_says_what_is_missing(simcrm: Simcrm, account: Account) -> None:
    outcome = simcrm(
        "deploy", "--yes", "--stack-name", "mine", "--region", REGION, "--records", "200", "--cache", "own"
    )

    assert "The secret lacks hubspotToken, redisUrl: deploy again with it." in outcome.out
    assert account.secret()["operatorToken"] == "generated-1"


def test_values_that_come_back_are_not_printed(simcrm: Simcrm, account: Account, held: dict[str, str]) -> None:
    account.secret_becomes = "anew"

    outcome = simcrm("deploy", "--yes", "--stack-name", "mine", "--region", REGION, "--records", "200")

    assert f"restored: {', '.join(FILLED)}" in outcome.out
    assert [value for value in held.values() if value and value in outcome.out + outcome.err] == []
