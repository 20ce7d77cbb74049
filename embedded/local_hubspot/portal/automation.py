"""What a portal does automatically after a write."""

from local_hubspot.portal.association_links import ASSOCIATION_TYPES
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record

_PRIMARY_COMPANY = ASSOCIATION_TYPES["contacts", 1]
_FREE_MAIL = frozenset(
    ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de")
)


def link_to_company(portal: Portal, contact: Record, now: int) -> None:
    """Associate a new contact with the company of its e-mail domain, which is created if there is none.

    For addresses of free mail services, the contact's website is used instead. A contact that already has a company is
    left unchanged.
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
