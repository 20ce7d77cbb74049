from typing import Any

import pytest

from simcrm.hubspot.errors import (
    PortalAccessError,
    PortalError,
    PortalUnavailableError,
    RequestRejectedError,
    error_from_response,
)

MISSING = {"requiredGranularScopes": ["crm.objects.deals.write", "crm.objects.contacts.write"]}


def error_for(status: int, retry_after: float | None = None, **body: Any) -> PortalError:
    return error_from_response(status, {"status": "error", "message": "because", **body}, retry_after)


@pytest.mark.parametrize("status", [401, 403, 477])
def test_what_no_retry_mends_stops_the_run_and_says_what_to_do(status: int) -> None:
    error = error_for(status)

    assert isinstance(error, PortalAccessError)
    assert error.code == "PORTAL_REFUSED"
    assert "resume the simulation" in str(error)


def test_a_bad_token_is_named_by_its_field_of_the_secret() -> None:
    assert "hubspotToken" in str(error_for(401))


@pytest.mark.parametrize("body", [{"context": MISSING}, {"errors": [{"context": MISSING}, {}]}])
def test_missing_scopes_are_named_wherever_hubspot_lists_them(body: dict[str, Any]) -> None:
    assert "grant crm.objects.contacts.write, crm.objects.deals.write and" in str(error_for(403, **body))


@pytest.mark.parametrize("category", [None, "MISSING_SCOPES", "BANNED"])
def test_a_403_that_names_no_scope_is_told_in_hubspots_words_and_not_called_a_missing_scope(
    category: str | None,
) -> None:
    said = str(error_for(403, category=category, message="The portal is suspended."))

    assert f"({category or 403}: The portal is suspended)" in said
    assert "lacks a scope" not in said


def test_the_daily_limit_stops_the_run() -> None:
    error = error_for(429, policyName="DAILY")

    assert isinstance(error, PortalAccessError)
    assert "midnight" in str(error)


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY", None])
def test_other_limits_are_a_busy_portal(policy: str | None) -> None:
    error = error_for(429, 7.0, policyName=policy)

    assert isinstance(error, PortalUnavailableError)
    assert error.retry_after == 7.0


def test_a_lock_lasts_two_seconds_unless_hubspot_says_otherwise() -> None:
    assert isinstance(unsaid := error_for(423), PortalUnavailableError)
    assert isinstance(said := error_for(423, 5.0), PortalUnavailableError)
    assert isinstance(at_once := error_for(423, 0.0), PortalUnavailableError)
    assert (unsaid.retry_after, said.retry_after, at_once.retry_after) == (2.0, 5.0, 0.0)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 526, 599])
def test_an_outage_is_a_busy_portal_that_does_not_say_for_how_long(status: int) -> None:
    error = error_for(status)

    assert isinstance(error, PortalUnavailableError)
    assert error.retry_after is None
    assert str(error) == f"HubSpot answered {status}: because"


@pytest.mark.parametrize(
    ("status", "category"), [(400, "VALIDATION_ERROR"), (404, "OBJECT_NOT_FOUND"), (409, "CONFLICT"), (414, None)]
)
def test_refused_content_keeps_status_category_and_hubspots_words(status: int, category: str | None) -> None:
    error = error_for(status, category=category)

    assert isinstance(error, RequestRejectedError)
    assert (error.status, error.category) == (status, category or "UNKNOWN")
    assert str(error) == f"HubSpot answered {status} {category or 'UNKNOWN'}: because"


@pytest.mark.parametrize("body", [None, [], "text", {}, {"message": None}])
def test_a_body_of_any_shape_is_an_error_without_a_message(body: Any) -> None:
    assert str(error_from_response(400, body, None)) == "HubSpot answered 400 UNKNOWN: no message"
