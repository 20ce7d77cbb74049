"""Whether a value fits a property, and what makes it fit. Pure: the same value gives the same result."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

from simcrm.hubspot.validation.property_rules import PropertyRule

MAX_TEXT = 65_536
FUZZY_THRESHOLD = 85
"""Similarity in per cent above which a text is taken for an option."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


class Adjustment(StrEnum):
    """How a value that could not be sent as it was has been adjusted."""

    OPTION_BY_LABEL = "option_by_label"
    FUZZY_OPTION = "option_by_likeness"
    OPTION_DROPPED = "option_dropped"
    NUMBER_CORRECTED = "number_mended"
    NUMBER_DROPPED = "number_dropped"
    BOOL_CORRECTED = "bool_mended"
    BOOL_DROPPED = "bool_dropped"
    DATE_CORRECTED = "date_mended"
    DATE_DROPPED = "date_dropped"
    TEXT_CUT = "text_cut"
    READ_ONLY = "read_only"
    UNKNOWN_PROPERTY = "unknown_property"
    UNKNOWN_OWNER = "unknown_owner"
    PIPELINE_REPLACED = "pipeline_replaced"
    STAGE_REPLACED = "stage_replaced"
    REFUSED_DROPPED = "refused_dropped"
    REFUSED_CORRECTED = "refused_mended"


CoercedValue = tuple[str | None, Adjustment | None]
"""The value to send, None to send none, and the adjustment, if any."""


def coerce(rule: PropertyRule, value: str) -> CoercedValue:
    """The value as the property accepts it; an empty value clears the property and always fits."""
    if not value:
        return value, None
    if rule.read_only:
        return None, Adjustment.READ_ONLY
    if rule.type == "enumeration":
        return _multiple(rule, value) if rule.is_multiple else _option(rule.options, value)
    keep = _COERCERS.get(rule.type)
    return _text(value) if keep is None else keep(value)


def _text(value: str) -> CoercedValue:
    return (value, None) if len(value) <= MAX_TEXT else (value[:MAX_TEXT], Adjustment.TEXT_CUT)


def _multiple(rule: PropertyRule, value: str) -> CoercedValue:
    """Coerce each option; a leading ``;`` adds to the record's options, so it is kept."""
    fitted = [_option(rule.options, part) for part in value.split(";") if part]
    coerced = [option for option, _ in fitted if option is not None]
    decisions = [decision for _, decision in fitted if decision is not None]
    decision = max(decisions, key=lambda made: made is Adjustment.OPTION_DROPPED, default=None)
    if not coerced:
        return None, decision
    return (";" if value.startswith(";") else "") + ";".join(dict.fromkeys(coerced)), decision


@cache
def _option(options: tuple[tuple[str, str], ...], value: str) -> CoercedValue:
    """The internal value that is meant: an exact match, or by label, or by similarity."""
    if not options or any(value == found for found, _ in options):
        return value, None
    label_text = value.strip().casefold()
    for option, label in options:
        if label_text in {label.strip().casefold(), option.casefold()}:
            return option, Adjustment.OPTION_BY_LABEL
    options_by_label = {**{label: found for found, label in options}, **{found: found for found, _ in options}}
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415 - only for text that is not an option as it stands

    best = process.extractOne(
        value, list(options_by_label), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=FUZZY_THRESHOLD
    )
    if best is None or best[1] <= FUZZY_THRESHOLD:
        return None, Adjustment.OPTION_DROPPED
    return options_by_label[best[0]], Adjustment.FUZZY_OPTION


def _number(value: str) -> CoercedValue:
    if _NUMBER.fullmatch(value):
        return value, None
    plain = re.sub(r"[\s,_$€£]", "", value)
    return (plain, Adjustment.NUMBER_CORRECTED) if _NUMBER.fullmatch(plain) else (None, Adjustment.NUMBER_DROPPED)


def _bool(value: str) -> CoercedValue:
    if value in {"true", "false"}:
        return value, None
    word = value.strip().casefold()
    if word in _TRUE | _FALSE:
        return ("true" if word in _TRUE else "false"), Adjustment.BOOL_CORRECTED
    return None, Adjustment.BOOL_DROPPED


def _date(value: str) -> CoercedValue:
    moment = _moment(value)
    if moment is None:
        return None, Adjustment.DATE_DROPPED
    day = f"{moment:%Y-%m-%d}"
    return day, (None if day == value else Adjustment.DATE_CORRECTED)


def _datetime(value: str) -> CoercedValue:
    """Use milliseconds at most: HubSpot has refused microseconds."""
    moment = _moment(value)
    if moment is None:
        return None, Adjustment.DATE_DROPPED
    if value.isdigit() or (value.endswith("Z") and len(value) <= len("2026-01-31T08:00:00.000Z")):
        return value, None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), Adjustment.DATE_CORRECTED


def _moment(value: str) -> datetime | None:
    """Parse ISO 8601 or milliseconds since 1970; a time without a zone is in UTC."""
    text = value.strip()
    try:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_COERCERS = {"number": _number, "bool": _bool, "date": _date, "datetime": _datetime}
