import pytest

from simcrm.hubspot.validation.property_rules import PropertyRule
from simcrm.hubspot.validation.value_comparison import is_same_value


def is_same(kind: str, one: str, other: str) -> bool:
    return is_same_value(PropertyRule(name="p", type=kind), one, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number", "100", "100.0"),
        ("number", "1200.00", "1.2E+3"),
        ("datetime", "2026-01-01T00:00:00Z", "1767225600000"),
        ("datetime", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("datetime", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
        ("date", "2026-01-01", "1767225600000"),
        ("bool", "true", "TRUE"),
        ("enumeration", "A;B", ";B;A"),
        ("string", "two\r\nlines ", "two\nlines"),
    ],
)
def test_formats_of_one_value_are_the_same(kind: str, one: str, other: str) -> None:
    assert is_same(kind, one, other)
    assert is_same(kind, other, one)
    assert is_same_value(None, one, other) or kind in {"bool", "enumeration"}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number", "100", "100.01"),
        ("number", "100", ""),
        ("number", "NaN", "nan"),
        ("number", "ten", "10"),
        ("datetime", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ("datetime", "soon", "later"),
        ("date", "2026-01-01", "2026-01-02"),
        ("bool", "true", "false"),
        ("bool", "", "false"),
        ("enumeration", "A;B", "A"),
        ("enumeration", "a", "A"),
        ("string", "100", "100.0"),
    ],
)
def test_other_values_are_not(kind: str, one: str, other: str) -> None:
    assert not is_same(kind, one, other)
    assert not is_same(kind, other, one)


def test_without_a_rule_texts_are_compared_as_they_are() -> None:
    assert is_same_value(None, "", "")
    assert not is_same_value(None, "contractsent", "closedwon")
