"""What may leave a function: Lambda prints an escaping error's message, and Step Functions keeps it as a cause."""

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
"""Loggers of libraries that write a line a call, with addresses or bodies, whatever level the functions have."""

MIN_REDACTED_CHARACTERS = 3
"""Characters of a value that is looked for; shorter ones are in any sentence."""


def quiet_libraries() -> None:
    """Let libraries say what goes wrong and nothing else; pydantic's warnings repeat the values they are about."""
    for name in CHATTY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message="Pydantic serializer warnings", category=UserWarning)


def scrub_error(error: Exception, event: object) -> Exception:
    """An error with the same class name, by which a state machine retries or catches it, and no value of any input.

    The domain's own errors keep their class and words, because they tell what to do; values of the event and words of
    the portal are masked in them. Messages of others may hold anything, so they become the name and the place.
    """
    if isinstance(error, SimCrmError):
        return type(error).__new__(type(error), _redact_values(str(error), (error.repeats, *_event_values(event))))
    # Imported here, because an API that answers has no use for it.
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
    """The texts in an event, but for the id of the simulation, which log lines hold anyhow."""
    if isinstance(event, str):
        yield event
    elif isinstance(event, dict):
        for name, value in event.items():
            yield from _event_values(value) if name != "simulationId" else ()
    elif isinstance(event, list):
        for value in event:
            yield from _event_values(value)


def simulation_fields(event: Any) -> dict[str, str]:
    """The simulation that an event is about, as a field of a log line."""
    return {"simulationId": str(event["simulationId"])} if isinstance(event, dict) and "simulationId" in event else {}
