"""What a portal does by itself after a write."""

from local_hubspot.portal.associations import ASSOCIATION_TYPES
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record

_PRIMARY_COMPANY = ASSOCIATION_TYPES["contacts", 1]
_FREE_MAIL = frozenset(
    ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de")
)


def link_to_company(portal: Portal, contact: Record, now: int) -> None:
    """Link a new contact to the company of its e-mail's domain, creating that company when there is none.

    Addresses of free mail services go by the contact's website instead. A contact that already has a company
    stays as it is.
    """
    domain = _company_domain(contact)
    if not domain or portal.associations.links_from(contact.id, "companies"):
        return
    companies = portal.stores["companies"]
    company = companies.with_value("domain", domain)
    if company is None:
        name = domain.partition(".")[0].replace("-", " ").title()
        company = Record(portal.take_id(), {"domain": domain, "name": name}, created=now, updated=now)
        companies.add(company)
    portal.associations.link(contact.id, company.id, _PRIMARY_COMPANY)


def _company_domain(contact: Record) -> str:
    domain = contact.properties.get("email", "").partition("@")[2]
    if domain in _FREE_MAIL:
        website = contact.properties.get("website", "")
        return website.partition("://")[2].partition("/")[0] or website.partition("/")[0]
    return domain
