"""``/console``: the operator's page. It is public because it contains no data; it requests all data from the API."""

from http import HTTPStatus

import console_files
from api_responses import HEADERS
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from console_files import ConsoleFile

router = Router()  # type: ignore[no-untyped-call]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
REVALIDATE = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"


@router.get("/console")
def get_page() -> Response[str]:
    """Send the page."""
    return _send(console_files.page())


@router.get("/console/style.css")
def get_style() -> Response[str]:
    """Send its style sheet."""
    return _send(console_files.style())


@router.get("/console/app.js")
def get_script() -> Response[str]:
    """Send its script."""
    return _send(console_files.script())


def _send(file: ConsoleFile) -> Response[str]:
    """Send a file, or 304 if the browser has it; a file requested by its tag never changes."""
    tag = f'"{file.tag}"'
    requested_tag = router.current_event.get_query_string_value("v")
    headers = HEADERS | {
        "Content-Security-Policy": POLICY,
        "Cache-Control": IMMUTABLE if requested_tag == file.tag else REVALIDATE,
        "ETag": tag,
    }
    if tag in (router.current_event.headers.get("If-None-Match") or ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, content_type=file.content_type, body="", headers=headers)
    return Response(status_code=HTTPStatus.OK, content_type=file.content_type, body=file.body, headers=headers)
