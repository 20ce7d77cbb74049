"""The application with the API paths that the stand-in supports, and the control paths."""

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.api.message_batches import MessageBatches
from local_anthropic.api.messages import count_tokens, create_message, list_models, read_model
from local_anthropic.errors import ApiError, new_id
from local_anthropic.gateway.anthropic_endpoint import AnthropicEndpoint, AnthropicRoute
from local_anthropic.gateway.anthropic_server import AnthropicServer
from local_server.control_routes import ControlRoutes, control_route


def create_app(
    settings: AnthropicSettings | None = None,
    keys: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """Create the ASGI application of a new stand-in.

    ``keys`` are the accepted API keys (none means any); ``clock`` returns epoch seconds.
    """
    server = AnthropicServer(settings or AnthropicSettings(), keys, clock)
    batches = MessageBatches()

    def reset() -> None:
        server.reset()
        batches.clear()

    async def read_journal(_: Request) -> Response:
        return JSONResponse({"calls": server.stats.journal()})

    routes: list[BaseRoute] = [
        Route(route.template, AnthropicEndpoint(server, route), methods=[route.method]) for route in _routes(batches)
    ]
    routes += [*ControlRoutes(server, reset).routes(), control_route("GET", "calls", read_journal)]
    return Starlette(routes=routes, exception_handlers={HTTPException: _error_response})


def _routes(batches: MessageBatches) -> list[AnthropicRoute]:
    root = "/v1/messages/batches"
    return [
        AnthropicRoute("POST", "/v1/messages", create_message),
        AnthropicRoute("POST", "/v1/messages/count_tokens", count_tokens),
        AnthropicRoute("POST", root, batches.create, is_batch=True),
        AnthropicRoute("GET", root, batches.list_page),
        AnthropicRoute("GET", f"{root}/{{batch_id}}", batches.read),
        AnthropicRoute("DELETE", f"{root}/{{batch_id}}", batches.delete),
        AnthropicRoute("POST", f"{root}/{{batch_id}}/cancel", batches.cancel),
        AnthropicRoute("GET", f"{root}/{{batch_id}}/results", batches.results),
        AnthropicRoute("GET", "/v1/models", list_models),
        AnthropicRoute("GET", "/v1/models/{model_id}", read_model),
    ]


async def _error_response(_: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return JSONResponse(ApiError(status, "Not found" if status == 404 else str(problem)).body(new_id("req")), status)  # noqa: PLR2004
