"""The console as an operator and a boss use it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser.conftest import Open
from browser.looking import opened_by, problems, take_picture
from builders import write_request
from integration.driving import Api, aws_client, wait_for
from playwright.sync_api import Browser, expect

from simcrm_embedded.local_portal import page_url
from simcrm_embedded.state import StackState


@pytest.fixture(scope="module")
def api(state: StackState) -> Api:
    return Api(state, state.operator_token)


@pytest.fixture(scope="module")
def told(api: Api) -> str:
    """A simulation that has ended, with words by the model."""
    document = api.run(totalRecords=30, seed="console", distributionMethod="BELL_CURVE")
    assert document["status"] == "SUCCEEDED"
    return str(document["simulationId"])


def verdict(api: Api, simulation: str) -> str:
    """What the thresholds say of a simulation's words: a slow machine lets calls to the model time out."""
    rate = float(api.get(f"/api/simulations/{simulation}/metrics").json()["aiGeneration"]["successRate"])
    return "good" if rate > 0.95 else "warn" if rate > 0.8 else "bad"


def test_a_wrong_token_is_refused_and_a_right_one_opens(
    open_console: Open, state: StackState, refusals: list[int]
) -> None:
    refusals += [401, 403]
    page = open_console()

    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert problems(page) == []
    page.get_by_label("Token").fill(state.operator_token)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Simulations")).to_be_visible()
    expect(page.locator("#health")).to_contain_text("Circuit breaker closed")
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_simulation_is_previewed_started_and_followed_to_its_end(
    open_console: Open, state: StackState, api: Api, refusals: list[int]
) -> None:
    refusals.append(400)
    page = open_console(state.operator_token, "start")
    preview = page.locator("#preview")
    expect(preview.locator(".tiles")).to_contain_text("200")
    take_picture(page, "start")

    page.get_by_label("Records", exact=True).fill("0")
    expect(page.locator("#f-totalRecords-problem")).not_to_be_empty()
    expect(page.get_by_label("Records", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Records", exact=True).fill("24")
    page.locator(".curve", has_text="Front loaded").click()
    page.get_by_label("Theme").fill("solar installers")
    page.get_by_label("Let it choose the times too").check()
    page.get_by_label("Language and country").select_option("several")
    page.get_by_label("de_DE").fill("3")
    page.get_by_label("fr_FR").fill("1")
    page.get_by_text("Change the scenario for this run").click()
    page.get_by_label("Win rate").fill("2")
    expect(page.locator("#f-scenarioParameters-winRate-problem")).not_to_be_empty()
    page.get_by_label("Win rate").fill("1")
    page.get_by_label("Calls per lead, least").fill("1")
    page.get_by_label("Calls per lead, most").fill("3")
    page.get_by_text("Limits").click()
    page.locator("#f-activities-caps-notes").fill("1")
    page.get_by_text("More options").click()
    page.get_by_label("Undeliverable addresses").check()
    page.get_by_label("Owners").fill("71000001, 71000002")
    expect(page.locator("#f-totalRecords-problem")).to_be_empty()
    expect(preview.locator(".tiles dd").first).to_have_text("24")
    assert problems(page) == []
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.locator(".badge", has_text="Succeeded")).to_be_visible()
    expect(page.locator(".tiles.wide > div", has_text="Contacts").locator("dd")).to_have_text("24")
    expect(page.locator(".part-rate svg")).to_have_attribute("aria-label", re.compile("Objects written"))
    expect(page.locator(".funnel li").first).to_contain_text("24")
    expect(page.locator("#percent")).to_have_text("100 %")
    expect(page.locator(".part-about")).to_contain_text("de_DE, fr_FR")
    simulation = page.url.rpartition("/")[2]
    expect(page.locator("#ai-rate")).to_have_class(f"rate is-{verdict(api, simulation)}")
    given = api.get(f"/api/simulations/{simulation}").json()["input"]
    assert (given["locales"], given["ai"]["smartScheduling"]) == ({"de_DE": 3, "fr_FR": 1}, True)
    assert given["scenarioParameters"] == {"winRate": 1, "callsPerLead": {"low": 1, "high": 3}}
    assert (given["undeliverable"], given["hubspot"]["ownerIds"]) == (True, ["71000001", "71000002"])
    assert given["activities"] == {"enabled": True, "caps": {"notes": 1}}


def test_a_simulation_leads_to_its_log_its_files_and_its_portal(
    open_console: Open, state: StackState, told: str
) -> None:
    page = open_console(state.operator_token)
    page.get_by_role("link", name=told).click()

    expect(page.locator(".part-records tbody tr")).to_have_count(6)
    expect(page.locator(".log")).to_contain_text("SIMULATION_FINISHED")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the records as JSON lines").click()
    assert len(Path(download.value.path()).read_text().splitlines()) >= 60
    expect(page.get_by_role("link", name="Open the portal")).to_have_attribute(
        "href", f"{state.hubspot_url}/#/contacts"
    )
    take_picture(page, "simulation", height=980)


def test_a_record_is_opened_in_the_portal(open_console: Open, state: StackState, told: str) -> None:
    page = open_console(state.operator_token, f"simulation/{told}")
    page.context.new_page().goto(page_url(state.hubspot_url, state.control_secret))  # as `simcrm up` prints it
    rows = page.locator(".part-records tbody tr")
    with_deal = rows.filter(has=page.locator(".amount")).first
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(12)
    name = with_deal.locator(".record").inner_text().partition("(opens")[0].strip()

    record = opened_by(with_deal.locator(".record"))
    expect(record.get_by_role("heading", name=name)).to_be_visible()
    expect(record.locator(".timeline")).to_contain_text("Note")
    expect(record.locator(".linked")).to_contain_text(with_deal.locator("td").first.inner_text())

    deal = opened_by(with_deal.locator(".amount"))
    expect(deal.locator(".identity")).to_contain_text("Record ID")
    expect(deal.locator(".linked")).to_contain_text(name)


def test_what_a_dry_run_has_made_is_shown_and_leads_nowhere(open_console: Open, state: StackState, api: Api) -> None:
    simulation = api.run(totalRecords=2, dryRun=True, ai={"enabled": False})["simulationId"]

    page = open_console(state.operator_token, f"simulation/{simulation}")

    expect(page.locator(".part-records tbody tr")).to_have_count(2)
    expect(page.locator(".part-records tbody a")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)])
def test_everybody_can_use_every_view(
    open_console: Open, state: StackState, told: str, scheme: str, width: int
) -> None:
    page = open_console(state.boss_token, "", width, scheme)
    views = {
        "": ".rows table",
        f"simulation/{told}": ".part-records tbody",
        "start": "#preview .facts",
        "schedules": ".empty",
        "events": ".log",
        "letters": ".empty, .tiles",
        "settings": ".editor",
        "settings/prompts": ".editor",
        "settings/scenarios": ".editor",
    }
    for view, sign in views.items():
        page.goto(f"{state.api_url}/console#/{view}")
        expect(page.locator(sign).first).to_be_visible()
        assert (view, problems(page)) == (view, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if (view, width, scheme) == ("", 1280, "dark"):
            take_picture(page, f"list-{scheme}")


def test_the_ai_panel_turns_red_and_warns_when_the_model_fails(
    open_console: Open, state: StackState, api: Api, failing_model: None
) -> None:
    assert failing_model is None
    simulation = api.run(totalRecords=5, activities={"enabled": False})["simulationId"]

    page = open_console(state.operator_token, f"simulation/{simulation}")

    expect(page.locator("#ai-rate")).to_have_class(re.compile("is-bad"))
    expect(page.locator("#ai-rate")).to_contain_text("Poor")
    expect(page.locator(".tiles .is-warn", has_text="Fallback")).to_contain_text("5")
    expect(page.locator(".tiles .is-warn", has_text="Last error")).to_contain_text("model_error")
    assert problems(page) == []


def test_a_run_is_aborted_after_a_question(open_console: Open, state: StackState, api: Api) -> None:
    begin = datetime.now(UTC) + timedelta(hours=1)
    span = {"startTime": begin.isoformat(), "endTime": (begin + timedelta(days=1)).isoformat()}
    simulation = api.start(totalRecords=5, timeScale=1, **span)
    page = open_console(state.operator_token, f"simulation/{simulation}")

    page.get_by_role("button", name="Abort").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is written from then on")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Abort").click()
    page.get_by_role("dialog").get_by_role("button", name="Abort").click()

    expect(page.locator(".badge", has_text="Aborted")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)


def test_a_letter_is_sent_again_after_a_dry_run(open_console: Open, state: StackState, told: str) -> None:
    queue = aws_client(state, "sqs")
    body = write_request(simulationId=told, batch=0, source="records/000000.jsonl", step="contacts")
    queue.send_message(QueueUrl=state.outputs["DeadLetterQueueUrl"], MessageBody=body)
    boss = Api(state, state.boss_token)
    wait_for(lambda: bool(boss.get("/api/boss/dlq").json()["total"]))
    page = open_console(state.boss_token, "letters")

    expect(page.locator("#letters")).to_have_text("1")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("dialog").locator(".facts")).to_contain_text("1")
    page.get_by_role("button", name="Send again").click()

    expect(page.locator(".empty")).to_contain_text("No dead letters")


def test_a_simulation_is_taken_back_after_a_dry_run(open_console: Open, state: StackState, api: Api) -> None:
    simulation = api.run(totalRecords=3, activities={"enabled": False}, ai={"enabled": False})["simulationId"]
    page = open_console(state.operator_token, f"simulation/{simulation}")

    page.get_by_role("button", name="Clean up").click()
    expect(page.get_by_role("dialog")).to_contain_text("A dry run found 4 objects")
    page.get_by_role("button", name="Archive in HubSpot").click()

    expect(page.locator("#cleanup")).to_contain_text("Cleaned up 4 objects")
    expect(page.get_by_role("button", name="Clean up")).to_have_count(0)
    expect(page.locator(".part-records tbody tr")).to_have_count(3)
    expect(page.locator(".part-records tbody a")).to_have_count(0)


def test_the_form_knows_runs_of_the_past_and_runs_that_live(
    open_console: Open, state: StackState, refusals: list[int]
) -> None:
    refusals.append(400)
    page = open_console(state.operator_token, "start")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Backfill")
    expect(preview).not_to_contain_text("Ends about")
    expect(page.locator("#f-timeScale")).to_be_hidden()

    page.locator("#f-mode").select_option("LIVE")
    expect(page.locator("#f-startTime")).to_have_value("")
    expect(preview).to_contain_text("Live")
    expect(preview).to_contain_text("Ends about")
    expect(page.get_by_role("button", name="Next day")).to_be_visible()
    expect(page.get_by_role("button", name="Last year")).to_be_hidden()

    page.locator("#f-endTime").fill("2026-01-01T00:00")
    expect(page.locator("#f-endTime-problem")).to_contain_text("mode BACKFILL")


def test_a_schedule_is_added_and_removed(open_console: Open, state: StackState) -> None:
    page = open_console(state.operator_token, "schedules")
    page.get_by_label("Name").fill("nightly")
    page.get_by_label("When").fill("cron(0 3 * * ? *)")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.locator("tbody")).to_contain_text("nightly")
    expect(page.locator("tbody")).to_contain_text("live")
    expect(page.locator("#added")).to_contain_text(
        re.compile(r"nightly first fires at .+ Each run lives for about \d+ d")
    )
    page.get_by_role("button", name="Remove the schedule nightly").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".empty")).to_contain_text("No schedules")


def test_the_keyboard_alone_is_enough_to_reach_the_content(open_console: Open, state: StackState) -> None:
    page = open_console(state.operator_token)
    expect(page.get_by_role("link", name="Start a simulation").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_a_run_that_asked_for_no_model_is_not_called_poor(open_console: Open, state: StackState, api: Api) -> None:
    simulation = api.run(totalRecords=2, activities={"enabled": False}, ai={"enabled": False})["simulationId"]

    page = open_console(state.operator_token, f"simulation/{simulation}")

    expect(page.locator("#ai-rate")).to_contain_text("Not used")
    expect(page.locator(".part-ai .is-warn")).to_have_count(0)


def test_a_refusal_of_the_gateway_can_neither_load_nor_be_framed(browser: Browser, state: StackState) -> None:
    """A page of another origin would not even be answered, so the frame is tried from the console's own."""
    page, input_error, empty = browser.new_page(), f"{state.api_url}/api/no-such-route", f"{state.api_url}/empty"
    picture = "document.body.append(Object.assign(new Image(), { src: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' }))"

    with page.expect_console_message(lambda message: 'directive: "frame-ancestors' in message.text):
        page.route(
            empty, lambda route: route.fulfill(body=f'<iframe src="{input_error}"></iframe>', content_type="text/html")
        )
        page.goto(empty)
    page.goto(input_error)
    with page.expect_console_message(lambda message: 'directive: "default-src' in message.text):
        page.evaluate(picture)

    page.close()
