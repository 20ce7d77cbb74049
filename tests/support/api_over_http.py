"""The API as a WSGI application: what the gateway does with a request, and the function behind it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from api_responses import PUBLIC_PATHS, STAGE
from lambda_events import api_event, authorizer_event

Environ = dict[str, Any]
REFUSED = b'{"ok":false,"error":{"code":"UNAUTHORIZED","message":"Send a valid token as Authorization Bearer."}}'
Invoke = Callable[[str, Environ], Any]


class Gateway:
    """Asks the authorizer about the token, and hands requests on as the REST API does."""

    invoke: Invoke

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        """One request."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        public = path.removeprefix(STAGE) in PUBLIC_PATHS
        role = None if public else self._role(environ.get("HTTP_AUTHORIZATION"))
        if role is None and not public:
            start_response("401 Unauthorized", [("Content-Type", "application/json")])
            return [REFUSED]
        answer = self.invoke("ApiFunction", _event(environ, path, role))
        headers = [(name, values[0]) for name, values in answer["multiValueHeaders"].items()]
        start_response(f"{answer['statusCode']} {HTTPStatus(answer['statusCode']).phrase}", headers)
        return [(answer["body"] or "").encode()]

    def _role(self, header: str | None) -> str | None:
        if header is None:
            return None
        policy = self.invoke("AuthorizeRequestFunction", authorizer_event({"Authorization": header}))
        allowed = policy["policyDocument"]["Statement"][0]["Effect"] == "Allow"
        return str(policy["context"]["role"]) if allowed else None


def _event(environ: Environ, path: str, role: str | None) -> Environ:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    event = api_event(environ["REQUEST_METHOD"], path, body.decode("utf-8", "replace") or None, role=role)
    event["queryStringParameters"] = {name: values[-1] for name, values in query.items()} or None
    event["multiValueQueryStringParameters"] = query or None
    return event
