"""Remove data from errors and logs: Lambda prints an unhandled error's message, and Step Functions stores it."""

import logging
import warnings
from collections.abc import Iterator
from typing import Any

from simcrm.core.errors import SimCrmError
from simcrm.core.redaction import MASK, MAX_VALUE_CHARACTERS

CHATTY_LIBRARIES = (
    "httpx2",
    "httpcore2",
    "httpx",
    "httpcore",
    "botocore",
    "boto3",
    "s3transfer",
    "urllib3",
    "anthropic",
)
"""Loggers of libraries that log a line per call, with addresses or bodies, regardless of the functions' level."""

MIN_REDACTED_CHARACTERS = 3
"""Minimum length of a value to redact; shorter ones occur in any sentence."""


def quiet_libraries() -> None:
    """Let libraries log only warnings and errors, and silence pydantic's warnings, which repeat values."""
    for name in CHATTY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message="Pydantic serializer warnings", category=UserWarning)


def scrub_error(error: Exception, event: object) -> Exception:
    """Return an error without input values but with the same class name, which state machines match on.

    The domain's own errors keep their class and message, because it says what to do; values from the event and text
    from the portal are masked. Other messages may contain anything, so they are replaced by class name and location.
    """
    if isinstance(error, SimCrmError):
        return type(error).__new__(type(error), _redact_values(str(error), (error.repeats, *_event_values(event))))
    # Imported here because the API does not need it to respond.
    from simcrm.writing.message_errors import describe_error  # noqa: PLC0415

    name = type(error).__name__
    safe: Exception = type(name, (Exception,), {})(describe_error(error))
    return safe


def _redact_values(text: str, values: tuple[str, ...]) -> str:
    for value in sorted(set(values), key=len, reverse=True):
        for part in (value, value[:MAX_VALUE_CHARACTERS]):
            for written in (part, repr(part)[1:-1]):
                text = text.replace(written, MASK) if len(written) >= MIN_REDACTED_CHARACTERS else text
    return text


def _event_values(event: object) -> Iterator[str]:
    """Yield the strings in an event, except the simulation's id, which log lines contain anyway."""
    if isinstance(event, str):
        yield event
    elif isinstance(event, dict):
        for name, value in event.items():
            yield from _event_values(value) if name != "simulationId" else ()
    elif isinstance(event, list):
        for value in event:
            yield from _event_values(value)


def simulation_fields(event: Any) -> dict[str, str]:
    """Return the simulation that an event is about, as a log field."""
    return {"simulationId": str(event["simulationId"])} if isinstance(event, dict) and "simulationId" in event else {}
