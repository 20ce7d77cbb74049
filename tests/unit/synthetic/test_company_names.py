"""Legal forms that fit the size of a company."""

import pytest

from simcrm.synthetic import locale_names
from simcrm.synthetic.company_names import CompanyNamer
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

SEED = SeedSequence("forms")


def forms(locale: str, employees: int, word: str = "Word") -> set[str]:
    """The legal forms of companies of a size, as what their names have beside their short names."""
    namer = CompanyNamer(locale, SEED, local=False)
    names = (
        namer.name(index, (word,), ("town",), employees, SEED.stream(RandomStream.COMPANY, index))
        for index in range(600)
    )
    return {name.name.replace(name.short, "").strip(" ,") for name in names} - {""}


@pytest.mark.parametrize(
    ("locale", "small", "large"),
    [
        ("de_DE", {"GmbH", "e. K.", "UG"}, {"GmbH", "AG", "GmbH & Co. KG", "SE"}),
        ("en_GB", {"Ltd", "Limited"}, {"Ltd", "Limited", "plc"}),
        ("en_US", {"Inc.", "LLC"}, {"Inc.", "LLC", "Corp.", "Corporation"}),
        ("es_ES", {"S.L.", "S.L.U."}, {"S.L.", "S.L.U.", "S.A.", "S.A.U."}),
        ("fr_FR", {"SARL", "EURL", "SAS", "SASU"}, {"SAS", "SA"}),
        ("it_IT", {"S.r.l.", "Srl", "S.r.l.s.", "S.n.c.", "S.a.s."}, {"S.r.l.", "S.p.A."}),
        ("ja_JP", {"株式会社", "合同会社"}, {"株式会社"}),
        ("nl_NL", {"B.V.", "V.O.F."}, {"B.V.", "N.V."}),
        ("pt_BR", {"Ltda", "Ltda.", "ME"}, {"Ltda", "S.A."}),
    ],
)
def test_a_form_exists_at_the_size_of_the_company(locale: str, small: set[str], large: set[str]) -> None:
    assert forms(locale, 4) == small
    assert forms(locale, 3_000) == large


@pytest.mark.parametrize("locale", locale_names())
def test_companies_of_every_size_have_a_form(locale: str) -> None:
    assert all(forms(locale, employees) for employees in (2, 9, 10, 19, 20, 99, 100, 249, 250, 60_000))


def test_no_sole_trader_has_twenty_people() -> None:
    assert "e. K." in forms("de_DE", 19)
    assert "e. K." not in forms("de_DE", 20)


@pytest.mark.parametrize("employees", [4, 3_000])
@pytest.mark.parametrize(
    ("word", "expected"),
    [("Solicitors", {"LLP", "Ltd"}), ("Community Health", {"CIC"}), ("Building Society", set()), ("Surgery", set())],
)
def test_some_kinds_of_companies_have_forms_of_their_own(word: str, expected: set[str], employees: int) -> None:
    assert forms("en_GB", employees, word) == expected
