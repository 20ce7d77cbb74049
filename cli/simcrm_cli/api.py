"""Client for the API of an embedded or deployed stack."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from simcrm.core.credentials import strip_credential
from simcrm_cli.errors import ApiRequestError, ApiUnreachableError, IncompleteAddressError, NoStackError
from simcrm_cli.http_client import http_client
from simcrm_embedded.project import find_project
from simcrm_embedded.state import load

JsonObject = dict[str, Any]
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Base URL of an API, without ``/api``, and its operator token."""

    url: str
    token: str


def find_api_address(api_url: str | None, token: str | None, env: Mapping[str, str] = os.environ) -> ApiAddress:
    """Return the given API address, or that of the embedded stack.

    Raises:
        IncompleteAddressError: only one of URL and token is given.
        NoStackError: neither is given and no stack is running here.
        StackError: this is not a project, or its state cannot be read.
    """
    token = strip_credential(token or "")
    if api_url and token:
        return ApiAddress(api_url.rstrip("/"), token)
    if api_url or token:
        raise IncompleteAddressError
    state = load(find_project(env=env).state_file)
    if state is None or not state.api_url:
        raise NoStackError
    return ApiAddress(state.api_url, state.operator_token)


class ApiClient:
    """One method per route; each returns the API's JSON document."""

    def __init__(self, address: ApiAddress) -> None:
        self._address = address
        self._http = http_client(address.url, address.token, TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def start(self, simulation: Mapping[str, Any]) -> JsonObject:
        """Start a simulation from its input; the response has ``simulationId``."""
        return self._call("POST", "/api/simulations", json=dict(simulation))

    def preview(self, simulation: Mapping[str, Any]) -> JsonObject:
        """Return what a simulation would do."""
        return self._call("POST", "/api/simulations/preview", json=dict(simulation))

    def diagnostics(self) -> JsonObject:
        """Return the health of each part of the deployment."""
        return self._call("GET", "/api/diagnostics")

    def list_simulations(self, limit: int) -> list[JsonObject]:
        """Return up to ``limit`` of the latest simulations, newest first."""
        simulations: list[JsonObject] = []
        page: dict[str, str] = {}
        while len(simulations) < limit:
            answer = self._call("GET", "/api/simulations", params=page)
            simulations += answer["simulations"]
            if not (token := answer.get("nextToken")):
                break
            page = {"nextToken": token}
        return simulations[:limit]

    def get_simulation(self, simulation_id: str) -> JsonObject:
        """Return the status of one simulation."""
        return self._call("GET", f"/api/simulations/{simulation_id}")

    def get_metrics(self, simulation_id: str) -> JsonObject:
        """Return the counters of one simulation, including those of text generation."""
        return self._call("GET", f"/api/simulations/{simulation_id}/metrics")

    def clean_up(self, simulation_id: str, *, dry_run: bool) -> JsonObject:
        """Preview a clean-up, or start one."""
        return self._call("POST", f"/api/simulations/{simulation_id}/cleanup", json={"dryRun": dry_run})

    def list_schedules(self) -> JsonObject:
        """Return all schedules."""
        return self._call("GET", "/api/schedules")

    def add_schedule(self, schedule: Mapping[str, Any]) -> JsonObject:
        """Create a schedule that starts simulations automatically."""
        return self._call("POST", "/api/schedules", json=dict(schedule))

    def remove_schedule(self, name: str) -> JsonObject:
        """Delete a schedule."""
        return self._call("DELETE", f"/api/schedules/{name}")

    def abort(self, simulation_id: str) -> JsonObject:
        """Stop a run permanently."""
        return self._call("POST", f"/api/simulations/{simulation_id}/abort", json={})

    def resume(self, simulation_id: str) -> JsonObject:
        """Continue or repair a run; the response's ``action`` says which."""
        return self._call("POST", f"/api/simulations/{simulation_id}/resume", json={})

    def export_records(self, simulation_id: str, as_format: str) -> Iterator[str]:
        """Yield the pages of an export as consecutive pieces of text."""
        query = {"format": as_format}
        while True:
            answer = self._send("GET", f"/api/simulations/{simulation_id}/records", params=query)
            if not answer.is_success:
                raise _error_from_response(answer.status_code, _json_object(answer) or {})
            yield answer.text
            if not (token := answer.headers.get("X-Next-Token")):
                return
            query = {**query, "token": token}

    def _call(self, method: str, path: str, **content: Any) -> JsonObject:
        """Send a request.

        Raises:
            ApiRequestError: the API answers with an error.
            ApiUnreachableError: there is no response, or it does not come from this API.
        """
        try:
            answer = self._http.request(method, path, **content)
        except httpx2.TransportError as error:
            raise ApiUnreachableError(self._address.url, type(error).__name__) from error
        document = _json_object(answer)
        if document is None:
            raise ApiUnreachableError(self._address.url, f"HTTP {answer.status_code} without JSON")
        if not answer.is_success:
            raise _error_from_response(answer.status_code, document)
        return document

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            return self._http.request(method, self._address.url + path, **content)
        except httpx2.TransportError as error:
            raise ApiUnreachableError(self._address.url, type(error).__name__) from error


def _json_object(answer: httpx2.Response) -> JsonObject | None:
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _error_from_response(status: int, document: JsonObject) -> ApiRequestError:
    """Return the API's own error; API Gateway itself sends only ``message``."""
    error = document.get("error")
    if isinstance(error, dict):
        return ApiRequestError(status, str(error.get("code", f"HTTP_{status}")), str(error.get("message", "")))
    return ApiRequestError(status, f"HTTP_{status}", str(document.get("message", f"HTTP {status}")))
