"""``/console``: the operator's page. It is public, for it holds nothing; what it shows it asks the API for."""

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
    """Send its style."""
    return _send(console_files.style())


@router.get("/console/app.js")
def get_script() -> Response[str]:
    """Send its script."""
    return _send(console_files.script())


def _send(file: ConsoleFile) -> Response[str]:
    """The file, or word that the browser has it; under the name of its tag it never changes."""
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
