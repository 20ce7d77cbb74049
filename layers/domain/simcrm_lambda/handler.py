"""The wrapper of every entry point: JSON logs for the domain, one line for an unhandled error, and metrics."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core import log
from simcrm_lambda import metrics
from simcrm_lambda.scrubbing import quiet_libraries, scrub_error, simulation_fields

T = TypeVar("T")
Handler = Callable[[dict[str, Any], LambdaContext], T]

# The location would always be the one function that logs events; the event id is more useful.
logger = Logger(service="simcrm", use_rfc3339=True, location=None)


def entry_point(handler: Handler[T]) -> Handler[T]:
    """Log an unhandled error by type and location, and raise it to Lambda without any value of the input.

    Metrics are sent in any case.
    """
    quiet_libraries()
    copy_config_to_registered_loggers(logger, include={"simcrm"})

    @wraps(handler)
    def wrapper(event: dict[str, Any], context: LambdaContext) -> T:
        logger.append_keys(function=context.function_name, requestId=context.aws_request_id)
        try:
            return handler(event, context)
        except Exception as error:  # noqa: BLE001 - raised again under the same class name
            logger.error(  # noqa: TRY400 - a traceback may reveal data
                "the function failed",
                extra={
                    "eventId": "FUNCTION_FAILED",
                    "errorType": type(error).__name__,
                    "where": log.error_location(error),
                }
                | simulation_fields(event),
            )
            raise scrub_error(error, event).with_traceback(error.__traceback__) from None
        finally:
            metrics.flush_metrics(_properties(event, context))

    return wrapper


def _properties(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    about = {"function": context.function_name, "requestId": context.aws_request_id}
    return about | simulation_fields(event)
