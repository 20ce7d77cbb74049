"""Write the properties of deals and their line items."""

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import DealStory
from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.hubspot_values import fallback_metadata, to_json_array
from simcrm.synthetic.scene_view import SceneView
from simcrm.synthetic.seeded_random import StreamRandom

_DEAL_PRIORITIES = {"hot": "high", "warm": "medium", "cold": "low"}
_FORECASTS = ((0.75, "COMMIT"), (0.5, "BEST_CASE"), (0.0, "PIPELINE"))
_CENTS = 100


def deal_properties(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    """Return the properties of a deal as they are after an event."""
    state, deal, view = deal_view(writer, event)
    revision = deal.revisions[state.revision]
    kind = "renewal" if deal.is_renewal else "existing" if deal.is_existing_business else "new"
    properties = {
        "dealname": writer.text(f"deal_name_{kind}", view, rng),
        "amount": format_cents(revision.amount),
        "dealstage": state.stage,
        "closedate": to_iso_utc(revision.closes_at),
        "createdate": to_iso_utc(deal.opened_at),
        "dealtype": "existingbusiness" if deal.is_existing_business else "newbusiness",
        "hs_priority": _DEAL_PRIORITIES[view.contact.temperature],
        "simcrm_product_interest": to_json_array(writer.account.company.interests),
        "simcrm_sales_notes": writer.text(f"sales_notes_{state.outcome}", view, rng),
        "simcrm_generation_metadata": fallback_metadata(deal.opened_at),
    }
    if writer.context.currency.available:
        properties["deal_currency_code"] = writer.context.currency.code
    return properties | _deal_ending(writer, state, deal, view, rng)


def _deal_ending(
    writer: AccountWriter, state: DealState, deal: DealStory, view: SceneView, rng: StreamRandom
) -> Properties:
    if state.outcome is DealOutcome.WON:
        return {
            "closed_won_reason": writer.text("closed_won_reason", view, rng),
            "hs_manual_forecast_category": "CLOSED",
        }
    if state.outcome is DealOutcome.LOST:
        return {
            "closed_lost_reason": writer.text(f"closed_lost_reason_{deal.lost_reason}", view, rng),
            "hs_manual_forecast_category": "OMIT",
        }
    progress = deal.revisions[state.revision].progress
    open_properties = {"hs_manual_forecast_category": next(name for least, name in _FORECASTS if progress >= least)}
    if view.promise is not None:
        open_properties["hs_next_step"] = writer.text(f"next_step_{view.promise.kind}", view, rng)
    return open_properties


def deal_view(writer: AccountWriter, event: ActivityEvent) -> tuple[DealState, DealStory, SceneView]:
    """Return the state of a deal, the deal, and its last scene by then."""
    if event.deal is None:
        raise ValueError("the event of a deal needs its state")
    deal = writer.story.deals[event.deal.number]
    at = deal.revisions[event.deal.revision].at
    scenes = [scene for scene in writer.story.scenes if scene.deal == deal.number and scene.at <= at]
    return event.deal, deal, writer.view(scenes[-1], deal.committee[0].position, at)


def line_item_properties(writer: AccountWriter, event: ActivityEvent, _rng: StreamRandom) -> Properties:
    """Return the properties of a line of a deal."""
    if event.deal is None or event.line is None:
        raise ValueError("the event of a line item needs its deal and its line")
    item = writer.story.deals[event.deal.number].revisions[event.deal.revision].line_items[event.line]
    price = writer.account.subject.offer.price
    currency = writer.context.currency
    recurring = event.line == 0 and price is not None and price.is_subscription
    properties = {
        "name": item.product,
        "quantity": str(item.quantity),
        "price": format_cents(item.unit_price - item.discount),
        "hs_line_item_currency_code": None if currency.available is False else currency.code,
        "recurringbillingfrequency": "annually" if recurring else None,
    }
    return {name: value for name, value in properties.items() if value is not None}


def format_cents(amount: int) -> str:
    """Format hundredths as an amount, without decimals if it is whole."""
    whole, cents = divmod(amount, _CENTS)
    return f"{whole}.{cents:02d}" if cents else str(whole)
