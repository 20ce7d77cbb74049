"""The OpenAPI document, from the routes in the code and the rows of ``api_operations``."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import api
from api_operations import JSON, OPERATIONS, PATH_IDS, Operation
from api_responses import BOSS_PREFIX, PUBLIC_PATHS
from api_schemas import Schema
from lazy_routes import ROUTES, include
from pydantic import BaseModel

from simcrm.models.simulation_input import PREDECESSOR_METHODS, PREDECESSOR_NAMES, DistributionMethod

FILE = Path(__file__).parents[2] / "functions" / "api" / "openapi.json"
SCHEMAS = "#/components/schemas/"
TOKEN = "Token"  # noqa: S105 - the scheme's name
REFUSALS = {
    400: ("VALIDATION_ERROR", "the input is refused; `field` names it"),
    401: ("UNAUTHORIZED", "no token, or one of another deployment"),
    403: ("FORBIDDEN", "the token's role may not do that"),
    404: ("NOT_FOUND", "there is nothing of this name"),
    413: ("PAYLOAD_TOO_LARGE", "the body is too long"),
    429: ("BAD_REQUEST", "the gateway's limit of requests"),
    500: ("INTERNAL_ERROR", "something failed here"),
}


def routes() -> dict[tuple[str, str], str]:
    """What each route says of itself, by method and path as the gateway writes it."""
    for module in ROUTES:
        include(api.app, module)
    found = [*api.app._static_routes, *api.app._dynamic_routes]  # noqa: SLF001 - powertools has no public list
    return {(str(route.method), _path(route.openapi_path)): str(route.func.__doc__) for route in found}


def document() -> dict[str, Any]:
    """The whole document.

    Raises:
        KeyError: a route has no operation.
    """
    schemas: dict[str, Schema] = {"Error": _error()}
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), said in sorted(routes().items(), key=lambda item: item[0][::-1]):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, said, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SimCRM",
            "version": "1",
            "description": "Fill a HubSpot portal with realistic, living CRM data, and take it back again.",
        },
        "servers": [{"url": "/prod", "description": "the stage of the gateway"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def text() -> str:
    """The document as the API serves it."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def _path(openapi_path: str) -> str:
    parts = openapi_path.replace("<", "{").replace(">", "}").split("/")
    return "/".join("{id}" if part.startswith("{") and part.endswith("id}") else part for part in parts)


def _operation(method: str, path: str, said: str, schemas: dict[str, Schema]) -> dict[str, Any]:
    operation = OPERATIONS[method, path]
    found: dict[str, Any] = {
        "operationId": f"{method.lower()}{''.join(part.strip('{}').title() for part in path.split('/'))}",
        "summary": said.splitlines()[0],
        "tags": ["boss" if path.startswith(BOSS_PREFIX) else "public" if path in PUBLIC_PATHS else "operator"],
        "security": [] if path in PUBLIC_PATHS else [{TOKEN: []}],
        "parameters": [*_path_parameters(path), *_query(operation)],
        "responses": dict(_responses(path, operation)),
    }
    if operation.body is not None:
        found["requestBody"] = _body(operation, schemas)
    return found


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    schema = next((schema for start, schema in PATH_IDS.items() if path.startswith(start)), {"type": "string"})
    yield from ({"name": name, "in": "path", "required": True, "schema": schema} for name in names)


def _query(operation: Operation) -> Iterator[dict[str, Any]]:
    yield from ({"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items())


def _body(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    body = operation.body
    if isinstance(body, dict):
        schema = body
    elif body is not None:
        schema = _model_schema(body, schemas)
    return {"required": operation.needs_body, "content": {JSON: {"schema": schema, "example": operation.example}}}


def _model_schema(model: type[BaseModel], schemas: dict[str, Schema]) -> Schema:
    found = model.model_json_schema(ref_template=SCHEMAS + "{model}")
    schemas |= found.pop("$defs", {})
    schemas[model.__name__] = _with_earlier_names(found)
    return {"$ref": SCHEMAS + model.__name__}


def _with_earlier_names(schema: Schema) -> Schema:
    """The names of fields and methods that are accepted too, and the fields of which one is needed."""
    fields = schema["properties"]
    if not PREDECESSOR_NAMES.keys() <= fields.keys():
        return schema
    earlier = {old: fields[new] for new, old in PREDECESSOR_NAMES.items()}
    method = {"anyOf": [fields["distributionMethod"], {"type": "string", "enum": sorted(_lower_case_methods())}]}
    both = [{"required": [new, old]} for new, old in PREDECESSOR_NAMES.items()]
    sizes = ("totalRecords", PREDECESSOR_NAMES["totalRecords"], "totalCompanies")
    needed = [{"required": [name], "properties": {name: {"type": "integer"}}} for name in sizes]
    properties = fields | earlier | {"distributionMethod": method, "distribution_method": method}
    return schema | {"properties": properties, "oneOf": needed, "not": {"anyOf": both}}


def _lower_case_methods() -> set[str]:
    return {*PREDECESSOR_METHODS, *(method.lower() for method in DistributionMethod)}


def _responses(path: str, operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, schema in operation.answers.items():
        yield str(status), {"description": HTTPStatus(status).phrase, "content": _content(operation, schema)}
    for status in _refusals(path, operation):
        code, when = REFUSALS.get(status, (" or ".join(operation.conflicts), "its state does not allow it now"))
        content = {JSON: {"schema": {"$ref": f"{SCHEMAS}Error"}}}
        yield str(status), {"description": f"{code}: {when}", "content": content}


def _content(operation: Operation, schema: Schema | None) -> dict[str, Any]:
    if schema is None:
        return {
            kind: {"schema": {"type": "object"} if kind == JSON else {"type": "string"}} for kind in operation.content
        }
    ok = {"type": "object", "properties": {"ok": {"const": True}}, "required": ["ok"]}
    return {JSON: {"schema": {"allOf": [ok, schema]}}}


def _refusals(path: str, operation: Operation) -> list[int]:
    closed, takes = path not in PUBLIC_PATHS, bool(operation.body or operation.query or "{" in path)
    wanted = {
        400: takes,
        401: closed,
        403: closed,
        404: "{" in path,
        409: bool(operation.conflicts),
        413: True,
        429: True,
        500: True,
    }
    return [status for status, is_wanted in wanted.items() if is_wanted]


def _error() -> Schema:
    error = {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "field": {"type": "string"}},
        "required": ["code", "message"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"ok": {"const": False}, "error": error},
        "required": ["ok", "error"],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
