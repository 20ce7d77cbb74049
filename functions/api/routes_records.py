"""``/api/simulations/{id}/records``: what a simulation has made, for files and for people."""

from api_config import config
from api_responses import text
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import artifacts_of, simulations
from request_parsing import number_of, one_of, token_of

from simcrm.core.errors import InvalidInputError, SimulationNotFoundError
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.contact_cards import cards_page
from simcrm.operations.export_records import as_csv, as_jsonl, export_page
from simcrm.operations.ledger_pages import Page

router = Router()  # type: ignore[no-untyped-call]
CARDS, CSV, JSONL = "cards", "csv", "jsonl"
KINDS = {JSONL: "text/jsonl", CSV: "text/csv", CARDS: "text/jsonl"}
MOST = 500


@router.get("/api/simulations/<simulation_id>/records")
def list_records(simulation_id: str) -> Response[str]:
    """Give a page of objects as JSON lines or CSV, or of contacts as cards; ``X-Next-Token`` names the next one."""
    form = one_of(router.current_event, "format", KINDS) or JSONL
    token = token_of(router.current_event, "token")
    page = _page(simulation_id, form, token)
    body = as_csv(page.rows, header=token is None) if form == CSV else as_jsonl(page.rows)
    return text(body, f"{KINDS[form]}; charset=utf-8", {"X-Next-Token": page.next_token or ""})


def _page(simulation_id: str, form: str, token: str | None) -> Page:
    kind, limit = one_of(router.current_event, "type", list(ObjectType)), _limit()
    if form == CARDS and kind is not None:
        raise InvalidInputError("type", "does not go with cards, which are of contacts")
    simulations().require(simulation_id)
    artifacts = artifacts_of(simulation_id)
    try:
        if form == CARDS:
            return cards_page(artifacts, token, config().hubspot_base_url, limit)
        return export_page(artifacts, token, None if kind is None else ObjectType(kind), limit)
    except LookupError as error:
        raise SimulationNotFoundError(simulation_id) from error


def _limit() -> int | None:
    limit = number_of(router.current_event, "limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise InvalidInputError("limit", f"is not from 1 to {MOST}")
    return limit
