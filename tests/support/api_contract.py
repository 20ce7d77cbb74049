"""Answers of the API held against its OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from api_document import document
from api_responses import STAGE

Document = dict[str, Any]
UNKNOWN = {401, 403, 404, 405, 413}
"""What a path may answer that the document does not name."""
JSON = "application/json"
NOT_MODIFIED = 304
"""Has no body; any file may say it."""


@cache
def api_description() -> Document:
    """The document, made from the code as it is."""
    return document()


def find_operation(method: str, path: str) -> Document | None:
    """The operation that serves a request; a path without a parameter comes first."""
    for template, operations in sorted(api_description()["paths"].items(), key=lambda item: "{" in item[0]):
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", template), path):
            found: Document | None = operations.get(method.lower())
            return found
    return None


def check_answer(event: Document, answer: Document) -> None:
    """Fail where an answer is none that the document announces."""
    operation, status = find_operation(event["httpMethod"], event["path"].removeprefix(STAGE)), answer["statusCode"]
    if status == NOT_MODIFIED:
        return
    if operation is None:
        assert status in UNKNOWN, f"{event['path']} is not described"
        contents: Document = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    else:
        assert str(status) in operation["responses"], f"{status} of {event['path']} is not described"
        contents = operation["responses"][str(status)]["content"]
    kind = answer["multiValueHeaders"]["Content-Type"][0].partition(";")[0]
    assert kind in contents, f"{kind} of {event['path']} is not described"
    if kind == JSON:
        _validator(json.dumps(contents[kind]["schema"])).validate(json.loads(answer["body"]))


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for({**json.loads(schema), "components": api_description()["components"]})
