"""Each operation of the description with input that cannot be used: a 4xx with a code, and nothing of the inside."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from api_contract import Document, api_description
from api_responses import BOSS_PREFIX, MAX_BODY_BYTES, PUBLIC_PATHS
from lambda_events import api_event
from unit.functions.conftest import Invoke

OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in api_description()["paths"].items()
    for method, operation in operations.items()
]
CLOSED = [(method, path) for method, path, _ in OPERATIONS if path not in PUBLIC_PATHS]
WITH_ID = [(method, path, operation) for method, path, operation in OPERATIONS if "{" in path]
WITH_BODY = [(method, path, operation) for method, path, operation in OPERATIONS if "requestBody" in operation]
WITH_QUERY = [
    (method, path, parameter)
    for method, path, operation in OPERATIONS
    for parameter in operation["parameters"]
    if parameter["in"] == "query" and (parameter["schema"]["type"] == "integer" or "enum" in parameter["schema"])
]
NESTED = 20_000
BROKEN = ["{", "null", "[]", '"text"', "7", "[" * NESTED, '{"a":' * 9_000, '{"\ud800": 1}', "\x00", '{"a": NaN}']
STRANGE_IDS = ["no-such-thing", "..", "%00", "a:b", "a b", "x" * 1_200, "Ω", "'; drop", "{id}", "a%2Fb"]
WRONG: list[Any] = [None, True, -1, 1e400, 10**400, "", "\x00", [], {}, [[[]]], {"a": {"b": 1}}, "x" * 10_000]
LEAKS = ("Traceback", 'File "', "botocore", "pydantic", "simcrm.")


@pytest.fixture
def refused(invoke: Invoke) -> Any:
    """Send a request that must be refused; answers status, code and field."""

    def send(method: str, path: str, body: str | None = None, role: str | None = "boss", **query: str) -> Any:
        answer = invoke("ApiFunction", api_event(method, path, body, role=role, **query))
        assert 400 <= answer["statusCode"] < 500, (answer["statusCode"], method, path, (body or "")[:200], query)
        assert not [leak for leak in LEAKS if leak in answer["body"]]
        error = json.loads(answer["body"])["error"]
        assert error["code"]
        assert error["message"]
        return answer["statusCode"], error["code"], error.get("field")

    return send


def field_name(path: str, name: str = "no-such-thing") -> str:
    return "/".join(name if part.startswith("{") else part for part in path.split("/"))


def wrong_values(operation: Document) -> Iterator[tuple[str, str]]:
    """The example of an operation with one field after the other replaced by what no field takes."""
    content = operation["requestBody"]["content"]["application/json"]
    schema = content["schema"]
    if "$ref" in schema:
        schema = api_description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for field in schema["properties"]:
        for value in WRONG:
            yield field, json.dumps({**content["example"], field: value})


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_token_nothing_is_open(refused: Any, method: str, path: str) -> None:
    assert refused(method, field_name(path), role=None) == (401, "UNAUTHORIZED", None)


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_another_role_may_nothing(refused: Any, method: str, path: str) -> None:
    role = "operator" if path.startswith(BOSS_PREFIX) else "guest"

    assert refused(method, field_name(path), role=role) == (403, "FORBIDDEN", None)


@pytest.mark.parametrize("path", sorted(api_description()["paths"]))
@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONNECT", "BREW"])
def test_a_wrong_method_is_refused(refused: Any, method: str, path: str) -> None:
    assert refused(method, field_name(path)) == (405, "METHOD_NOT_ALLOWED", None)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in OPERATIONS])
def test_a_body_that_is_too_long_is_refused(refused: Any, method: str, path: str) -> None:
    body = json.dumps({"theme": "x" * MAX_BODY_BYTES})

    assert refused(method, field_name(path), body)[:2] == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(("method", "path", "operation"), WITH_ID)
@pytest.mark.parametrize("name", STRANGE_IDS)
def test_an_id_of_nothing_is_refused(refused: Any, method: str, path: str, operation: Document, name: str) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = None if method == "PUT" else json.dumps(content["example"]) if content else None

    assert refused(method, field_name(path, name), body)[0] in {400, 404, 405}


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY)
def test_a_body_that_cannot_be_read_is_refused(refused: Any, method: str, path: str, operation: Document) -> None:
    for body in BROKEN:
        status, _, field = refused(method, field_name(path), body)
        assert (status, bool(field)) == (400, True) or (status, "{" in path) == (404, True)
    if operation["requestBody"]["required"]:
        assert refused(method, field_name(path))[0] == 400


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in WITH_BODY])
def test_a_body_that_is_no_text_is_refused(invoke: Invoke, method: str, path: str) -> None:
    event = api_event(method, field_name(path), role="boss")
    event |= {"body": base64.b64encode(b"\xff\xfe{").decode(), "isBase64Encoded": True}

    assert invoke("ApiFunction", event)["statusCode"] == 400


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY)
def test_a_field_that_there_is_not_is_refused_by_its_name(
    refused: Any, method: str, path: str, operation: Document
) -> None:
    example = operation["requestBody"]["content"]["application/json"]["example"]

    assert refused(method, field_name(path), json.dumps({**example, "colour": "red"})) == (
        400,
        "VALIDATION_ERROR",
        "colour",
    )


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY)
def test_no_value_of_a_field_breaks_anything(invoke: Invoke, method: str, path: str, operation: Document) -> None:
    for field, body in wrong_values(operation):
        answer = invoke("ApiFunction", api_event(method, field_name(path), body, role="boss"))
        assert answer["statusCode"] < 500, (field, body[:200])


@pytest.mark.parametrize(("method", "path", "parameter"), WITH_QUERY)
@pytest.mark.parametrize("value", ["-1", "1.5", "x", "\x00", "9" * 400, "Ω"])
def test_a_query_that_cannot_be_used_is_refused(
    refused: Any, method: str, path: str, parameter: Document, value: str
) -> None:
    status, _, field = refused(method, field_name(path, "B2B"), **{parameter["name"]: value})

    assert (status, field) == (400, parameter["name"]) or status == 404
