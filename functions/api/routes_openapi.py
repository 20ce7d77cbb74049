"""``GET /api/openapi.json``: the API's description, made from the routes by ``make openapi``; it holds no secret."""

from functools import cache
from pathlib import Path

from api_responses import file_response
from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router

router = Router()  # type: ignore[no-untyped-call]


@cache
def _document() -> str:
    return (Path(__file__).parent / "openapi.json").read_text(encoding="utf-8")


@router.get("/api/openapi.json")
def get_openapi() -> Response[str]:
    """Describe the API."""
    return file_response(_document(), content_types.APPLICATION_JSON, {})
