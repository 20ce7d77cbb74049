"""Structured log lines: a stable event id, named fields, one line per outcome."""

import logging

logger = logging.getLogger("simcrm")


def event(event_id: str, message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line; ``fields`` must hold no secret and no whole payload."""
    logger.log(level, message, extra={"eventId": event_id, **fields})
