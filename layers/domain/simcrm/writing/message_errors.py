"""What an error means for its message: whether it is transient, and how to describe it without any data."""

from http import HTTPStatus

from botocore.exceptions import ClientError, HTTPClientError

from simcrm.core.errors import SimCrmError
from simcrm.core.log import error_location
from simcrm.hubspot.errors import PortalUnavailableError, RequestRejectedError
from simcrm.storage.simulation_files import ConcurrentWriteError

THROTTLED = {"SlowDown", "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException"}
"""AWS error codes that ask for fewer calls; the other throttling codes begin with ``Throttl``."""


def is_transient(error: Exception) -> bool:
    """Whether waiting resolves the error, whatever the message requests: the portal or an AWS service is busy."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response["Error"]["Code"]
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in THROTTLED or code.startswith("Throttl")
    return isinstance(error, PortalUnavailableError | RequestRejectedError | HTTPClientError | ConcurrentWriteError)


def describe_error(error: Exception) -> str:
    """Describe the error; if its message may contain data, give only its type and location."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    if isinstance(error, SimCrmError):
        return str(error)
    return f"{type(error).__name__} at {short_error_location(error)}"


def short_error_location(error: BaseException) -> str:
    """Return the file name and line where an error was raised, without the folders."""
    return error_location(error).rpartition("/")[2]
