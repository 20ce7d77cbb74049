"""A portal in this process, called over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from local_hubspot.app import create_app
from local_hubspot.portal.portal_settings import PortalSettings

START = 1_760_000_000.0


class Clock:
    """A clock that moves only when told; epoch seconds."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class HubSpot:
    """Calls of a client with a good token; each returns (status, body) or checks the status and returns the body."""

    def __init__(self, settings: PortalSettings, clock: Clock, tokens: dict[str, frozenset[str] | None]) -> None:
        app = create_app(settings, tokens, clock)
        self.http = TestClient(app, headers={"Authorization": "Bearer any"})

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.http.request(method, path, json=body) if body is not None else self.http.request(method, path)
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str, status: int = 200) -> Any:
        return self._expect(status, *self.call("GET", path))

    def post(self, path: str, body: Any, status: int) -> Any:
        return self._expect(status, *self.call("POST", path, body))

    def create(self, kind: str, associations: list[Any] | None = None, /, **properties: Any) -> str:
        """Create a record and return its id."""
        body = {"properties": properties, "associations": associations or []}
        return str(self.post(f"/crm/v3/objects/{kind}", body, 201)["id"])

    def read(self, kind: str, record_id: str, *names: str) -> dict[str, str | None]:
        """Return the named properties of a record."""
        query = f"?properties={','.join(names)}" if names else ""
        properties: dict[str, str | None] = self.get(f"/crm/v3/objects/{kind}/{record_id}{query}")["properties"]
        return properties

    def define(self, kind: str, name: str, **definition: Any) -> None:
        """Create a custom property, a text unless told otherwise."""
        given = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "custom"}
        self.call("POST", f"/crm/v3/properties/{kind}/groups", {"name": "custom", "label": "Custom"})
        self.post(f"/crm/v3/properties/{kind}", given | definition, 201)

    def search(self, kind: str, *filters: dict[str, Any], **more: Any) -> list[str]:
        """Return the ids that fit all filters, in the order found."""
        body = {"filterGroups": [{"filters": list(filters)}] if filters else [], "limit": 200, **more}
        return [row["id"] for row in self.post(f"/crm/v3/objects/{kind}/search", body, 200)["results"]]

    def count(self, kind: str) -> int:
        """Return how many records the portal holds."""
        return int(self.get("/_local/stats")["objects"][kind])

    def set(self, **settings: Any) -> None:
        """Change settings by their JSON names."""
        self._expect(200, *self.call("PUT", "/_local/settings", settings))

    def fault(self, **rule: Any) -> None:
        """Script a fault."""
        self.post("/_local/faults", rule, 201)

    @staticmethod
    def _expect(status: int, actual: int, body: Any) -> Any:
        assert actual == status, body
        return body


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hubspot(clock: Clock) -> Iterator[HubSpot]:
    hubspot = HubSpot(PortalSettings(), clock, {})
    with hubspot.http:
        yield hubspot


@pytest.fixture
def limited(clock: Clock) -> Iterator[HubSpot]:
    """A portal whose token may read contacts and nothing else."""
    hubspot = HubSpot(PortalSettings(), clock, {"any": frozenset({"crm.objects.contacts.read"})})
    with hubspot.http:
        yield hubspot
