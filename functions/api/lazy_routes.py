"""Map paths to the modules that serve them; a module is imported on the first request for one of its paths."""

import re
from functools import cache
from importlib import import_module

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

ROUTES = {
    "routes_ai_config": "/api/boss/ai-config",
    "routes_dead_letters": "/api/boss/dlq",
    "routes_console": "/console",
    "routes_diagnostics": "/api/diagnostics",
    "routes_events": "/api/events|/api/simulations/[^/]+/failures",
    "routes_health": "/api/health",
    "routes_maintenance": "/api/simulations/[^/]+/(abort|cleanup|resume)",
    "routes_openapi": "/api/openapi",
    "routes_preview": "/api/simulations/preview",
    "routes_records": "/api/simulations/[^/]+/records",
    "routes_scenarios": "/api/boss/scenarios",
    "routes_schedules": "/api/schedules",
    "routes_session": "/api/session",
    "routes_simulations": "/api/simulations(/[^/]+(/metrics)?)?/*$",
}
"""A pattern for the start of each module's paths. If several match, all are included, so that none hides another."""


def modules_for_path(path: str) -> list[str]:
    """Return the modules that may have a route for a path; none for an unknown path."""
    return [module for module, beginning in ROUTES.items() if re.match(beginning, path)]


@cache
def include(app: APIGatewayRestResolver, module: str) -> None:
    """Add a module's routes once."""
    app.include_router(import_module(module).router)
