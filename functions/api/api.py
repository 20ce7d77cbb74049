"""The API: routes in ``routes_*.py``, one place that turns errors into HTTP."""

from typing import Any

import routes_ai_config
import routes_boss
import routes_console
import routes_events
import routes_health
import routes_maintenance
import routes_openapi
import routes_scenarios
import routes_schedules
import routes_simulations
from answers import STAGE, limit_body, map_errors, require_role
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm_lambda.entry import entry_point

app = APIGatewayRestResolver(strip_prefixes=[STAGE])
app.use([require_role, limit_body])
app.include_router(routes_ai_config.router)
app.include_router(routes_boss.router)
app.include_router(routes_console.router)
app.include_router(routes_events.router)
app.include_router(routes_health.router)
app.include_router(routes_maintenance.router)
app.include_router(routes_openapi.router)
app.include_router(routes_scenarios.router)
app.include_router(routes_schedules.router)
app.include_router(routes_simulations.router)
map_errors(app)


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take a REST API proxy event, return a proxy response."""
    return app.resolve(event, context)
