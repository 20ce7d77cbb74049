import pytest

from simcrm.hubspot.validation.property_rules import PropertyRule
from simcrm.hubspot.validation.value_coercion import MAX_TEXT, Decision, fit

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
        ("Computer Software", "COMPUTER_SOFTWARE", Decision.OPTION_BY_LABEL),
        ("banking", "BANKING", Decision.OPTION_BY_LABEL),
        ("Computer Sofware", "COMPUTER_SOFTWARE", Decision.OPTION_BY_LIKENESS),
        ("Retail-Trade", "RETAIL", Decision.OPTION_BY_LIKENESS),
        ("Agriculture", None, Decision.OPTION_DROPPED),
        ("Bank", None, Decision.OPTION_DROPPED),
        ("", "", None),
    ],
)
def test_an_option_is_taken_by_value_then_label_then_likeness(
    value: str, sent: str | None, decision: Decision | None
) -> None:
    assert fit(INDUSTRY, value) == (sent, decision)


@pytest.mark.parametrize(
    ("value", "sent", "decision"),
    [
        ("BANKING;RETAIL", "BANKING;RETAIL", None),
        (";BANKING", ";BANKING", None),
        ("Banking;RETAIL", "BANKING;RETAIL", Decision.OPTION_BY_LABEL),
        ("BANKING;Agriculture", "BANKING", Decision.OPTION_DROPPED),
        ("Banking;BANKING", "BANKING", Decision.OPTION_BY_LABEL),
        ("Agriculture", None, Decision.OPTION_DROPPED),
    ],
)
def test_a_multiple_choice_keeps_what_fits(value: str, sent: str | None, decision: Decision | None) -> None:
    assert fit(INTERESTS, value) == (sent, decision)


def test_a_list_without_options_takes_anything() -> None:
    assert fit(rule("enumeration"), "9d9162e7") == ("9d9162e7", None)


@pytest.mark.parametrize(
    ("kind", "value", "sent", "decision"),
    [
        ("number", "12.5", "12.5", None),
        ("number", "$1,200", "1200", Decision.NUMBER_MENDED),
        ("number", " 7 ", "7", Decision.NUMBER_MENDED),
        ("number", "many", None, Decision.NUMBER_DROPPED),
        ("bool", "true", "true", None),
        ("bool", "Yes", "true", Decision.BOOL_MENDED),
        ("bool", "0", "false", Decision.BOOL_MENDED),
        ("bool", "perhaps", None, Decision.BOOL_DROPPED),
        ("date", "2026-03-02", "2026-03-02", None),
        ("date", "2026-03-02T14:30:00Z", "2026-03-02", Decision.DATE_MENDED),
        ("date", "tomorrow", None, Decision.DATE_DROPPED),
        ("datetime", "2026-03-02T14:30:00Z", "2026-03-02T14:30:00Z", None),
        ("datetime", "2026-03-02T14:30:00.123456+02:00", "2026-03-02T12:30:00.123Z", Decision.DATE_MENDED),
        ("datetime", "1772461800000", "1772461800000", None),
        ("datetime", "soon", None, Decision.DATE_DROPPED),
        ("string", "x" * MAX_TEXT, "x" * MAX_TEXT, None),
        ("string", "x" * (MAX_TEXT + 1), "x" * MAX_TEXT, Decision.TEXT_CUT),
        ("phone_number", "+1 212 555 0100", "+1 212 555 0100", None),
    ],
)
def test_a_value_fits_its_type_or_is_mended_or_dropped(
    kind: str, value: str, sent: str | None, decision: Decision | None
) -> None:
    assert fit(rule(kind), value) == (sent, decision)


def test_a_read_only_property_is_never_sent() -> None:
    assert fit(rule("string", read_only=True), "x") == (None, Decision.READ_ONLY)
