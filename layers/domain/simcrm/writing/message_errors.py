"""What an error of one message means for it: whether it passes by itself, and how it is told without any data."""

from http import HTTPStatus

from botocore.exceptions import ClientError, HTTPClientError

from simcrm.core.errors import SimCrmError
from simcrm.hubspot.errors import PortalUnavailableError, RequestRejectedError
from simcrm.storage.simulation_files import ConcurrentWriteError

THROTTLED = {"SlowDown", "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException"}
"""Codes of AWS that ask for fewer calls; the others of this kind begin with ``Throttl``."""


def is_transient(error: Exception) -> bool:
    """Whether waiting mends it, whatever the message asks for: a busy portal or a busy service of AWS."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response["Error"]["Code"]
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in THROTTLED or code.startswith("Throttl")
    return isinstance(error, PortalUnavailableError | RequestRejectedError | HTTPClientError | ConcurrentWriteError)


def describe_error(error: Exception) -> str:
    """The error in words; of one whose message may hold data, its type and where it happened."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    if isinstance(error, SimCrmError):
        return str(error)
    return f"{type(error).__name__} at {error_location(error)}"


def error_location(error: BaseException) -> str:
    """File and line that raised an error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
