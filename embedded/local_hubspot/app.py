"""The application with every HubSpot path that this portal supports, in all versions, and the control paths."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as HttpRoute

from local_hubspot.api import account, associations, objects, pipelines, properties
from local_hubspot.api.control import ControlRoutes
from local_hubspot.api.page import PortalPage
from local_hubspot.api.search import search_records
from local_hubspot.gateway.endpoint import Endpoint, Route, Server
from local_hubspot.gateway.limits import LimitFamily
from local_hubspot.gateway.scopes import Tokens
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.settings import Settings

_DATED = ("2026-03", "2026-09")


@dataclass(frozen=True, slots=True)
class AppConfig:
    """Start configuration: settings, accepted tokens (none means any) and a clock in epoch seconds."""

    settings: Settings = field(default_factory=Settings)
    tokens: Tokens = field(default_factory=dict)
    clock: Callable[[], float] = time.time


def create_app(config: AppConfig | None = None) -> Starlette:
    """Create the ASGI application of a new, empty portal."""
    config = config or AppConfig()
    server = Server(Portal(config.settings), config.tokens, config.clock)
    routes: list[BaseRoute] = [
        HttpRoute(route.template, Endpoint(server, route), methods=[route.method]) for route in hubspot_routes()
    ]
    routes += ControlRoutes(server).routes()
    routes += PortalPage(server).routes()
    return Starlette(routes=routes, exception_handlers={HTTPException: _error_response})


def hubspot_routes() -> Iterator[Route]:
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
        yield Route("GET", f"/account-info/{version}/details", account.details, area="account")
    yield from _property_routes("/crm/v3/properties")
    yield from _account_routes("/crm/v3/owners", "/crm/v3/pipelines", "/crm/v3/limits")
    yield Route("GET", "/crm/v3/owners/", account.list_owners, area="owners")
    yield Route("GET", "/account-info/v3/details", account.details, area="account")
    yield Route("GET", "/calling/v1/dispositions", account.list_dispositions, area="owners")


def _object_routes(root: str) -> Iterator[Route]:
    base = f"{root}/{{objectType}}"
    for name, handler in (
        ("create", objects.batch_create),
        ("upsert", objects.batch_upsert),
        ("update", objects.batch_update),
        ("archive", objects.batch_archive),
    ):
        yield Route("POST", f"{base}/batch/{name}", handler, writes=True)
    yield Route("POST", f"{base}/batch/read", objects.batch_read)
    yield Route("POST", f"{base}/search", search_records, limit_family=LimitFamily.SEARCH)
    yield Route("POST", f"{base}/gdpr-delete", objects.gdpr_delete, writes=True)
    yield Route("POST", f"{base}/merge", objects.merge_records, writes=True)
    yield Route("GET", base, objects.page)
    yield Route("POST", base, objects.create, writes=True)
    one = f"{base}/{{objectId}}"
    yield Route("GET", one, objects.read)
    yield Route("PATCH", one, objects.update, writes=True)
    yield Route("DELETE", one, objects.archive, writes=True)


def _association_routes(root: str) -> Iterator[Route]:
    base = f"{root}/{{objectType}}/{{toObjectType}}"
    for path, handler in (
        ("batch/create", associations.batch_create),
        ("batch/associate/default", associations.batch_create_default),
        ("batch/archive", associations.batch_archive),
        ("batch/labels/archive", associations.batch_remove_labels),
    ):
        yield Route("POST", f"{base}/{path}", handler, limit_family=LimitFamily.ASSOCIATIONS, writes=True)
    yield Route("POST", f"{base}/batch/read", associations.batch_read, limit_family=LimitFamily.ASSOCIATIONS)
    yield Route("GET", f"{base}/labels", associations.labels, limit_family=LimitFamily.ASSOCIATIONS)


def _link_routes(root: str) -> Iterator[Route]:
    one = f"{root}/{{objectType}}/{{objectId}}/associations"
    family = LimitFamily.ASSOCIATIONS
    yield Route("GET", f"{one}/{{toObjectType}}", associations.read_one, limit_family=family)
    yield Route(
        "PUT",
        f"{one}/default/{{toObjectType}}/{{toObjectId}}",
        associations.create_one_default,
        limit_family=family,
        writes=True,
    )
    pair = f"{one}/{{toObjectType}}/{{toObjectId}}"
    yield Route("PUT", pair, associations.create_one, limit_family=family, writes=True)
    yield Route("DELETE", pair, associations.archive_one, limit_family=family, writes=True)


def _property_routes(root: str) -> Iterator[Route]:
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
        yield Route(method, f"{base}{path}", handler, area="schemas", writes=writes)


def _account_routes(owners: str, pipeline_root: str, limits: str) -> Iterator[Route]:
    yield Route("GET", owners, account.list_owners, area="owners")
    yield Route("GET", f"{owners}/{{ownerId}}", account.read_owner, area="owners")
    kind = f"{pipeline_root}/{{objectType}}"
    one = f"{kind}/{{pipelineId}}"
    yield Route("GET", kind, pipelines.list_pipelines, area="schemas")
    yield Route("POST", kind, pipelines.create_pipeline, area="schemas", writes=True)
    yield Route("GET", one, pipelines.read_pipeline, area="schemas")
    yield Route("GET", f"{one}/stages", pipelines.list_stages, area="schemas")
    yield Route("GET", f"{one}/stages/{{stageId}}", pipelines.read_stage, area="schemas")
    yield Route("GET", f"{limits}/records", account.record_limits, area="account")
    yield Route("GET", f"{limits}/custom-properties", account.property_limits, area="account")


async def _error_response(_: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    message = "resource not found" if status == 404 else str(problem)  # noqa: PLR2004  # the status that HubSpot words itself
    return JSONResponse({"status": "error", "message": message}, status_code=status)
