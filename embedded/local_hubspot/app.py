"""The application with every HubSpot path that this portal supports, in all versions, and the control paths."""

import time
from collections.abc import Callable, Iterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_hubspot.api import account, association_labels, associations, currencies, objects, pipelines, properties
from local_hubspot.api.page import PortalPage
from local_hubspot.api.search import search_records
from local_hubspot.gateway.call_limits import LimitFamily
from local_hubspot.gateway.hubspot_endpoint import HubSpotEndpoint, HubSpotRoute
from local_hubspot.gateway.portal_server import PortalServer
from local_hubspot.gateway.scopes import TOKENS_ADAPTER, Tokens
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.portal_settings import PortalSettings
from local_server.control_routes import ControlRoutes, control_route

_DATED = ("2026-03", "2026-09")


def create_app(
    settings: PortalSettings | None = None, tokens: Tokens | None = None, clock: Callable[[], float] = time.time
) -> Starlette:
    """Create the ASGI application of a new, empty portal.

    ``tokens`` are those that are accepted (none means any); ``clock`` returns epoch seconds.
    """
    server = PortalServer(Portal(settings or PortalSettings()), tokens or {}, clock)

    async def change_tokens(request: Request) -> Response:
        server.tokens = TOKENS_ADAPTER.validate_python(await request.json())
        return Response(status_code=204)

    routes: list[BaseRoute] = [
        Route(route.template, HubSpotEndpoint(server, route), methods=[route.method]) for route in hubspot_routes()
    ]
    routes += [*ControlRoutes(server, server.reset).routes(), control_route("PUT", "tokens", change_tokens)]
    routes += PortalPage(server).routes()
    return Starlette(routes=routes, exception_handlers={HTTPException: _error_response})


def hubspot_routes() -> Iterator[HubSpotRoute]:
    """Return all endpoints, with the most frequently called first."""
    for version in _DATED:
        yield from _object_routes(f"/crm/objects/{version}")
        yield from _association_routes(f"/crm/associations/{version}")
    yield from _object_routes("/crm/v3/objects")
    yield from _association_routes("/crm/v4/associations")
    yield from _link_routes("/crm/v4/objects")
    for version in _DATED:
        yield from _link_routes(f"/crm/objects/{version}")
        yield from _property_routes(f"/crm/properties/{version}")
        yield from _account_routes(f"/crm/owners/{version}", f"/crm/pipelines/{version}", f"/crm/limits/{version}")
        yield HubSpotRoute("GET", f"/account-info/{version}/details", account.details, area="account")
        yield from _currency_routes(f"/settings/currencies/{version}")
    yield from _property_routes("/crm/v3/properties")
    yield from _account_routes("/crm/v3/owners", "/crm/v3/pipelines", "/crm/v3/limits")
    yield HubSpotRoute("GET", "/crm/v3/owners/", account.list_owners, area="owners")
    yield HubSpotRoute("GET", "/account-info/v3/details", account.details, area="account")
    yield from _currency_routes("/settings/v3/currencies")
    yield HubSpotRoute("GET", "/calling/v1/dispositions", account.list_dispositions, area="owners")


def _object_routes(root: str) -> Iterator[HubSpotRoute]:
    base = f"{root}/{{objectType}}"
    for name, handler in (
        ("create", objects.batch_create),
        ("upsert", objects.batch_upsert),
        ("update", objects.batch_update),
        ("archive", objects.batch_archive),
    ):
        yield HubSpotRoute("POST", f"{base}/batch/{name}", handler, writes=True)
    yield HubSpotRoute("POST", f"{base}/batch/read", objects.batch_read)
    yield HubSpotRoute("POST", f"{base}/search", search_records, limit_family=LimitFamily.SEARCH)
    yield HubSpotRoute("POST", f"{base}/gdpr-delete", objects.gdpr_delete, writes=True)
    yield HubSpotRoute("POST", f"{base}/merge", objects.merge_records, writes=True)
    yield HubSpotRoute("GET", base, objects.page)
    yield HubSpotRoute("POST", base, objects.create, writes=True)
    one = f"{base}/{{objectId}}"
    yield HubSpotRoute("GET", one, objects.read)
    yield HubSpotRoute("PATCH", one, objects.update, writes=True)
    yield HubSpotRoute("DELETE", one, objects.archive, writes=True)


def _association_routes(root: str) -> Iterator[HubSpotRoute]:
    base = f"{root}/{{objectType}}/{{toObjectType}}"
    for path, handler in (
        ("batch/create", associations.batch_create),
        ("batch/associate/default", associations.batch_create_default),
        ("batch/archive", associations.batch_archive),
        ("batch/labels/archive", associations.batch_remove_labels),
    ):
        yield HubSpotRoute("POST", f"{base}/{path}", handler, limit_family=LimitFamily.ASSOCIATIONS, writes=True)
    yield HubSpotRoute("POST", f"{base}/batch/read", associations.batch_read, limit_family=LimitFamily.ASSOCIATIONS)
    yield from _label_routes(f"{base}/labels")


def _label_routes(root: str) -> Iterator[HubSpotRoute]:
    family = LimitFamily.ASSOCIATIONS
    yield HubSpotRoute("GET", root, association_labels.list_labels, limit_family=family)
    yield HubSpotRoute("POST", root, association_labels.create_label, limit_family=family, writes=True)
    yield HubSpotRoute("PUT", root, association_labels.update_label, limit_family=family, writes=True)
    one = f"{root}/{{associationTypeId}}"
    yield HubSpotRoute("DELETE", one, association_labels.archive_label, limit_family=family, writes=True)


def _link_routes(root: str) -> Iterator[HubSpotRoute]:
    one = f"{root}/{{objectType}}/{{objectId}}/associations"
    family = LimitFamily.ASSOCIATIONS
    yield HubSpotRoute("GET", f"{one}/{{toObjectType}}", associations.read_one, limit_family=family)
    yield HubSpotRoute(
        "PUT",
        f"{one}/default/{{toObjectType}}/{{toObjectId}}",
        associations.create_one_default,
        limit_family=family,
        writes=True,
    )
    pair = f"{one}/{{toObjectType}}/{{toObjectId}}"
    yield HubSpotRoute("PUT", pair, associations.create_one, limit_family=family, writes=True)
    yield HubSpotRoute("DELETE", pair, associations.archive_one, limit_family=family, writes=True)


def _property_routes(root: str) -> Iterator[HubSpotRoute]:
    base = f"{root}/{{objectType}}"
    for method, path, handler in (
        ("POST", "/batch/create", properties.batch_create),
        ("POST", "/batch/read", properties.batch_read),
        ("POST", "/batch/archive", properties.batch_archive),
        ("GET", "/groups", properties.list_groups),
        ("POST", "/groups", properties.create_group),
        ("GET", "/groups/{groupName}", properties.read_group),
        ("PATCH", "/groups/{groupName}", properties.update_group),
        ("DELETE", "/groups/{groupName}", properties.archive_group),
        ("GET", "", properties.list_properties),
        ("POST", "", properties.create_property),
        ("GET", "/{propertyName}", properties.read_property),
        ("PATCH", "/{propertyName}", properties.update_property),
        ("DELETE", "/{propertyName}", properties.archive_property),
    ):
        writes = method != "GET" and path != "/batch/read"
        yield HubSpotRoute(method, f"{base}{path}", handler, area="schemas", writes=writes)


def _account_routes(owners: str, pipeline_root: str, limits: str) -> Iterator[HubSpotRoute]:
    yield HubSpotRoute("GET", owners, account.list_owners, area="owners")
    yield HubSpotRoute("GET", f"{owners}/{{ownerId}}", account.read_owner, area="owners")
    kind = f"{pipeline_root}/{{objectType}}"
    one = f"{kind}/{{pipelineId}}"
    yield HubSpotRoute("GET", kind, pipelines.list_pipelines, area="schemas")
    yield HubSpotRoute("POST", kind, pipelines.create_pipeline, area="schemas", writes=True)
    yield HubSpotRoute("GET", one, pipelines.read_pipeline, area="schemas")
    yield HubSpotRoute("GET", f"{one}/stages", pipelines.list_stages, area="schemas")
    yield HubSpotRoute("GET", f"{one}/stages/{{stageId}}", pipelines.read_stage, area="schemas")
    yield HubSpotRoute("GET", f"{limits}/records", account.record_limits, area="account")
    yield HubSpotRoute("GET", f"{limits}/custom-properties", account.property_limits, area="account")


def _currency_routes(root: str) -> Iterator[HubSpotRoute]:
    yield HubSpotRoute("GET", f"{root}/company-currency", currencies.company_currency, area="currencies")
    yield HubSpotRoute("GET", f"{root}/exchange-rates", currencies.list_exchange_rates, area="currencies")


async def _error_response(_: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    message = "resource not found" if status == 404 else str(problem)  # noqa: PLR2004  # the status that HubSpot words itself
    return JSONResponse({"status": "error", "message": message}, status_code=status)
