"""Tokens and scopes."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from unit.local_hubspot.conftest import HubSpot

from local_hubspot.app import create_app

CONTACTS = "/crm/v3/objects/contacts"
TOKENS = {
    "pat-all": None,
    "pat-read": frozenset({"crm.objects.contacts.read", "oauth"}),
    "pat-tickets": frozenset({"tickets"}),
}


@pytest.fixture
def http() -> Iterator[TestClient]:
    with TestClient(create_app(tokens=TOKENS)) as client:
        yield client


def ask(http: TestClient, token: str, method: str, path: str, body: Any = None) -> Any:
    return http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("header", [None, "pat-all", "Bearer", "Bearer ", "Basic pat-all", "Bearer wrong"])
def test_a_call_without_a_known_token_gives_401(http: TestClient, header: str | None) -> None:
    answer = http.get(CONTACTS, headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_without_configured_tokens_any_token_will_do_but_there_must_be_one(hubspot: HubSpot) -> None:
    assert hubspot.http.get(CONTACTS, headers={"Authorization": "Bearer x"}).status_code == 200
    assert hubspot.http.get(CONTACTS, headers={"Authorization": ""}).status_code == 401


def test_a_missing_scope_is_named(http: TestClient) -> None:
    answer = ask(http, "pat-read", "POST", CONTACTS, {"properties": {"email": "a@one.example"}})

    assert answer.status_code == 403
    body = answer.json()
    assert body["category"] == "MISSING_SCOPES"
    assert body["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/crm/v3/objects/companies", "crm.objects.companies.read"),
        ("POST", "/crm/v3/objects/notes/batch/create", "crm.objects.contacts.write"),
        ("POST", "/crm/v3/properties/deals", "crm.schemas.deals.write"),
        ("GET", "/crm/v3/properties/contacts", "crm.schemas.contacts.read"),
        ("GET", "/crm/v3/pipelines/deals", "crm.schemas.deals.read"),
        ("GET", "/crm/v3/owners/", "crm.objects.owners.read"),
        ("POST", "/crm/v4/associations/deals/companies/batch/create", "crm.objects.companies.write"),
        ("POST", "/crm/v3/objects/tickets", "tickets"),
        ("GET", "/crm/v3/objects/emails", "sales-email-read"),
        ("POST", "/crm/v3/objects/meetings/batch/create", "crm.objects.contacts.write"),
        ("POST", "/crm/v3/objects/line_items/batch/upsert", "crm.objects.line_items.write"),
        ("GET", "/crm/v3/properties/products", "crm.objects.products.read"),
    ],
)
def test_each_endpoint_needs_its_scope(http: TestClient, method: str, path: str, scope: str) -> None:
    answer = ask(http, "pat-read", method, path, {})

    assert answer.status_code == 403
    assert scope in answer.json()["context"]["requiredGranularScopes"]


@pytest.mark.parametrize(
    ("token", "path"),
    [
        ("pat-read", CONTACTS),
        ("pat-read", "/account-info/v3/details"),
        ("pat-tickets", "/crm/v3/objects/tickets"),
        ("pat-tickets", "/crm/v3/properties/tickets"),
        ("pat-all", "/crm/v3/owners/"),
    ],
)
def test_a_granted_scope_lets_the_call_pass(http: TestClient, token: str, path: str) -> None:
    assert ask(http, token, "GET", path).status_code == 200


def test_tokens_can_be_revoked_and_narrowed_while_the_portal_runs(hubspot: HubSpot) -> None:
    hubspot.get(CONTACTS)
    assert hubspot.call("PUT", "/_local/tokens", {"other": None})[0] == 204
    hubspot.get(CONTACTS, 401)
    hubspot.call("PUT", "/_local/tokens", {"any": ["tickets"]})
    hubspot.get(CONTACTS, 403)
    assert hubspot.call("PUT", "/_local/tokens", {"any": 7})[0] == 400
    hubspot.call("PUT", "/_local/tokens", {})
    hubspot.get(CONTACTS)
