import pytest

from simcrm.hubspot.record_urls import HUBSPOT_API_URL, PortalAccount, RecordUrls
from simcrm.models.crm_objects import ObjectType

LOCAL = "http://127.0.0.1:4000"
CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS


@pytest.mark.parametrize(("kind", "place"), [(CONTACTS, "0-1"), (DEALS, "0-3")])
def test_a_record_in_hubspot_has_a_page_of_its_portal(kind: ObjectType, place: str) -> None:
    pages = RecordUrls(HUBSPOT_API_URL, PortalAccount(id=4711))

    assert pages.url_for(kind, "12") == f"https://app.hubspot.com/contacts/4711/record/{place}/12"


def test_a_portal_in_europe_has_its_pages_there() -> None:
    portal = PortalAccount.from_account_info({"portalId": 4711, "uiDomain": "app-eu1.hubspot.com"})

    page = RecordUrls(HUBSPOT_API_URL, portal).url_for(CONTACTS, "12")

    assert page == "https://app-eu1.hubspot.com/contacts/4711/record/0-1/12"


@pytest.mark.parametrize("domain", [None, 7, "app.hubspot.com.evil.example", "javascript:alert(1)", "evil.example"])
def test_a_domain_that_is_none_of_hubspots_is_not_believed(domain: object) -> None:
    assert PortalAccount.from_account_info({"portalId": 1, "uiDomain": domain}) == PortalAccount(
        id=1, domain="app.hubspot.com"
    )


def test_a_local_portal_has_a_page_for_each_record_whatever_number_it_says() -> None:
    assert RecordUrls(LOCAL, PortalAccount(id=1)).url_for(DEALS, "12") == f"{LOCAL}/#/deals/12"


def test_what_is_in_no_portal_or_in_an_unknown_one_has_no_page() -> None:
    assert (
        RecordUrls(HUBSPOT_API_URL, PortalAccount.from_account_info({"portalId": "soon"})).url_for(CONTACTS, "12")
        is None
    )
    assert RecordUrls(LOCAL, None).url_for(CONTACTS, None) is None
