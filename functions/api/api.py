"""The API: routes in ``routes_*.py`` are imported on demand; errors are turned into HTTP responses in one place."""

from typing import Any

from api_responses import STAGE, limit_body, register_error_handlers, require_role, strip_stage
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from lazy_routes import include, modules_for_path

from simcrm_lambda.handler import entry_point

app = APIGatewayRestResolver(strip_prefixes=[STAGE])
app.use([require_role, limit_body])
register_error_handlers(app)


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take a REST API proxy event and return a proxy response."""
    for module in modules_for_path(strip_stage(event["path"])):
        include(app, module)
    return app.resolve(event, context)
