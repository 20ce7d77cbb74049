"""``GET /api/diagnostics``: each part sound, and broken one by one."""

import json
from collections.abc import Callable
from typing import Any, cast

import httpx2
import pytest
from lambda_events import api_event
from portal_in_process import TOKEN, LocalPortal
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.operations import llm_key_check
from simcrm_lambda.secrets import load_secrets

Row = dict[str, str]
Diagnose = Callable[[], dict[str, Row]]
NAMES = ["secret", "cache", "queue", "hubspot", "model"]
KEY = "sk-of-the-test"


@pytest.fixture
def diagnose(invoke: Invoke, resources: Resources, connected: object) -> Diagnose:
    """The checks by their names; all parts are sound at first."""
    assert connected is not None
    resources.fill_secret(anthropicApiKey=KEY)

    def run() -> dict[str, Row]:
        answer = invoke("ApiFunction", api_event("GET", "/api/diagnostics", role="operator"))
        assert answer["statusCode"] == 200, answer
        assert KEY not in answer["body"]
        assert TOKEN not in answer["body"]
        return {row["name"]: row for row in json.loads(answer["body"])["checks"]}

    return run


@pytest.fixture(autouse=True)
def _forget(resources: Resources) -> None:
    load_secrets(resources.secret_arn, fresh=True)


def states(found: dict[str, Row]) -> dict[str, str]:
    return {name: row["state"] for name, row in found.items()}


def answering(status: int) -> Callable[[str, dict[str, str]], httpx2.Client]:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status))
    return lambda base_url, _headers: httpx2.Client(base_url=base_url, transport=transport)


def test_where_everything_works_nothing_has_to_be_done(diagnose: Diagnose) -> None:
    found = diagnose()

    assert states(found) == dict.fromkeys(NAMES, "ok")
    assert {row["remedy"] for row in found.values()} == {""}


def test_a_secret_that_was_made_anew_is_told_by_its_tokens(diagnose: Diagnose, resources: Resources) -> None:
    resources.fill_secret(bossToken="")

    row = diagnose()["secret"]

    assert (row["state"], "bossToken" in row["found"], "simcrm deploy" in row["remedy"]) == ("failed", True, True)


def test_a_secret_that_is_no_json_is_the_only_thing_to_look_at(diagnose: Diagnose, resources: Resources) -> None:
    aws_clients.secrets_manager().put_secret_value(SecretId=resources.secret_arn, SecretString="not json")

    assert states(diagnose()) == {"secret": "failed"}


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "there is none"), ("no url", "cannot be parsed"), ("unix:///nowhere/at/all", "does not answer")],
)
def test_a_cache_that_is_not_there_fails_whatever_the_reason(
    diagnose: Diagnose, resources: Resources, url: str, said: str
) -> None:
    resources.fill_secret(redisUrl=url)

    found = diagnose()

    assert (found["cache"]["state"], said in found["cache"]["found"]) == ("failed", True)
    assert found["cache"]["remedy"]
    assert states(found)["hubspot"] == "ok"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [({"VisibilityTimeout": "539"}, "reappear after 539 s"), ({"RedrivePolicy": ""}, "would be lost")],
)
def test_a_queue_that_somebody_has_changed_fails(
    diagnose: Diagnose, resources: Resources, attributes: dict[Any, str], said: str
) -> None:
    url = resources.write_queue_url
    before = aws_clients.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])
    aws_clients.sqs().set_queue_attributes(QueueUrl=url, Attributes=attributes)
    try:
        row = diagnose()["queue"]
    finally:
        aws_clients.sqs().set_queue_attributes(QueueUrl=url, Attributes=cast("Any", before["Attributes"]))

    assert (row["state"], said in row["found"]) == ("failed", True)


def test_scopes_that_the_token_lacks_are_named(diagnose: Diagnose, portal: LocalPortal) -> None:
    portal.request("PUT", "/_local/tokens", {TOKEN: ["oauth", "crm.objects.contacts.read"]})

    row = diagnose()["hubspot"]

    assert row["state"] == "failed"
    assert "crm.objects.contacts.write" in row["found"]
    assert "crm.objects.contacts.read" not in row["found"]


def test_a_token_that_the_portal_does_not_know_is_told_from_one_that_lacks_scopes(
    diagnose: Diagnose, portal: LocalPortal
) -> None:
    portal.request("PUT", "/_local/tokens", {"another": None})

    row = diagnose()["hubspot"]

    assert (row["state"], row["found"]) == ("failed", "the portal does not accept the token")


def test_a_production_portal_is_a_warning(diagnose: Diagnose, portal: LocalPortal) -> None:
    portal.request("PUT", "/_local/settings", {"accountType": "STANDARD"})

    row = diagnose()["hubspot"]

    assert (row["state"], "allowProductionPortal" in row["remedy"]) == ("warning", True)


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [(401, "failed", "refuses the key"), (404, "failed", "has no model"), (529, "warning", "cannot be reached (529)")],
)
def test_what_the_models_provider_says_of_key_and_model(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch, status: int, state: str, said: str
) -> None:
    monkeypatch.setattr(llm_key_check, "http_client", answering(status))

    row = diagnose()["model"]

    assert (row["state"], said in row["found"], bool(row["remedy"])) == (state, True, True)


def test_without_a_key_nobody_is_asked_and_it_is_a_warning(
    diagnose: Diagnose, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources.fill_secret(anthropicApiKey="")
    monkeypatch.setattr(llm_key_check, "http_client", answering(500))

    row = diagnose()["model"]

    assert (row["state"], row["found"]) == ("warning", "there is no key: text is composed from data")
