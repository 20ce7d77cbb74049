"""Error bodies, whole, as public sources show HubSpot's."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

CONTACTS = "/crm/v3/objects/contacts"
SCOPES = "https://developers.hubspot.com/scopes"
NAMES = {
    "TEN_SECONDLY_ROLLING": "ten_secondly_rolling",
    "SECONDLY": "secondly",
    "DAILY": "daily",
}


def refusal(hubspot: HubSpot, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Post and return status and body, without the correlation id that every whole refusal has."""
    status, answer = hubspot.call("POST", path, body)
    assert len(answer.pop("correlationId")) == 36
    return status, answer


def invalid(code: str, name: str, message: str) -> dict[str, Any]:
    escaped = message.replace('"', '\\"')
    listed = f'[{{"isValid":false,"message":"{escaped}","error":"{code}","name":"{name}"}}]'
    return {
        "status": "error",
        "message": f"Property values were not valid: {listed}",
        "errors": [{"message": message, "code": code, "context": {"propertyName": [name]}}],
        "category": "VALIDATION_ERROR",
    }


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        (
            "contacts",
            {"email": "nobody@@example"},
            invalid("INVALID_EMAIL", "email", "Email address nobody@@example is invalid"),
        ),
        (
            "contacts",
            {"firstname": "A", "hs_unique_creation_key": "1"},
            invalid(
                "READ_ONLY_VALUE",
                "hs_unique_creation_key",
                '"hs_unique_creation_key" is a read only property; its value cannot be set.',
            ),
        ),
        (
            "companies",
            {"name": "A", "type": "CUSTOMER"},
            invalid(
                "INVALID_OPTION",
                "type",
                "CUSTOMER was not one of the allowed options: [PROSPECT, PARTNER, RESELLER, VENDOR, OTHER]",
            ),
        ),
        (
            "deals",
            {"dealname": "D", "dealstage": "closedwon", "createdate": "2019-05-13T12:05:53.602759Z"},
            invalid("INVALID_LONG", "createdate", "2019-05-13T12:05:53.602759Z was not a valid long."),
        ),
        (
            "companies",
            {"name": "A", "annualrevenue": "1.000,00"},
            invalid("INVALID_INTEGER", "annualrevenue", "1.000,00 was not a valid number."),
        ),
        (
            "tickets",
            {"subject": "S"},
            {
                "status": "error",
                "message": "Error creating TICKET. Some required properties were not set.",
                "context": {"properties": ["[hs_pipeline_stage]"]},
                "category": "VALIDATION_ERROR",
            },
        ),
    ],
)
def test_a_refused_record(hubspot: HubSpot, kind: str, properties: dict[str, str], expected: dict[str, Any]) -> None:
    assert refusal(hubspot, f"/crm/v3/objects/{kind}", {"properties": properties}) == (400, expected)


def test_a_batch_with_unknown_properties_lists_them_all(hubspot: HubSpot) -> None:
    inputs = [{"properties": {"first": "x"}}, {"properties": {"last": "y"}}]

    status, body = refusal(hubspot, f"{CONTACTS}/batch/create", {"inputs": inputs})

    assert status == 400
    assert body["message"] == (
        "Property values were not valid: "
        '[{"isValid":false,"message":"Property \\"first\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"first"},'
        '{"isValid":false,"message":"Property \\"last\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"last"}]'
    )
    assert [error["message"] for error in body["errors"]] == [
        'Property "first" does not exist',
        'Property "last" does not exist',
    ]


def test_an_entry_of_a_207_has_no_correlation_id_and_names_the_portal(hubspot: HubSpot) -> None:
    inputs = [{"properties": {"missing": "x"}, "objectWriteTraceId": "549b1c2a9351"}]

    body = hubspot.post("/crm/v3/objects/tickets/batch/create", {"inputs": inputs}, 207)

    assert body["errors"] == [
        {
            "status": "error",
            "category": "VALIDATION_ERROR",
            "message": 'Property values were not valid: [{"isValid":false,'
            '"message":"Property \\"missing\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"missing",'
            '"localizedErrorMessage":"Property \\"missing\\" does not exist","portalId":90210001}]',
            "context": {"objectWriteTraceId": ["549b1c2a9351"]},
        }
    ]
    assert set(body) == {"status", "results", "numErrors", "errors", "startedAt", "completedAt"}


def test_an_update_of_unknown_ids(hubspot: HubSpot) -> None:
    inputs: list[Any] = [{"id": each, "properties": {}} for each in ("unknown1", "unknown2")]

    body = hubspot.post(f"{CONTACTS}/batch/update", {"inputs": inputs}, 207)

    assert body["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects, they may be deleted or not exist. "
            "Check that ids are valid.",
            "context": {"ids": ["unknown1", "unknown2"]},
        }
    ]


def test_an_upsert_by_a_property_that_is_not_unique(hubspot: HubSpot) -> None:
    inputs = [{"id": "1", "idProperty": "hs_object_id", "properties": {}}]

    assert refusal(hubspot, "/crm/v3/objects/companies/batch/upsert", {"inputs": inputs}) == (
        400,
        {
            "status": "error",
            "message": "Unable to perform update/upsert by non-unique 0-2 property hs_object_id in portal ID 90210001",
            "category": "VALIDATION_ERROR",
        },
    )


def test_a_wrong_token(hubspot: HubSpot) -> None:
    body = hubspot.http.get(CONTACTS, headers={"Authorization": "Basic x"}).json()

    assert len(body.pop("correlationId")) == 36
    assert body == {
        "status": "error",
        "message": "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "category": "INVALID_AUTHENTICATION",
    }


def test_a_missing_scope(limited: HubSpot) -> None:
    assert refusal(limited, f"{CONTACTS}/batch/create", {}) == (
        403,
        {
            "status": "error",
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": ["crm.objects.contacts.write"], "links": [SCOPES]},
            "category": "MISSING_SCOPES",
        },
    )


@pytest.mark.parametrize("policy", list(NAMES))
def test_a_throttled_call_has_an_error_type_and_no_category(hubspot: HubSpot, policy: str) -> None:
    hubspot.fault(kind="rate_limit", policy=policy)

    status, body = refusal(hubspot, CONTACTS, {})

    extra = {"groupName"} if policy == "TEN_SECONDLY_ROLLING" else {"requestId"} if policy == "DAILY" else set()
    assert status == 429
    assert set(body) == {"status", "message", "errorType", "policyName"} | extra
    assert body["message"] == f"You have reached your {NAMES[policy]} limit."
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", policy)
