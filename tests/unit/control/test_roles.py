import pytest

from simcrm.control.roles import Role, role_of

BOSS, OPERATOR = "boss-token", "operator-token"


def role(header: str, operator: str = OPERATOR, boss: str = BOSS) -> Role | None:
    return role_of(header, operator_token=operator, boss_token=boss)


@pytest.mark.parametrize(("token", "expected"), [(OPERATOR, Role.OPERATOR), (BOSS, Role.BOSS)])
def test_a_token_stands_for_its_role(token: str, expected: Role) -> None:
    assert role(f"Bearer {token}") is expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer ",
        "Bearer",
        OPERATOR,
        f"bearer {OPERATOR}",
        f"Basic {OPERATOR}",
        f"Bearer  {OPERATOR}",
        f"Bearer {OPERATOR} ",
        f"Bearer {OPERATOR[:-1]}",
        f"Bearer {OPERATOR}x",
        f"Bearer {OPERATOR.upper()}",
        "Bearer öperator-token",
        f"Bearer {OPERATOR}, Bearer {BOSS}",
    ],
)
def test_anything_else_stands_for_nothing(header: str) -> None:
    assert role(header) is None


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer"])
@pytest.mark.parametrize(("operator", "boss"), [("", ""), ("", BOSS), (OPERATOR, "")])
def test_a_token_that_is_not_configured_opens_nothing(header: str, operator: str, boss: str) -> None:
    assert role(header, operator, boss) is None


def test_an_unset_boss_token_leaves_the_operator_in() -> None:
    assert role(f"Bearer {OPERATOR}", boss="") is Role.OPERATOR


def test_a_token_of_both_roles_is_the_greater_one() -> None:
    assert role("Bearer same", operator="same", boss="same") is Role.BOSS


def test_tokens_need_not_be_ascii() -> None:
    assert role("Bearer schlüssel", operator="schlüssel") is Role.OPERATOR
