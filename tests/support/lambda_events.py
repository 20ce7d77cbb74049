"""Events as AWS hands them to a function, filled in but for what a test is about."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

MACHINE = "arn:aws:execute-api:us-east-1:123456789012:api1/prod"


def lambda_context() -> LambdaContext:
    """The context of an invocation."""
    context = LambdaContext()
    context._function_name = "function-under-test"
    context._function_version = "$LATEST"
    context._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function-under-test"
    context._memory_limit_in_mb = 512
    context._aws_request_id = "request-1"
    context.get_remaining_time_in_millis = lambda: 300_000  # type: ignore[method-assign]
    return context


def api_event(
    method: str, path: str, body: Any = None, *, role: str | None = "operator", **query: str
) -> dict[str, Any]:
    """A request as a REST API passes it on; without a role the route is a public one."""
    authorizer = {} if role is None else {"authorizer": {"role": role, "principalId": role}}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "application/json", "Content-Type": "application/json"},
        "multiValueHeaders": {},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "stage": "prod",
            "path": f"/prod{path}",
            "requestId": "request-1",
            "identity": {"sourceIp": "127.0.0.1"},
            **authorizer,
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def authorizer_event(headers: dict[str, str] | None, path: str = "/api/simulations") -> dict[str, Any]:
    """A request whose token is to be judged."""
    return {"type": "REQUEST", "methodArn": f"{MACHINE}/GET{path}", "headers": headers, "path": path}


def sqs_event(*bodies: str, **attributes: str) -> dict[str, Any]:
    """Messages as an event source hands them over, ``m-0`` first; ``attributes`` are those of each message."""
    return {"Records": [_record(number, body, attributes) for number, body in enumerate(bodies)]}


def _record(number: int, body: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
        "eventSource": "aws:sqs",
    }
