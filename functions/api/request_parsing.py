"""What a request carries: text of a bounded size, read by a model."""

import re
from collections.abc import Collection
from typing import TypeVar

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from simcrm.core.errors import InvalidInputError
from simcrm.models.request_model import RequestModel, parse_request

ModelT = TypeVar("ModelT", bound=RequestModel)
MAX_DIGITS = 6
BYTE_ORDER_MARK = "\ufeff"
_PAGE_TOKEN = re.compile(r"[!-~]{1,1024}")
"""Visible ASCII, as long as Step Functions' own tokens may be."""


class DryRunRequest(RequestModel):
    """A request that changes something only when it is told to."""

    dry_run: bool = True


def read_text(event: BaseProxyEvent) -> str:
    """The body as text, empty where there is none.

    Raises:
        InvalidInputError: it is no text in UTF-8.
    """
    try:
        text = (event.decoded_body or "").removeprefix(BYTE_ORDER_MARK)
        text.encode()
    except ValueError as error:
        raise InvalidInputError("body", "is no text in UTF-8") from error
    return text


def parse_body(event: BaseProxyEvent, model: type[ModelT]) -> ModelT:
    """The JSON body as its model.

    Raises:
        InvalidInputError: names the first field that is unknown, missing or has a bad value.
    """
    return parse_request(model, read_text(event))


def is_dry_run(event: BaseProxyEvent) -> bool:
    """Whether a request only asks what would happen, as it does unless it says otherwise.

    Raises:
        InvalidInputError: the body is no JSON object with ``dryRun`` alone.
    """
    return parse_request(DryRunRequest, read_text(event) or "{}").dry_run


def number_parameter(event: BaseProxyEvent, parameter: str) -> int | None:
    """A whole number from 0 in the query, None where it is not given.

    Raises:
        InvalidInputError: it is something else.
    """
    text = event.query_string_parameters.get(parameter)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise InvalidInputError(parameter, f"is no whole number of at most {MAX_DIGITS} digits")
    return int(text)


def token_parameter(event: BaseProxyEvent, parameter: str) -> str | None:
    """What an earlier answer gave to go on with, None where it is not given or empty.

    Raises:
        InvalidInputError: no answer gives anything like it.
    """
    text = event.get_query_string_value(parameter)
    if text and _PAGE_TOKEN.fullmatch(text) is None:
        raise InvalidInputError(parameter, "is none that this API gave")
    return text or None


def choice_parameter(event: BaseProxyEvent, parameter: str, choices: Collection[str]) -> str | None:
    """One of some words in the query, None where it is not given.

    Raises:
        InvalidInputError: it is something else.
    """
    text = event.get_query_string_value(parameter)
    if text is not None and text not in choices:
        raise InvalidInputError(parameter, f"is none of {', '.join(choices)}")
    return text
