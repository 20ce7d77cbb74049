"""Requests that the API of the embedded stack refuses, through the gateway."""

from typing import Any

import pytest
from api_responses import HEADERS
from integration.driving import Api

from simcrm_embedded.state import StackState

POLICY = HEADERS["Content-Security-Policy"]
OF_THE_GATEWAY = POLICY.replace(" 'none'", "") + "; sandbox"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"totalRecords": 0}, "totalRecords"),
        ({"totalRecords": 1_000_001}, "totalRecords"),
        ({"totalRecords": "ten"}, "totalRecords"),
        ({}, "totalRecords"),
        ({"totalRecords": 1, "colour": "red"}, "colour"),
        ({"totalRecords": 1, "scenario": "B2G"}, "scenario"),
        ({"totalRecords": 1, "locale": "tlh_XX"}, "locale"),
        ({"totalRecords": 1, "distributionMethod": "SIDEWAYS"}, "distributionMethod"),
        ({"totalRecords": 1, "startTime": "2026-02-01T00:00:00Z", "endTime": "2026-01-01T00:00:00Z"}, "endTime"),
        ({"totalRecords": 1, "timeZone": "Mars/Base"}, "timeZone"),
        (
            {"totalRecords": 1, "distributionMethod": "CUSTOM", "distributionWeights": {"days": [0] * 7}},
            "distributionWeights",
        ),
        ({"totalRecords": 1, "ai": {"recordsPerCall": 0}}, "ai.recordsPerCall"),
        ([], "body"),
    ],
)
def test_a_bad_input_names_its_field(state: StackState, body: Any, field: str) -> None:
    answer = Api(state, state.operator_token).post("/api/simulations", body)

    assert answer.status_code == 400
    assert answer.json()["ok"] is False
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("token", [None, "not-a-token", "Bearer"])
def test_who_has_no_token_of_this_deployment_is_not_let_in(state: StackState, token: str | None) -> None:
    answer = Api(state, token).get("/api/simulations")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


def test_an_operator_may_not_do_what_a_boss_may(state: StackState) -> None:
    operator, boss = Api(state, state.operator_token), Api(state, state.boss_token)

    assert operator.get("/api/boss/dlq").status_code == 403
    assert boss.get("/api/boss/dlq").status_code == 200
    assert boss.get("/api/simulations").status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/simulations/never-started", "/api/simulations/never-started/metrics", "/api/no"]
)
def test_what_does_not_exist_is_not_found(state: StackState, path: str) -> None:
    answer = Api(state, state.operator_token).get(path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(("token", "path"), [(None, "/api/simulations"), ("any", "/api/no"), (None, "/api/health")])
def test_refusals_of_the_gateway_are_as_guarded_as_answers(state: StackState, token: str | None, path: str) -> None:
    headers = Api(state, token).get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Content-Security-Policy"] in {POLICY, OF_THE_GATEWAY}


def test_a_body_that_is_too_long_is_refused(state: StackState) -> None:
    answer = Api(state, state.operator_token).post("/api/simulations", {"totalRecords": 1, "theme": "x" * 70_000})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_health_needs_no_token_and_tells_no_secret(state: StackState) -> None:
    answer = Api(state, None).get("/api/health")

    assert answer.status_code == 200
    assert {"ok", "ai", "rate"} <= answer.json().keys()
    assert not any(secret in answer.text for secret in (state.operator_token, state.boss_token, state.hubspot_token))
