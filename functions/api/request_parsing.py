"""What a request carries: text of a bounded size, read by a model."""

import re
from collections.abc import Collection
from typing import TypeVar

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from simcrm.core.errors import InvalidInputError
from simcrm.models.request_model import Options, read_options

Given = TypeVar("Given", bound=Options)
DIGITS = 6
BYTE_ORDER_MARK = "\ufeff"
_TOKEN = re.compile(r"[!-~]{1,1024}")
"""Visible ASCII, as long as Step Functions' own tokens may be."""


class DryRun(Options):
    """A request that changes something only when it is told to."""

    dry_run: bool = True


def text_of(event: BaseProxyEvent) -> str:
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


def body_of(event: BaseProxyEvent, model: type[Given]) -> Given:
    """The JSON body as its model.

    Raises:
        InvalidInputError: names the first field that is unknown, missing or has a bad value.
    """
    return read_options(model, text_of(event))


def dry_run_of(event: BaseProxyEvent) -> bool:
    """Whether a request only asks what would happen, as it does unless it says otherwise.

    Raises:
        InvalidInputError: the body is no JSON object with ``dryRun`` alone.
    """
    return read_options(DryRun, text_of(event) or "{}").dry_run


def number_of(event: BaseProxyEvent, parameter: str) -> int | None:
    """A whole number from 0 in the query, None where it is not given.

    Raises:
        InvalidInputError: it is something else.
    """
    given = event.query_string_parameters.get(parameter)
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= DIGITS):
        raise InvalidInputError(parameter, f"is no whole number of at most {DIGITS} digits")
    return int(given)


def token_of(event: BaseProxyEvent, parameter: str) -> str | None:
    """What an earlier answer gave to go on with, None where it is not given or empty.

    Raises:
        InvalidInputError: no answer gives anything like it.
    """
    given = event.get_query_string_value(parameter)
    if given and _TOKEN.fullmatch(given) is None:
        raise InvalidInputError(parameter, "is none that this API gave")
    return given or None


def one_of(event: BaseProxyEvent, parameter: str, choices: Collection[str]) -> str | None:
    """One of some words in the query, None where it is not given.

    Raises:
        InvalidInputError: it is something else.
    """
    given = event.get_query_string_value(parameter)
    if given is not None and given not in choices:
        raise InvalidInputError(parameter, f"is none of {', '.join(choices)}")
    return given
