from typing import Any

import api
import authorize_request
import expire_simulations
import finish_simulation
import generate_activity
import generate_contact
import handle_dead_letters
import httpx2
import plan_simulation
import pytest
import run_maintenance_job
import run_message_batches
import write_hubspot
from api_contract import check_answer
from lambda_events import lambda_context
from portal_in_process import TOKEN, LocalPortal
from template_resources import Resources
from unit.functions.after_a_run import Invoke, ran, running

import simcrm_lambda.hubspot_clients
from simcrm.operations import llm_key_check

HANDLERS = {
    "ApiFunction": api.lambda_handler,
    "AuthorizeRequestFunction": authorize_request.lambda_handler,
    "BatchWordsFunction": run_message_batches.lambda_handler,
    "ExpireSimulationsFunction": expire_simulations.lambda_handler,
    "FailUndeliveredFunction": handle_dead_letters.lambda_handler,
    "FinishSimulationFunction": finish_simulation.lambda_handler,
    "GenerateActivityFunction": generate_activity.lambda_handler,
    "GenerateContactFunction": generate_contact.lambda_handler,
    "MaintainSimulationFunction": run_maintenance_job.lambda_handler,
    "PlanSimulationFunction": plan_simulation.lambda_handler,
    "WriteHubSpotFunction": write_hubspot.lambda_handler,
}
__all__ = ["Invoke", "ran", "running"]


def models_in_process(base_url: str, headers: dict[str, str]) -> httpx2.Client:
    """A provider that takes every key and has every model."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    return httpx2.Client(base_url=base_url, headers=headers, transport=transport)


@pytest.fixture
def invoke(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Call a function by its name in the template, with the variables and nothing but those that it gives it."""
    resources.fill_secret(hubspotToken=TOKEN, operatorToken="op-token", bossToken="boss-token")
    monkeypatch.setattr(llm_key_check, "http_client", models_in_process)

    def call(function: str, event: dict[str, Any]) -> Any:
        with monkeypatch.context() as environment:
            for name, value in resources.environment(function).items():
                environment.setenv(name, value)
            answer = HANDLERS[function](event, lambda_context())
        if function == "ApiFunction":
            check_answer(event, answer)
        return answer

    return call


@pytest.fixture
def connected(portal: LocalPortal, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, float]]:
    """Connect the functions to the local portal; notes (address, token, timeout) of each connection."""
    made: list[tuple[str, str, float]] = []

    def connect(base_url: str, token: str, timeout: float) -> httpx2.Client:
        made.append((base_url, token, timeout))
        return portal.http(token)

    monkeypatch.setattr(simcrm_lambda.hubspot_clients, "http_client", connect)
    return made
