"""Structured log lines: a stable event id, named fields, one line per outcome."""

import logging

from simcrm.core.redaction import redact

logger = logging.getLogger("simcrm")


def log_event(event_id: str, message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line; ``fields`` must contain no secrets or whole payloads. Whatever looks like a key is masked."""
    safe = {name: redact(value) if isinstance(value, str) else value for name, value in fields.items()}
    logger.log(level, message, extra={"eventId": event_id, **safe})


def error_location(error: BaseException) -> str:
    """Return the file and line where an error was raised, without any values."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
