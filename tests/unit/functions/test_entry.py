from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from lambda_events import lambda_context
from recorders import LogLines

from simcrm_lambda.entry import entry_point


@entry_point
def doubling(event: dict[str, Any], _context: LambdaContext) -> int:
    return int(event["number"]) * 2


def test_an_entry_point_answers_what_its_handler_answers() -> None:
    assert doubling({"number": 4}, lambda_context()) == 8


def test_an_error_that_escapes_is_logged_by_type_and_place_and_goes_on(log_lines: LogLines) -> None:
    with pytest.raises(ValueError, match="secret-value"):
        doubling({"number": "secret-value"}, lambda_context())

    (line,) = log_lines.of("FUNCTION_FAILED")
    assert (line["levelname"], line["errorType"]) == ("ERROR", "ValueError")
    assert "test_entry.py:" in line["where"]


def test_the_message_of_an_error_stays_out_of_the_log_because_it_may_hold_data(log_lines: LogLines) -> None:
    with pytest.raises(ValueError, match="secret-value"):
        doubling({"number": "secret-value"}, lambda_context())

    (record,) = log_lines.records
    assert "secret-value" not in str(vars(record))
    assert record.exc_info is None


def test_a_handler_keeps_its_name() -> None:
    assert doubling.__name__ == "doubling"
