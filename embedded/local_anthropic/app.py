"""The application with the API paths that the stand-in supports, and the control paths."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as HttpRoute

from local_anthropic.api.batches import MessageBatches
from local_anthropic.api.control import ControlRoutes
from local_anthropic.api.messages import count_tokens, create_message, list_models, read_model
from local_anthropic.errors import ApiError, new_id
from local_anthropic.gateway.endpoint import Endpoint, Route
from local_anthropic.gateway.server import Server
from local_anthropic.settings import Settings


@dataclass(frozen=True, slots=True)
class AppConfig:
    """Start configuration: settings, accepted API keys (none means any) and a clock in epoch seconds."""

    settings: Settings = field(default_factory=Settings)
    keys: frozenset[str] = frozenset()
    clock: Callable[[], float] = time.time


def create_app(config: AppConfig | None = None) -> Starlette:
    """Create the ASGI application of a new stand-in."""
    config = config or AppConfig()
    server = Server(config.settings, config.keys, config.clock)
    batches = MessageBatches()
    routes: list[BaseRoute] = [
        HttpRoute(route.template, Endpoint(server, route), methods=[route.method]) for route in _routes(batches)
    ]
    routes += ControlRoutes(server, batches).routes()
    return Starlette(routes=routes, exception_handlers={HTTPException: _error_response})


def _routes(batches: MessageBatches) -> list[Route]:
    root = "/v1/messages/batches"
    return [
        Route("POST", "/v1/messages", create_message),
        Route("POST", "/v1/messages/count_tokens", count_tokens),
        Route("POST", root, batches.create, is_batch=True),
        Route("GET", root, batches.list_page),
        Route("GET", f"{root}/{{batch_id}}", batches.read),
        Route("DELETE", f"{root}/{{batch_id}}", batches.delete),
        Route("POST", f"{root}/{{batch_id}}/cancel", batches.cancel),
        Route("GET", f"{root}/{{batch_id}}/results", batches.results),
        Route("GET", "/v1/models", list_models),
        Route("GET", "/v1/models/{model_id}", read_model),
    ]


async def _error_response(_: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return JSONResponse(ApiError(status, "Not found" if status == 404 else str(problem)).body(new_id("req")), status)  # noqa: PLR2004
