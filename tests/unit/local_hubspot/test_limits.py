"""Rate limits by plan, their headers and their bodies."""

import pytest
from unit.local_hubspot.conftest import Clock, HubSpot

CONTACTS = "/crm/v3/objects/contacts"
LABELS = "/crm/v4/associations/contacts/companies/labels"


def statuses(hubspot: HubSpot, count: int, path: str = CONTACTS) -> list[int]:
    return [hubspot.http.get(path).status_code for _ in range(count)]


def headers(hubspot: HubSpot, path: str = CONTACTS) -> dict[str, str]:
    found = hubspot.http.get(path).headers
    start = "x-hubspot-ratelimit-"
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}


@pytest.mark.parametrize(
    ("plan", "burst", "daily"),
    [
        ("free", "100", "250000"),
        ("starter", "100", "250000"),
        ("professional", "190", "625000"),
        ("enterprise", "190", "1000000"),
    ],
)
def test_a_plan_shows_in_the_headers(hubspot: HubSpot, plan: str, burst: str, daily: str) -> None:
    hubspot.set(plan=plan)

    found = headers(hubspot)

    assert (found["max"], found["daily"], found["interval-milliseconds"]) == (burst, daily, "10000")
    assert (found["remaining"], found["daily-remaining"]) == (str(int(burst) - 1), str(int(daily) - 1))


def test_the_unlimited_plan_sends_headers_and_never_throttles(hubspot: HubSpot) -> None:
    assert set(statuses(hubspot, 300)) == {200}
    assert headers(hubspot)["remaining"] == "9999"


def test_the_burst_limit_rolls_over_ten_seconds(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(callsPerTenSeconds=4)
    assert statuses(hubspot, 2) == [200, 200]
    clock.advance(6)
    assert statuses(hubspot, 3) == [200, 200, 429]
    clock.advance(4)
    assert statuses(hubspot, 3) == [200, 200, 429]

    body = hubspot.get(CONTACTS, 429)
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert "category" not in body


def test_each_token_has_its_own_burst(hubspot: HubSpot) -> None:
    hubspot.set(callsPerTenSeconds=1)

    assert statuses(hubspot, 2) == [200, 429]
    assert hubspot.http.get(CONTACTS, headers={"Authorization": "Bearer other"}).status_code == 200


def test_a_retry_after_is_sent_only_when_set(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(callsPerTenSeconds=1)
    statuses(hubspot, 1)
    clock.advance(2.5)
    assert "retry-after" not in hubspot.http.get(CONTACTS).headers

    hubspot.set(retryAfter=True)

    assert hubspot.http.get(CONTACTS).headers["retry-after"] == "8"


def test_searches_have_a_limit_by_the_second_and_no_headers(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(plan="enterprise")
    answers = [hubspot.http.post(f"{CONTACTS}/search", json={}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["policyName"] == "SECONDLY"
    assert not [name for name in answers[0].headers if "ratelimit" in name]
    clock.advance(1)
    assert hubspot.http.post(f"{CONTACTS}/search", json={}).status_code == 200


def test_associations_have_a_burst_of_their_own(hubspot: HubSpot) -> None:
    hubspot.set(plan="professional", associationCallsPerTenSeconds=1)

    assert statuses(hubspot, 2, LABELS) == [200, 429]
    assert statuses(hubspot, 1) == [200]


def test_associations_have_a_day_of_their_own(hubspot: HubSpot) -> None:
    hubspot.set(associationCallsPerDay=1)

    assert statuses(hubspot, 2, LABELS) == [200, 429]
    assert hubspot.get(LABELS, 429)["policyName"] == "DAILY"
    assert statuses(hubspot, 1) == [200]


def test_association_calls_show_their_own_limit_or_the_general_one(hubspot: HubSpot) -> None:
    hubspot.set(plan="professional")
    statuses(hubspot, 3)
    assert (headers(hubspot, LABELS)["max"], headers(hubspot, LABELS)["remaining"]) == ("150", "148")

    hubspot.set(associationHeadersShowGeneralLimit=True)

    assert (headers(hubspot, LABELS)["max"], headers(hubspot, LABELS)["remaining"]) == ("190", "187")


def test_the_daily_limit_holds_until_midnight_of_the_accounts_time_zone(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(callsPerDay=2)
    assert statuses(hubspot, 3) == [200, 200, 429]
    body = hubspot.get(CONTACTS, 429)
    assert body["policyName"] == "DAILY"
    assert body["requestId"]

    clock.advance(19 * 3600)
    assert statuses(hubspot, 1) == [429]
    clock.advance(3600)
    assert statuses(hubspot, 1) == [200]


def test_a_throttled_call_writes_nothing(hubspot: HubSpot) -> None:
    hubspot.set(callsPerTenSeconds=1)
    statuses(hubspot, 1)

    hubspot.post(CONTACTS, {"properties": {"email": "a@one.example"}}, 429)

    assert hubspot.count("contacts") == 0
