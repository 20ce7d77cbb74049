"""What is written about an account: deals, notes, calls, meetings, e-mails, tasks and tickets."""

import json
import re
from calendar import month_name
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from statistics import mean

import pytest
from unit.synthetic.conftest import Activity, MakeRun, Run

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import Channel, Purpose, Scene, SceneOutcome, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.activity_properties import BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER
from simcrm.synthetic.email_properties import to_html

SENTENCES = {
    ObjectType.NOTES: "hs_note_body",
    ObjectType.CALLS: "hs_call_body",
    ObjectType.MEETINGS: "hs_internal_meeting_notes",
    ObjectType.EMAILS: "hs_email_text",
    ObjectType.TASKS: "hs_task_body",
    ObjectType.TICKETS: "content",
    ObjectType.DEALS: "simcrm_sales_notes",
}
PROPERTIES = {
    ObjectType.NOTES: {"hs_timestamp", "hs_note_body"},
    ObjectType.CALLS: {
        "hs_timestamp", "hs_call_title", "hs_call_body", "hs_call_duration", "hs_call_direction", "hs_call_status",
        "hs_call_disposition",
    },
    ObjectType.MEETINGS: {
        "hs_timestamp", "hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes", "hs_meeting_start_time",
        "hs_meeting_end_time", "hs_meeting_outcome",
    },
    ObjectType.EMAILS: {
        "hs_timestamp", "hs_email_direction", "hs_email_status", "hs_email_subject", "hs_email_text", "hs_email_html",
        "hs_email_headers",
    },
    ObjectType.TASKS: {
        "hs_timestamp", "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type",
    },
    ObjectType.TICKETS: {
        "subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority",
        "source_type", "createdate", "closed_date", "hs_resolution", "simcrm_generation_metadata",
        "simcrm_simulated_at",
    },
    ObjectType.DEALS: {
        "dealname", "amount", "dealstage", "closedate", "createdate", "dealtype", "hs_priority", "hs_next_step",
        "hs_manual_forecast_category", "simcrm_product_interest", "simcrm_sales_notes", "closed_won_reason",
        "closed_lost_reason", "simcrm_generation_metadata",
    },
    ObjectType.LINE_ITEMS: {
        "name", "quantity", "price", "hs_line_item_currency_code", "recurringbillingfrequency",
    },
}  # fmt: skip
COMMON = re.compile(
    r"\b(the|to|a|on|for|of|is|in|with|and|they|their|by|no|not|at|about|from|until|after)\b", re.IGNORECASE
)
WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
NAMED_DATE = re.compile(rf"\b({WEEKDAYS}), ({'|'.join(month_name[1:])}) (\d+)\b")


@pytest.fixture(scope="module", params=[("B2B", 600), ("B2C", 300)], ids=["B2B", "B2C"])
def written(request: pytest.FixtureRequest, run: MakeRun) -> Run:
    scenario, contacts = request.param
    return run(contacts, scenario=scenario)


def own_words(item: Activity) -> str:
    """What an activity says itself, without what an answer quotes."""
    return re.split(r"\n\nOn .* wrote:\n> ", item.properties[SENTENCES[item.event.object_type]])[0]


def touch(item: Activity) -> Touch:
    assert item.event.touch is not None
    return item.history.story.touches[item.event.touch]


def scene(item: Activity) -> Scene:
    return item.history.story.scenes[touch(item).scene]


def told(run: Run) -> list[Activity]:
    return [item for kind in SENTENCES for item in run.of_type(kind)]


@pytest.mark.parametrize("kind", SENTENCES)
def test_texts_seldom_repeat(written: Run, kind: ObjectType) -> None:
    texts = [own_words(item) for item in written.of_type(kind)]

    assert len(set(texts)) >= 0.98 * len(texts)


def test_texts_are_sentences(written: Run) -> None:
    texts = [own_words(item) for item in told(written)]

    for text in texts:
        assert text[0].isupper() or not text[0].isalpha()
        assert not re.search(r"[{}\[\]|]|  | [.,;]|\.\.|[.!?] [a-z]", text), text
    assert sum(bool(COMMON.search(text)) for text in texts) >= 0.9 * len(texts)


def test_a_note_takes_two_or_three_sentences(written: Run) -> None:
    lengths = [len(re.findall(r"[.!?](?= |$)", own_words(item))) for item in written.of_type(ObjectType.NOTES)]

    assert 2 <= mean(lengths) <= 3.5
    assert sum(1 <= length <= 4 for length in lengths) >= 0.95 * len(lengths)


def test_activities_tell_the_story_of_their_account(written: Run) -> None:
    """Texts speak of the account's own people, and of what was drawn for it: the product, the pain, the doubt."""
    texts: dict[int, str] = {}
    for item in told(written):
        number = item.history.facts.number
        texts[number] = f"{texts.get(number, '')} {own_words(item)}".lower()
    for number, text in texts.items():
        people = [contact.person for contact in written.histories.history(number).facts.contacts]
        assert any(name.lower() in text for person in people for name in (person.first, person.last))

    mentions = []
    for number in {item.history.facts.number for item in written.of_type(ObjectType.DEALS)}:
        subject = written.histories.history(number).facts.subject
        assert subject.offer.product.lower() in texts[number]
        about = (subject.pain, subject.gain, subject.objection, subject.trigger, subject.incumbent)
        mentions.append(sum(fact.lower() in texts[number] for fact in about))
    assert mean(mentions) >= (2 if written.histories.generator.pack.is_consumer else 4)


def test_a_deal_is_named_after_its_customer_and_carries_its_state(written: Run) -> None:
    stages = {DealOutcome.WON: {DEFAULT_PIPELINE.won}, DealOutcome.LOST: {DEFAULT_PIPELINE.lost}}
    outcomes = Counter[DealOutcome]()
    for item in written.of_type(ObjectType.DEALS):
        deal, state = item.properties, item.event.deal
        assert state is not None
        assert item.contact.company.short_name in deal["dealname"] or item.contact.person.last in deal["dealname"]
        assert deal["dealstage"] in stages.get(state.outcome, set(DEFAULT_PIPELINE.open))
        assert deal["createdate"] == to_iso_utc(state.opened_at)
        assert deal["closedate"] == to_iso_utc(state.closes_at)
        assert json.loads(deal["simcrm_product_interest"])[0] == item.contact.subject.offer.product
        assert ("closed_won_reason" in deal) == (state.outcome is DealOutcome.WON)
        assert ("closed_lost_reason" in deal) == (state.outcome is DealOutcome.LOST)
        assert deal["simcrm_sales_notes"]
        outcomes[state.outcome] += 1

    assert min(outcomes[outcome] for outcome in DealOutcome) > 5


def test_the_lines_of_a_deal_add_up_to_its_amount(written: Run) -> None:
    totals = Counter[tuple[int, int]]()
    for item in written.of_type(ObjectType.LINE_ITEMS):
        assert item.event.deal is not None
        line = item.properties
        totals[item.history.facts.number, item.event.deal.number] += round(
            100 * int(line["quantity"]) * float(line["price"])
        )
    deals = written.of_type(ObjectType.DEALS)

    assert deals
    for item in deals:
        key = item.history.facts.number, item.event.ordinal
        assert totals[key] == round(100 * float(item.properties["amount"]))


def test_a_call_that_reached_nobody_is_short(written: Run) -> None:
    ends = Counter[str]()
    for item in written.of_type(ObjectType.CALLS):
        call, minutes = item.properties, scene(item).minutes
        seconds, disposition = int(call["hs_call_duration"]) / 1000, call["hs_call_disposition"]
        assert (disposition == CONNECTED) == (scene(item).outcome is SceneOutcome.DONE)
        assert 60 * minutes <= seconds < 60 * minutes + 60
        assert (seconds > 60) == (disposition == CONNECTED)
        assert call["hs_call_status"] in {"COMPLETED", "NO_ANSWER", "BUSY"}
        assert call["hs_call_direction"] in {"INBOUND", "OUTBOUND"}
        ends[disposition] += 1

    assert set(ends) <= {CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, BUSY}
    assert ends[CONNECTED] > 0.5 * ends.total()


def test_choices_are_options_of_the_portal(written: Run) -> None:
    def values(kind: ObjectType, name: str) -> set[str]:
        return {item.properties[name] for item in written.of_type(kind) if name in item.properties}

    tasks, tickets, emails, meetings = ObjectType.TASKS, ObjectType.TICKETS, ObjectType.EMAILS, ObjectType.MEETINGS
    calls = set() if written.histories.generator.pack.is_consumer else {"CALL"}  # consumers agree on few calls
    assert {"EMAIL", "TODO"} | calls <= values(tasks, "hs_task_type") <= {"CALL", "EMAIL", "TODO"}
    assert values(tasks, "hs_task_status") == {"NOT_STARTED", "COMPLETED"}
    assert values(tasks, "hs_task_priority") <= {"NONE", "LOW", "MEDIUM", "HIGH"}
    categories = {"PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"}
    assert values(tickets, "hs_ticket_category") <= categories
    assert values(tickets, "hs_ticket_priority") <= {"LOW", "MEDIUM", "HIGH", "URGENT"}
    assert values(tickets, "hs_pipeline_stage") <= {"1", "2", "3", "4"}
    assert values(tickets, "source_type") <= {"EMAIL", "FORM", "PHONE", "CHAT"}
    assert values(emails, "hs_email_direction") == {"EMAIL", "INCOMING_EMAIL"}
    assert values(meetings, "hs_meeting_outcome") <= {"COMPLETED", "NO_SHOW"}
    deal = ObjectType.DEALS
    assert values(deal, "dealtype") <= {"newbusiness", "existingbusiness"}
    assert values(deal, "hs_priority") <= {"low", "medium", "high"}
    assert values(deal, "hs_manual_forecast_category") <= {"COMMIT", "BEST_CASE", "PIPELINE", "CLOSED", "OMIT"}


def test_the_properties_are_those_hubspot_takes(written: Run) -> None:
    optional = {
        ObjectType.TICKETS: {"closed_date", "hs_resolution"},
        ObjectType.DEALS: {"hs_next_step", "closed_won_reason", "closed_lost_reason"},
        ObjectType.LINE_ITEMS: {"recurringbillingfrequency"},
    }
    for item in written.activities:
        kind = item.event.object_type
        assert PROPERTIES[kind] - optional.get(kind, set()) <= item.properties.keys() <= PROPERTIES[kind]
        assert all(isinstance(value, str) and value for value in item.properties.values())


def test_a_ticket_that_was_answered_says_when(written: Run) -> None:
    for item in written.of_type(ObjectType.TICKETS):
        ticket = item.properties
        assert ticket["hs_pipeline"] == "0"
        assert (ticket["hs_pipeline_stage"] == "4") == ("closed_date" in ticket)
        assert ticket["createdate"] < ticket.get("closed_date", "3000")
        assert ticket["simcrm_simulated_at"] == ticket["createdate"] == to_iso_utc(item.event.at)


def test_a_meeting_takes_as_long_as_its_scene(written: Run) -> None:
    for item in written.of_type(ObjectType.MEETINGS):
        meeting = item.properties
        starts, ends = (datetime.fromisoformat(meeting[f"hs_meeting_{name}_time"]) for name in ("start", "end"))
        assert scene(item).channel is Channel.MEETING
        assert starts == scene(item).at
        assert ends - starts == timedelta(minutes=scene(item).minutes or 30)


def test_an_email_is_between_the_contact_and_the_seller(written: Run) -> None:
    for item in written.of_type(ObjectType.EMAILS):
        headers = json.loads(item.properties["hs_email_headers"])
        seller, incoming = item.history.writer.owner.email, touch(item).purpose is Purpose.INCOMING
        ends = (headers["from"]["email"], headers["to"][0]["email"])
        assert ends == ((item.contact.email, seller) if incoming else (seller, item.contact.email))
        assert incoming == (item.properties["hs_email_direction"] == "INCOMING_EMAIL")


def test_an_answer_repeats_the_subject_and_quotes_what_it_answers(written: Run) -> None:
    by_touch = {(item.history.facts.number, item.event.touch): item for item in written.of_type(ObjectType.EMAILS)}
    answers = 0
    for (number, _), item in by_touch.items():
        sent = by_touch.get((number, touch(item).answers))
        if touch(item).answers is None or sent is None:
            continue
        assert item.properties["hs_email_subject"] == f"Re: {sent.properties['hs_email_subject']}"
        quoted = [line.removeprefix("> ").removeprefix(">") for line in item.properties["hs_email_text"].split("\n")]
        assert "\n".join(quoted).endswith(sent.properties["hs_email_text"])
        answers += 1
    assert answers > 50


def test_the_html_of_an_email_is_its_text_escaped(written: Run) -> None:
    for item in written.of_type(ObjectType.EMAILS):
        html = item.properties["hs_email_html"]
        assert unescape(html.replace("<br>", "\n")) == item.properties["hs_email_text"]
    assert to_html("a < b &\nc") == "a &lt; b &amp;<br>c"


def test_days_named_in_texts_are_working_days_unless_a_consumer_decides(written: Run) -> None:
    spoken = Counter[str]()
    for item in told(written):
        spoken.update(re.findall(rf"\b(?:on|by|until|for) ({WEEKDAYS})\b", own_words(item)))

    assert spoken.total() > 100
    weekend = spoken["Saturday"] + spoken["Sunday"]
    assert weekend < 0.15 * spoken.total() if written.histories.generator.pack.is_consumer else weekend == 0


def test_a_named_date_is_the_day_it_is_said_to_be(written: Run) -> None:
    found = 0
    for item in told(written):
        for weekday, month, day in NAMED_DATE.findall(own_words(item)):
            years = (item.event.at.year - 1, item.event.at.year, item.event.at.year + 1)
            dates = [datetime.strptime(f"{month} {day} {year} +0000", "%B %d %Y %z").astimezone(UTC) for year in years]
            near = min(dates, key=lambda date: abs(date - item.event.at))
            assert near.strftime("%A") == weekday, own_words(item)
            found += 1
    assert found > 30


def test_nobody_asks_to_add_themselves(written: Run) -> None:
    for item in written.of_type(ObjectType.TICKETS):
        first = re.escape(item.contact.person.first)
        assert not re.search(rf"\b(adding|add) {first}\b", item.properties["subject"] + item.properties["content"])
