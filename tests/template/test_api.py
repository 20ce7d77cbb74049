"""The API's routes are written out, match the code's, and let in nobody without a token."""

import json
from typing import Any

import pytest
from api_document import routes as registered
from api_responses import HEADERS, PUBLIC_PATHS
from template.conftest import Deploy
from template.deployment import Deployment

JsonObject = dict[str, Any]


@pytest.fixture(scope="module", name="routes")
def _routes(default: Deployment) -> dict[tuple[str, str], JsonObject]:
    """What the gateway does with each method and path."""
    paths = default.properties("Api")["Body"]["paths"]
    return {(method.upper(), path): route for path, methods in paths.items() for method, route in methods.items()}


def in_braces(route: tuple[str, str]) -> tuple[str, str]:
    """A route with its parameters unnamed: template and code name them by their own rules."""
    method, path = route
    return method, "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_the_gateway_serves_the_routes_of_the_code(routes: dict[tuple[str, str], JsonObject]) -> None:
    assert set(map(in_braces, routes)) == set(map(in_braces, registered()))


def test_no_route_stands_for_several(routes: dict[tuple[str, str], JsonObject]) -> None:
    assert [route for route in routes if "+" in route[1] or route[0] in {"X-AMAZON-APIGATEWAY-ANY-METHOD", "*"}] == []


def test_every_route_but_the_public_ones_asks_for_a_token(routes: dict[tuple[str, str], JsonObject]) -> None:
    guards = {(method, path): route["security"] for (method, path), route in routes.items() if method != "OPTIONS"}
    open_routes = {path for (_, path), guard in guards.items() if guard == [{"NONE": []}]}
    console = {"/console", "/console/app.js", "/console/style.css"}
    assert open_routes == PUBLIC_PATHS == {"/api/health", "/api/openapi.json"} | console
    assert all(guard == [{"Token": []}] for (_, path), guard in guards.items() if path not in PUBLIC_PATHS)


def test_a_token_is_looked_up_again_after_a_minute_at_most(default: Deployment) -> None:
    scheme = default.properties("Api")["Body"]["components"]["securitySchemes"]["Token"]
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    assert 0 < authorizer["authorizerResultTtlInSeconds"] <= 60
    assert "<AuthorizeRequestFunction.Arn>" in authorizer["authorizerUri"]


def test_every_route_goes_to_the_api_function(routes: dict[tuple[str, str], JsonObject]) -> None:
    integrations = [route["x-amazon-apigateway-integration"] for route in routes.values()]
    assert all("<ApiFunction.Arn>" in item["uri"] and item["type"] == "aws_proxy" for item in integrations)


def test_the_gateway_refuses_in_the_shape_of_the_api(default: Deployment) -> None:
    responses = default.properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
    quoted = '"$context.error.messageString"'  # the gateway puts in the message with its quotes
    bodies = {
        name: json.loads(item["responseTemplates"]["application/json"].replace(quoted.strip('"'), quoted))
        for name, item in responses.items()
    }
    assert {name: body["ok"] for name, body in bodies.items()} == dict.fromkeys(responses, False)
    assert {name: body["error"]["code"] for name, body in bodies.items()} == {
        "UNAUTHORIZED": "UNAUTHORIZED",
        "ACCESS_DENIED": "UNAUTHORIZED",
        "MISSING_AUTHENTICATION_TOKEN": "NOT_FOUND",
        "THROTTLED": "THROTTLED",
        "REQUEST_TOO_LARGE": "PAYLOAD_TOO_LARGE",
        "DEFAULT_4XX": "BAD_REQUEST",
        "DEFAULT_5XX": "INTERNAL_ERROR",
    }


def test_refusals_of_the_gateway_carry_the_headers_of_the_api(default: Deployment) -> None:
    responses = default.properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
    policy = HEADERS["Content-Security-Policy"].replace(" 'none'", "")  # no value may hold a quote
    safe = HEADERS | {"Content-Security-Policy": f"{policy}; sandbox", "X-Frame-Options": "DENY"}
    wanted = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in safe.items()}
    assert {name: item["responseParameters"] for name, item in responses.items()} == dict.fromkeys(responses, wanted)


def test_requests_are_limited_and_logged_without_their_bodies(default: Deployment) -> None:
    settings = default.properties("ApiprodStage")["MethodSettings"]
    limits = {
        (item["HttpMethod"], item["ResourcePath"].replace("~1", "/").replace("//", "/")): item["ThrottlingRateLimit"]
        for item in settings
    }
    assert limits == {("*", "/*"): 50, ("GET", "/api/health"): 10, ("POST", "/api/simulations"): 2}
    assert all(item["ThrottlingRateLimit"] <= item["ThrottlingBurstLimit"] <= 100 for item in settings)
    assert not any(item.get("DataTraceEnabled", False) for item in settings)


def test_limits_of_single_routes_name_routes_that_exist(
    default: Deployment, routes: dict[tuple[str, str], JsonObject]
) -> None:
    named = {
        (item["HttpMethod"], item["ResourcePath"].replace("~1", "/").replace("//", "/"))
        for item in default.properties("ApiprodStage")["MethodSettings"]
        if item["HttpMethod"] != "*"
    }
    assert named <= set(routes)


def test_access_logs_hold_no_token_and_are_left_out_by_default(deploy: Deploy, default: Deployment) -> None:
    logged = deploy(ApiAccessLogs="ENABLED").properties("ApiprodStage")["AccessLogSetting"]
    fields = json.loads(logged["Format"])
    assert "AccessLogSetting" not in default.properties("ApiprodStage")
    assert all(value.startswith("$context.") and "authorizer" not in value for value in fields.values())


def test_the_api_answers_before_the_gateway_gives_up(default: Deployment) -> None:
    assert default.properties("ApiFunction")["Timeout"] < 29
