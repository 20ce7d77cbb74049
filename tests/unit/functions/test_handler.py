import json
import logging
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from lambda_events import lambda_context
from pydantic import BaseModel
from recorders import LogLines

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.redaction import redact_and_quote
from simcrm.hubspot.errors import TokenRefusedError, error_from_response
from simcrm_lambda.handler import entry_point

MARKER = "Erika-Mustermann-0815"
STORED = "erika@mustermann.example"
LONG = "Erika lives\nin 'Musterhausen' " * 9


@entry_point
def doubling(event: dict[str, Any], _context: LambdaContext) -> int:
    return int(event["number"]) * 2


def test_an_entry_point_answers_what_its_handler_answers() -> None:
    assert doubling({"number": 4}, lambda_context()) == 8


def test_an_error_that_escapes_is_logged_by_type_and_place_and_goes_on_by_its_name(log_lines: LogLines) -> None:
    with pytest.raises(Exception, match=r"^ValueError at test_handler.py:\d+$") as raised:
        doubling({"number": MARKER}, lambda_context())

    (line,) = log_lines.with_event_id("FUNCTION_FAILED")
    assert (line["levelname"], line["errorType"]) == ("ERROR", "ValueError")
    assert "test_handler.py:" in line["where"]
    assert type(raised.value).__name__ == "ValueError"
    assert raised.value.__suppress_context__
    assert raised.traceback[-1].name == "doubling"


def test_the_message_of_an_error_stays_out_of_the_log_because_it_may_hold_data(log_lines: LogLines) -> None:
    with pytest.raises(Exception, match="ValueError at"):
        doubling({"number": MARKER}, lambda_context())

    (record,) = log_lines.records
    assert MARKER not in str(vars(record))
    assert record.exc_info is None


class Strict(BaseModel):
    number: int


def refusing(error: Exception) -> Any:
    def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
        raise error

    return entry_point(handler)


def error_of_pydantic() -> Exception:
    try:
        Strict.model_validate({"number": MARKER})
    except ValueError as error:
        return error
    raise AssertionError


def error_of_json() -> Exception:
    try:
        json.loads(f"{{{MARKER}")
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (error_of_pydantic(), "ValidationError"),
        (error_of_json(), "JSONDecodeError"),
        (KeyError(MARKER), "KeyError"),
        (UnicodeDecodeError("utf-8", MARKER.encode(), 0, 1, MARKER), "UnicodeDecodeError"),
        (ClientError({"Error": {"Code": "NoSuchKey", "Message": MARKER}}, "GetObject"), "ClientError"),
        (InvalidSimulationError("scenario", f"unknown scenario {MARKER}"), "InvalidSimulationError"),
        (InvalidSimulationError("timezone", f"{redact_and_quote(LONG)} is no zone"), "InvalidSimulationError"),
        (
            error_from_response(400, {"message": f"{STORED} is no address.", "category": "VALIDATION_ERROR"}, None),
            "RequestRejectedError",
        ),
        (error_from_response(503, {"message": f"{STORED} fails"}, None), "UnknownWriteOutcomeError"),
        (error_from_response(403, {"message": f"{STORED} is not yours."}, None), "ForbiddenError"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_no_error_takes_a_value_out_and_each_keeps_the_name_that_a_state_machine_retries(
    error: Exception, name: str
) -> None:
    with pytest.raises(Exception, match=r".") as raised:
        refusing(error)({"input": {"scenario": MARKER, "more": [LONG]}}, lambda_context())

    assert type(raised.value).__name__ == name
    assert [value for value in (MARKER, STORED, "Musterhausen") if value in str(raised.value)] == []


def test_an_error_of_the_domain_still_says_what_to_do() -> None:
    unknown = InvalidSimulationError("scenario", f"unknown scenario {MARKER}; available: B2B, B2C")

    with pytest.raises(InvalidSimulationError) as raised:
        refusing(unknown)({"simulationId": "sim-1", "input": {"scenario": MARKER}}, lambda_context())
    with pytest.raises(TokenRefusedError, match="put a valid hubspotToken into the secret"):
        refusing(error_from_response(401, {"message": "no"}, None))({}, lambda_context())

    assert str(raised.value) == "scenario: unknown scenario ***; available: B2B, B2C"


@pytest.mark.parametrize("name", ["httpx2", "botocore.credentials", "httpcore2.http11", "urllib3.connectionpool"])
def test_libraries_write_no_line_a_call(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    entry_point(lambda *_: None)

    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger(name).isEnabledFor(logging.WARNING)


def test_a_warning_of_pydantic_is_not_printed(recwarn: pytest.WarningsRecorder) -> None:
    entry_point(lambda *_: None)

    Strict.model_construct(number=MARKER).model_dump_json()  # type: ignore[arg-type]

    assert [str(found.message) for found in recwarn] == []


def test_a_handler_keeps_its_name() -> None:
    assert doubling.__name__ == "doubling"
