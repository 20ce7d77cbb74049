import pytest

from simcrm.hubspot.validation.property_rules import PropertyRule
from simcrm.hubspot.validation.value_coercion import MAX_TEXT, Adjustment, coerce

INDUSTRY = PropertyRule(
    name="industry",
    type="enumeration",
    field_type="select",
    options=(("COMPUTER_SOFTWARE", "Computer Software"), ("BANKING", "Banking"), ("RETAIL", "Retail trade")),
)
INTERESTS = INDUSTRY.model_copy(update={"name": "interests", "field_type": "checkbox"})


def rule(kind: str, **fields: bool) -> PropertyRule:
    return PropertyRule(name="p", type=kind, **fields)


@pytest.mark.parametrize(
    ("value", "sent", "decision"),
    [
        ("BANKING", "BANKING", None),
        ("Computer Software", "COMPUTER_SOFTWARE", Adjustment.OPTION_BY_LABEL),
        ("banking", "BANKING", Adjustment.OPTION_BY_LABEL),
        ("Computer Sofware", "COMPUTER_SOFTWARE", Adjustment.FUZZY_OPTION),
        ("Retail-Trade", "RETAIL", Adjustment.FUZZY_OPTION),
        ("Agriculture", None, Adjustment.OPTION_DROPPED),
        ("Bank", None, Adjustment.OPTION_DROPPED),
        ("", "", None),
    ],
)
def test_an_option_is_taken_by_value_then_label_then_likeness(
    value: str, sent: str | None, decision: Adjustment | None
) -> None:
    assert coerce(INDUSTRY, value) == (sent, decision)


@pytest.mark.parametrize(
    ("value", "sent", "decision"),
    [
        ("BANKING;RETAIL", "BANKING;RETAIL", None),
        (";BANKING", ";BANKING", None),
        ("Banking;RETAIL", "BANKING;RETAIL", Adjustment.OPTION_BY_LABEL),
        ("BANKING;Agriculture", "BANKING", Adjustment.OPTION_DROPPED),
        ("Banking;BANKING", "BANKING", Adjustment.OPTION_BY_LABEL),
        ("Agriculture", None, Adjustment.OPTION_DROPPED),
    ],
)
def test_a_multiple_choice_keeps_what_fits(value: str, sent: str | None, decision: Adjustment | None) -> None:
    assert coerce(INTERESTS, value) == (sent, decision)


def test_a_list_without_options_takes_anything() -> None:
    assert coerce(rule("enumeration"), "9d9162e7") == ("9d9162e7", None)


@pytest.mark.parametrize(
    ("kind", "value", "sent", "decision"),
    [
        ("number", "12.5", "12.5", None),
        ("number", "$1,200", "1200", Adjustment.NUMBER_CORRECTED),
        ("number", " 7 ", "7", Adjustment.NUMBER_CORRECTED),
        ("number", "many", None, Adjustment.NUMBER_DROPPED),
        ("bool", "true", "true", None),
        ("bool", "Yes", "true", Adjustment.BOOL_CORRECTED),
        ("bool", "0", "false", Adjustment.BOOL_CORRECTED),
        ("bool", "perhaps", None, Adjustment.BOOL_DROPPED),
        ("date", "2026-03-02", "2026-03-02", None),
        ("date", "2026-03-02T14:30:00Z", "2026-03-02", Adjustment.DATE_CORRECTED),
        ("date", "tomorrow", None, Adjustment.DATE_DROPPED),
        ("datetime", "2026-03-02T14:30:00Z", "2026-03-02T14:30:00Z", None),
        ("datetime", "2026-03-02T14:30:00.123456+02:00", "2026-03-02T12:30:00.123Z", Adjustment.DATE_CORRECTED),
        ("datetime", "1772461800000", "1772461800000", None),
        ("datetime", "soon", None, Adjustment.DATE_DROPPED),
        ("string", "x" * MAX_TEXT, "x" * MAX_TEXT, None),
        ("string", "x" * (MAX_TEXT + 1), "x" * MAX_TEXT, Adjustment.TEXT_CUT),
        ("phone_number", "+1 212 555 0100", "+1 212 555 0100", None),
    ],
)
def test_a_value_fits_its_type_or_is_mended_or_dropped(
    kind: str, value: str, sent: str | None, decision: Adjustment | None
) -> None:
    assert coerce(rule(kind), value) == (sent, decision)


def test_a_read_only_property_is_never_sent() -> None:
    assert coerce(rule("string", read_only=True), "x") == (None, Adjustment.READ_ONLY)
