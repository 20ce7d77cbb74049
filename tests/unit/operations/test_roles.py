import hmac

import pytest

from simcrm.operations.roles import Role, role_for_header

BOSS, OPERATOR = "boss-token", "operator-token"


def role(header: str, operator: str = OPERATOR, boss: str = BOSS) -> Role | None:
    return role_for_header(header, {Role.OPERATOR: [operator], Role.BOSS: [boss]})


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


@pytest.mark.parametrize("token", ["new", "old"])
@pytest.mark.parametrize("known", [Role.OPERATOR, Role.BOSS])
def test_while_a_token_is_exchanged_both_stand_for_the_role(known: Role, token: str) -> None:
    assert role_for_header(f"Bearer {token}", {known: ["new", "old"]}) is known


def test_every_token_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    original = hmac.compare_digest

    def noted(ours: bytes, known: bytes) -> bool:
        compared.append(known)
        return original(ours, known)

    monkeypatch.setattr(hmac, "compare_digest", noted)

    role_for_header("Bearer first", {Role.OPERATOR: ["first", "second"], Role.BOSS: ["third", ""]})

    assert sorted(compared) == [b"", b"first", b"second", b"third"]
