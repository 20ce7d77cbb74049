"""Parse the body and query of a request."""

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
"""Visible ASCII, up to the maximum length of Step Functions tokens."""


class DryRunRequest(RequestModel):
    """A request that changes something only if ``dryRun`` is false."""

    dry_run: bool = True


def read_text(event: BaseProxyEvent) -> str:
    """Return the body as text; empty if there is none.

    Raises:
        InvalidInputError: the body is not valid UTF-8 text.
    """
    try:
        text = (event.decoded_body or "").removeprefix(BYTE_ORDER_MARK)
        text.encode()
    except ValueError as error:
        raise InvalidInputError("body", "is not valid UTF-8") from error
    return text


def parse_body(event: BaseProxyEvent, model: type[ModelT]) -> ModelT:
    """Parse the JSON body into a model.

    Raises:
        InvalidInputError: a field is unknown, missing or invalid; the error names the first one.
    """
    return parse_request(model, read_text(event))


def is_dry_run(event: BaseProxyEvent) -> bool:
    """Whether a request only asks what would happen, which is the default.

    Raises:
        InvalidInputError: the body is not a JSON object with only ``dryRun``.
    """
    return parse_request(DryRunRequest, read_text(event) or "{}").dry_run


def number_parameter(event: BaseProxyEvent, parameter: str) -> int | None:
    """Return a non-negative integer query parameter; None if it is absent.

    Raises:
        InvalidInputError: it is not such a number.
    """
    text = event.query_string_parameters.get(parameter)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise InvalidInputError(parameter, f"is not a whole number of at most {MAX_DIGITS} digits")
    return int(text)


def limit_parameter(event: BaseProxyEvent, maximum: int) -> int | None:
    """Return the query parameter ``limit``, which is at least 1; None if it is absent.

    Raises:
        InvalidInputError: it is not a number from 1 to ``maximum``.
    """
    limit = number_parameter(event, "limit")
    if limit is not None and not 1 <= limit <= maximum:
        raise InvalidInputError("limit", f"must be from 1 to {maximum}")
    return limit


def token_parameter(event: BaseProxyEvent, parameter: str) -> str | None:
    """Return a page token from an earlier response; None if it is absent or empty.

    Raises:
        InvalidInputError: it does not have the form of a token.
    """
    text = event.get_query_string_value(parameter)
    if text and _PAGE_TOKEN.fullmatch(text) is None:
        raise InvalidInputError(parameter, "was not issued by this API")
    return text or None


def choice_parameter(event: BaseProxyEvent, parameter: str, choices: Collection[str]) -> str | None:
    """Return a query parameter with fixed choices; None if it is absent.

    Raises:
        InvalidInputError: it is not one of the choices.
    """
    text = event.get_query_string_value(parameter)
    if text is not None and text not in choices:
        raise InvalidInputError(parameter, f"is not one of {', '.join(choices)}")
    return text
