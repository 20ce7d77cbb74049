"""The API's description is that of its routes, and the API serves it."""

import json

import jsonschema_rs
import pytest
from api_contract import api_description
from api_document import FILE, routes, text
from api_operations import OPERATIONS
from lambda_events import api_event
from unit.functions.conftest import Invoke

from simcrm.core.errors import SimCrmError


def test_the_file_is_made_from_the_code_as_it_is() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run make openapi"


def test_every_route_is_described_and_nothing_else() -> None:
    assert routes().keys() == OPERATIONS.keys()


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    operations = [one for path in api_description()["paths"].values() for one in path.values()]

    assert len({one["operationId"] for one in operations}) == len(operations) == len(OPERATIONS)
    assert all(one["summary"].endswith((".", ";")) or one["summary"] for one in operations)
    assert all({"413", "500"} <= one["responses"].keys() for one in operations)


def test_every_example_is_one_of_its_schema() -> None:
    components = api_description()["components"]
    bodies = [
        one["requestBody"]["content"]["application/json"]
        for path in api_description()["paths"].values()
        for one in path.values()
        if "requestBody" in one
    ]

    assert len(bodies) == sum(operation.body is not None for operation in OPERATIONS.values())
    for body in bodies:
        jsonschema_rs.validator_for({**body["schema"], "components": components}).validate(body["example"])


def test_codes_of_refusals_are_those_of_errors() -> None:
    known = {kind.code for kind in _below(SimCrmError)}
    conflicts = {code for operation in OPERATIONS.values() for code in operation.conflicts}

    assert conflicts
    assert conflicts <= known


@pytest.mark.parametrize("role", [None, "operator"])
def test_the_document_is_served_to_everybody(invoke: Invoke, role: str | None) -> None:
    answer = invoke("ApiFunction", api_event("GET", "/api/openapi.json", role=role))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == api_description()


def _below(kind: type[SimCrmError]) -> list[type[SimCrmError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_below(child))]
