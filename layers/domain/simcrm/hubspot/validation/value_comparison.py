"""Whether two texts are the same value of a property: HubSpot does not return every value as it was sent."""

from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from simcrm.hubspot.validation.property_rules import PropertyRule


def is_same_value(rule: PropertyRule | None, one: str, other: str) -> bool:
    """Compare as the property's type does; without a rule, the values may be numbers or times in any format."""
    if one == other:
        return True
    if not one or not other:
        return False
    forms = (_text, _number, _instant) if rule is None else (_FORMS.get(rule.type, _text),)
    return any((form := find(one)) is not None and form == find(other) for find in forms)


def _text(value: str) -> Hashable:
    return value.replace("\r\n", "\n").strip()


def _number(value: str) -> Hashable:
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _bool(value: str) -> Hashable:
    return value.strip().casefold()


def _options(value: str) -> Hashable:
    return frozenset(part.strip() for part in value.split(";") if part.strip())


def _instant(value: str) -> Hashable:
    """Milliseconds since 1970, from themselves or ISO 8601; a time without a zone is in UTC."""
    text = value.strip()
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


_FORMS: Mapping[str, Callable[[str], Hashable]] = {
    "number": _number,
    "bool": _bool,
    "enumeration": _options,
    "date": _instant,
    "datetime": _instant,
}
