"""Deploying into accounts of several sizes."""

from typing import Any

import pytest
from unit.cli.account import REGION, Account
from unit.cli.conftest import Simcrm

NEW_ACCOUNT = 10


def deploy(simcrm: Simcrm, *options: str) -> dict[str, Any]:
    fixed = ("--yes", "--json", "--stack-name", "mine", "--region", REGION)
    return simcrm("deploy", *fixed, "--records", "200", *options).document


def batches(account: Account) -> str | None:
    """The deployed MapConcurrency; None where the template's default was left."""
    return (account.deployed or {}).get("MapConcurrency")


@pytest.mark.parametrize(("functions", "expected"), [(NEW_ACCOUNT, "4"), (30, "24"), (1_000, "40")])
def test_as_many_batches_run_side_by_side_as_the_account_has_functions_for(
    simcrm: Simcrm, account: Account, functions: int, expected: str
) -> None:
    account.functions = functions

    document = deploy(simcrm)

    assert batches(account) == expected
    assert (account.deployed or {})["LambdaConcurrency"] == str(functions)
    assert (document["account"]["functions"], document["account"]["mapConcurrency"]) == (functions, int(expected))


def test_a_parameter_that_is_given_stays_and_is_said_not_to_fit(simcrm: Simcrm, account: Account) -> None:
    account.functions = NEW_ACCOUNT

    outcome = simcrm("deploy", "--yes", "--stack-name", "mine", "--region", REGION, "--parameter", "MapConcurrency=40")

    assert batches(account) == "40"
    assert "MapConcurrency=4 fits, or ask AWS for 46." in outcome.err


def test_an_upgrade_keeps_its_batches_and_learns_of_the_account(simcrm: Simcrm, account: Account) -> None:
    account.functions = NEW_ACCOUNT
    deploy(simcrm)
    account.functions = 1_000

    document = deploy(simcrm)

    assert (batches(account), (account.deployed or {})["LambdaConcurrency"]) == ("4", "1000")
    assert document["account"]["fittingMapConcurrency"] == 40
    deploy(simcrm, "--parameter", "MapConcurrency=40")
    assert batches(account) == "40"


def test_where_nobody_may_ask_the_templates_default_stays_and_that_is_said(simcrm: Simcrm, account: Account) -> None:
    account.functions = None

    outcome = simcrm("deploy", "--yes", "--stack-name", "mine", "--region", REGION, "--dry-run")

    assert (outcome.code, batches(account)) == (0, None)
    assert "does not report how many functions it runs at a time; MapConcurrency is 40." in outcome.out
    assert "AWS defaults are assumed for quotas that could not be read." in outcome.out


def test_quotas_of_step_functions_and_sqs_are_the_accounts_own(simcrm: Simcrm, account: Account) -> None:
    account.quotas = {
        "states": {
            "StateTransition throttle token bucket size": 5_000,
            "StateTransition throttle token refill rate per second": 20,
            "StartExecution throttle token refill rate per second": 7,
        },
        "sqs": {"In-flight messages per FIFO queue": 9, "In-flight messages per standard queue": 130_000},
    }

    document = deploy(simcrm, "--dry-run")["account"]

    allowed = {limit["name"]: limit["available"] for limit in document["limits"]}
    assert allowed["stepFunctionsTransitionsPerSecond"] == 20
    assert allowed["sqsMessagesInFlight"] == 130_000
    assert (document["unread"], allowed["stepFunctionsOpenExecutions"]) == (["open_executions"], 1_000_000)


def test_what_a_run_of_a_size_needs_is_said(simcrm: Simcrm, account: Account) -> None:
    account.functions = NEW_ACCOUNT

    said = simcrm("deploy", "--dry-run", "--yes", "--region", REGION, "--records", "1000").out
    document = deploy(simcrm, "--dry-run", "--records", "1000")["account"]

    assert "A run of 1,000 records, " in said
    assert "concurrent Lambda functions, 10 needed, 10 allowed" in said
    assert (document["records"], document["limits"][0]["name"]) == (1_000, "hubspotCallsPerTenSeconds")
