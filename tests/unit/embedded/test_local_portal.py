from pathlib import Path

import pytest

from simcrm_embedded.local_portal import PortalConnection, new_token, read_url, user_portal


def test_without_a_token_the_portal_is_a_local_one() -> None:
    assert user_portal({}) is None
    assert user_portal({"SIMCRM_HUBSPOT_TOKEN": ""}) is None


def test_a_token_means_the_real_portal() -> None:
    portal = user_portal({"SIMCRM_HUBSPOT_TOKEN": "pat-1"})

    assert portal == PortalConnection("https://api.hubapi.com", "pat-1")


def test_the_portals_address_can_be_given_too() -> None:
    portal = user_portal({"SIMCRM_HUBSPOT_TOKEN": "pat-1", "SIMCRM_HUBSPOT_URL": "https://api-eu1.hubapi.com"})

    assert portal == PortalConnection("https://api-eu1.hubapi.com", "pat-1")


def test_each_stack_has_a_token_of_its_own() -> None:
    assert new_token() != new_token()


@pytest.mark.parametrize(
    ("log", "url"),
    [
        ('{"url": "http://127.0.0.1:8080"}\n', "http://127.0.0.1:8080"),
        ('loading\n[1]\n{"a": 1}\n{"url": "http://127.0.0.1:8080"}\nlater\n', "http://127.0.0.1:8080"),
        ('{"url": "http://127.0', None),
        ("", None),
    ],
    ids=["at once", "after other lines", "half a line", "nothing yet"],
)
def test_the_url_is_read_from_what_the_portal_printed(tmp_path: Path, log: str, url: str | None) -> None:
    path = tmp_path / "hubspot.log"
    path.write_text(log, encoding="utf-8")

    assert read_url(path) == url
