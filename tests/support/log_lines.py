"""The log events of the code, with the fields that each can have."""

import ast
import logging
from collections import defaultdict
from pathlib import Path

import pytest
from lambda_events import lambda_context
from recorders import LogLines

from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.log_events import LlmEventLog
from simcrm_lambda.handler import entry_point

ROOT = Path(__file__).parents[2]
OWN = set(vars(logging.makeLogRecord({}))) | {"eventId", "message"}
"""What every record of the logging module has."""


def event_fields() -> dict[str, set[str]]:
    """All events: those written in the code, and those that are put together there as they come."""
    fields: defaultdict[str, set[str]] = defaultdict(set)
    for folder in ("layers/domain", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            for event, names in _logged_fields(ast.parse(path.read_text(encoding="utf-8"))):
                fields[event] |= names
    for record in _assembled_fields():
        fields[vars(record)["eventId"]] |= vars(record).keys() - OWN
    return dict(fields)


def _logged_fields(tree: ast.Module) -> list[tuple[str, set[str]]]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "log_event"]
    return [
        (str(call.args[0].value), {item.arg for item in call.keywords if item.arg and item.arg != "level"})
        for call in calls
        if isinstance(call.args[0], ast.Constant)
    ]


def _assembled_fields() -> list[logging.LogRecord]:
    handler, logger = LogLines(), logging.getLogger("simcrm")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        log = LlmEventLog("sim", "model")
        log.success(0, 1, 1)
        log.fallback(0, "timeout", "timeout")
        log.rejection(0, "n0", "amount")
        log.failure(0, LlmCallError(FailureCategory.TIMEOUT), 1)
        log.retry(0, "timeout", 1, 1)
        with pytest.raises(Exception, match="ZeroDivisionError"):
            entry_point(lambda _event, _context: 1 / 0)({"simulationId": "sim"}, lambda_context())
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return handler.records
