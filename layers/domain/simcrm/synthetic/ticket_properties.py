"""Write the properties of tickets."""

from dataclasses import replace

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.hubspot_values import fallback_metadata
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

RESOLUTIONS = {
    "PRODUCT_ISSUE": ("ISSUE_FIXED", "ISSUE_FIXED", "SENT_KNOWLEDGE_DOCUMENT_LINK"),
    "BILLING_ISSUE": ("ISSUE_FIXED", "REFUND_APPLIED"),
    "FEATURE_REQUEST": ("FEATURE_REQUEST_TRACKED",),
    "GENERAL_INQUIRY": ("SENT_KNOWLEDGE_DOCUMENT_LINK",),
}
RESOLUTION_SHARE = 0.75
"""How tickets end by their category, and how often somebody notes it. Assumed."""

_TICKET_PRIORITIES = WeightedChoice(("LOW", "MEDIUM", "HIGH", "URGENT"), (10, 84, 4, 2))
"""Published: 1.7 critical, 3.7 high, 85.1 moderate and 9.6 % low."""


def ticket_properties(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    """Return the properties of a ticket; one that is still open at ``writer.until`` is not closed."""
    touch, view = writer.touch_view(event)
    request = view.request or writer.request(view, is_lost=touch.trigger is LifecycleTrigger.LOST)
    view = replace(view, request=request)
    is_open = writer.until is not None and touch.closed_at is not None and touch.closed_at > writer.until
    closed_at = None if is_open else touch.closed_at
    stage = rng.choice(("1", "2", "3"))
    properties = {
        "subject": writer.text("ticket_subject", view, rng),
        "content": writer.text(f"ticket_{request.category}", view, rng),
        "hs_pipeline": "0",
        "hs_pipeline_stage": "4" if closed_at else stage,
        "hs_ticket_category": request.category,
        "hs_ticket_priority": _TICKET_PRIORITIES.pick(rng),
        "source_type": rng.choice(("EMAIL", "EMAIL", "FORM", "PHONE", "CHAT")),
        "createdate": to_iso_utc(touch.at),
        "simcrm_generation_metadata": fallback_metadata(touch.at),
        "simcrm_simulated_at": to_iso_utc(touch.at),
    }
    if not closed_at:
        return properties
    resolution = {"hs_resolution": rng.choice(RESOLUTIONS[request.category])} if rng.bernoulli(RESOLUTION_SHARE) else {}
    return properties | resolution | {"closed_date": to_iso_utc(closed_at)}
