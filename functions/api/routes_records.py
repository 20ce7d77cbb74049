"""``/api/simulations/{id}/records``: what a simulation has written, for export and for display."""

from api_config import config
from api_responses import file_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import open_files, simulations
from request_parsing import choice_parameter, limit_parameter, token_parameter

from simcrm.core.errors import InvalidInputError, SimulationNotFoundError
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.contact_cards import cards_page
from simcrm.operations.export_records import export_page, to_csv, to_jsonl
from simcrm.operations.ledger_pages import LedgerPage

router = Router()  # type: ignore[no-untyped-call]
CARDS, CSV, JSONL = "cards", "csv", "jsonl"
CONTENT_TYPES = {JSONL: "text/jsonl", CSV: "text/csv", CARDS: "text/jsonl"}
MAX_ROWS = 500


@router.get("/api/simulations/<simulation_id>/records")
def list_records(simulation_id: str) -> Response[str]:
    """Return a page of objects as JSON lines or CSV, or of contact cards; ``X-Next-Token`` is the next page's token."""
    form = choice_parameter(router.current_event, "format", CONTENT_TYPES) or JSONL
    token = token_parameter(router.current_event, "token")
    page = _page(simulation_id, form, token)
    body = to_csv(page.rows, header=token is None) if form == CSV else to_jsonl(page.rows)
    return file_response(body, f"{CONTENT_TYPES[form]}; charset=utf-8", {"X-Next-Token": page.next_token or ""})


def _page(simulation_id: str, form: str, token: str | None) -> LedgerPage:
    kind = choice_parameter(router.current_event, "type", list(ObjectType))
    limit = limit_parameter(router.current_event, MAX_ROWS)
    if form == CARDS and kind is not None:
        raise InvalidInputError("type", "cannot be combined with cards, which show contacts")
    simulations().require(simulation_id)
    files = open_files(simulation_id)
    try:
        if form == CARDS:
            return cards_page(files, token, config().hubspot_base_url, limit)
        return export_page(files, token, None if kind is None else ObjectType(kind), limit)
    except LookupError as error:
        raise SimulationNotFoundError(simulation_id) from error
