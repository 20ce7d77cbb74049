"""Columns of the page's tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a property, the record's ``title`` or ``date``, or the first associated record of a type.

    ``kind`` says how the page shows a value: title, text, badge, money, number, duration, date or owner.
    """

    name: str
    label: str
    kind: str = "text"
    linked_type: str = ""


DATE_PROPERTIES = ("hs_timestamp", "simcrm_simulated_at")
"""Properties with a record's own date, best first; otherwise its creation date is used."""

_OWNER = Column("hubspot_owner_id", "Owner", "owner")
_COMPANY = Column("company_link", "Company", linked_type="companies")
_CONTACT = Column("contact_link", "Contact", linked_type="contacts")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "contacts": (
        Column("title", "Name", "title"),
        Column("email", "E-mail"),
        _COMPANY,
        Column("jobtitle", "Job title"),
        Column("lifecyclestage", "Lifecycle stage", "badge"),
        Column("simcrm_lead_temperature", "Temperature", "badge"),
        _OWNER,
        Column("date", "Created", "date"),
    ),
    "companies": (
        Column("title", "Name", "title"),
        Column("domain", "Domain"),
        Column("industry", "Industry"),
        Column("city", "City"),
        Column("country", "Country"),
        Column("numberofemployees", "Employees", "number"),
        _OWNER,
        Column("date", "Created", "date"),
    ),
    "deals": (
        Column("title", "Deal", "title"),
        Column("dealstage", "Stage", "badge"),
        Column("amount", "Amount", "money"),
        Column("closedate", "Close date", "date"),
        _COMPANY,
        _CONTACT,
        _OWNER,
    ),
    "tickets": (
        Column("title", "Ticket", "title"),
        Column("hs_pipeline_stage", "Status", "badge"),
        Column("hs_ticket_priority", "Priority", "badge"),
        _COMPANY,
        _CONTACT,
        _OWNER,
        Column("date", "Created", "date"),
    ),
    "notes": (
        Column("title", "Note", "title"),
        _CONTACT,
        _COMPANY,
        _OWNER,
        Column("date", "Date", "date"),
    ),
    "calls": (
        Column("title", "Call", "title"),
        Column("hs_call_disposition", "Outcome", "badge"),
        Column("hs_call_status", "Status", "badge"),
        Column("hs_call_duration", "Duration", "duration"),
        _CONTACT,
        _OWNER,
        Column("date", "Date", "date"),
    ),
    "tasks": (
        Column("title", "Task", "title"),
        Column("hs_task_status", "Status", "badge"),
        Column("hs_task_priority", "Priority", "badge"),
        Column("hs_task_type", "Type", "badge"),
        _CONTACT,
        _OWNER,
        Column("date", "Due", "date"),
    ),
    "products": (
        Column("title", "Product", "title"),
        Column("hs_sku", "SKU"),
        Column("price", "Unit price", "money"),
        Column("recurringbillingfrequency", "Billing", "badge"),
        Column("description", "Description"),
    ),
    "line_items": (
        Column("title", "Line item", "title"),
        Column("quantity", "Quantity", "number"),
        Column("price", "Unit price", "money"),
        Column("amount", "Net price", "money"),
        Column("recurringbillingfrequency", "Billing", "badge"),
        Column("deal_link", "Deal", linked_type="deals"),
    ),
    "meetings": (
        Column("title", "Meeting", "title"),
        Column("hs_meeting_outcome", "Outcome", "badge"),
        Column("hs_meeting_location", "Location"),
        _CONTACT,
        _COMPANY,
        _OWNER,
        Column("date", "Date", "date"),
    ),
    "emails": (
        Column("title", "Subject", "title"),
        Column("hs_email_direction", "Direction", "badge"),
        Column("hs_email_from_email", "From"),
        Column("hs_email_to_email", "To"),
        _CONTACT,
        _OWNER,
        Column("date", "Date", "date"),
    ),
}
"""Columns by object type, in display order."""
