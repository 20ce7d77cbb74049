"""Whether a value fits a property, and what it must become to fit. Pure: the same value, the same decision."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

from simcrm.hubspot.validation.property_rules import PropertyRule

MAX_TEXT = 65_536
LIKENESS = 85
"""Per cent above which an option is meant by a text."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


class Decision(StrEnum):
    """What became of a value that could not be sent as it was."""

    OPTION_BY_LABEL = "option_by_label"
    OPTION_BY_LIKENESS = "option_by_likeness"
    OPTION_DROPPED = "option_dropped"
    NUMBER_MENDED = "number_mended"
    NUMBER_DROPPED = "number_dropped"
    BOOL_MENDED = "bool_mended"
    BOOL_DROPPED = "bool_dropped"
    DATE_MENDED = "date_mended"
    DATE_DROPPED = "date_dropped"
    TEXT_CUT = "text_cut"
    READ_ONLY = "read_only"
    UNKNOWN_PROPERTY = "unknown_property"
    UNKNOWN_OWNER = "unknown_owner"
    PIPELINE_REPLACED = "pipeline_replaced"
    STAGE_REPLACED = "stage_replaced"
    REFUSED_DROPPED = "refused_dropped"
    REFUSED_MENDED = "refused_mended"


Fitted = tuple[str | None, Decision | None]
"""The value to send, None to send none, and the decision if there was one."""


def fit(rule: PropertyRule, value: str) -> Fitted:
    """The value as the property takes it; an empty one clears it and always fits."""
    if not value:
        return value, None
    if rule.read_only:
        return None, Decision.READ_ONLY
    if rule.type == "enumeration":
        return _several(rule, value) if rule.is_multiple else _option(rule.options, value)
    keep = _KEEPERS.get(rule.type)
    return _text(value) if keep is None else keep(value)


def _text(value: str) -> Fitted:
    return (value, None) if len(value) <= MAX_TEXT else (value[:MAX_TEXT], Decision.TEXT_CUT)


def _several(rule: PropertyRule, value: str) -> Fitted:
    """A leading ``;`` adds to what the record has, so it stays."""
    fitted = [_option(rule.options, part) for part in value.split(";") if part]
    kept = [found for found, _ in fitted if found is not None]
    decisions = [decision for _, decision in fitted if decision is not None]
    decision = max(decisions, key=lambda made: made is Decision.OPTION_DROPPED, default=None)
    if not kept:
        return None, decision
    return (";" if value.startswith(";") else "") + ";".join(dict.fromkeys(kept)), decision


@cache
def _option(options: tuple[tuple[str, str], ...], value: str) -> Fitted:
    """The internal value that is meant: exactly, by its label, by likeness."""
    if not options or any(value == found for found, _ in options):
        return value, None
    wanted = value.strip().casefold()
    for found, label in options:
        if wanted in {label.strip().casefold(), found.casefold()}:
            return found, Decision.OPTION_BY_LABEL
    words = {**{label: found for found, label in options}, **{found: found for found, _ in options}}
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415 - only for words that are no option as they stand

    best = process.extractOne(
        value, list(words), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=LIKENESS
    )
    if best is None or best[1] <= LIKENESS:
        return None, Decision.OPTION_DROPPED
    return words[best[0]], Decision.OPTION_BY_LIKENESS


def _number(value: str) -> Fitted:
    if _NUMBER.fullmatch(value):
        return value, None
    plain = re.sub(r"[\s,_$€£]", "", value)
    return (plain, Decision.NUMBER_MENDED) if _NUMBER.fullmatch(plain) else (None, Decision.NUMBER_DROPPED)


def _bool(value: str) -> Fitted:
    if value in {"true", "false"}:
        return value, None
    word = value.strip().casefold()
    if word in _TRUE | _FALSE:
        return ("true" if word in _TRUE else "false"), Decision.BOOL_MENDED
    return None, Decision.BOOL_DROPPED


def _date(value: str) -> Fitted:
    moment = _moment(value)
    if moment is None:
        return None, Decision.DATE_DROPPED
    day = f"{moment:%Y-%m-%d}"
    return day, (None if day == value else Decision.DATE_MENDED)


def _datetime(value: str) -> Fitted:
    """Milliseconds at most: microseconds have been refused."""
    moment = _moment(value)
    if moment is None:
        return None, Decision.DATE_DROPPED
    if value.isdigit() or (value.endswith("Z") and len(value) <= len("2026-01-31T08:00:00.000Z")):
        return value, None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), Decision.DATE_MENDED


def _moment(value: str) -> datetime | None:
    """ISO 8601 or milliseconds since 1970; a moment without a zone is in UTC."""
    text = value.strip()
    try:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_KEEPERS = {"number": _number, "bool": _bool, "date": _date, "datetime": _datetime}
