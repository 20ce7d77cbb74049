from simcrm_embedded.local_portal import PortalConnection, new_token, user_portal


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
