"""What is written about a lead: deals, notes, calls, tasks and tickets."""

import json
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean, median, stdev

import pytest
from unit.synthetic.conftest import ARRIVAL, MakeEvent, MakeRun

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleTrigger
from simcrm.synthetic import SyntheticGenerator
from simcrm.synthetic.activity_properties import CONNECTED

COUNT = 1_000
BODIES = {
    ObjectType.NOTES: "hs_note_body",
    ObjectType.CALLS: "hs_call_body",
    ObjectType.TASKS: "hs_task_body",
    ObjectType.TICKETS: "content",
}
MOMENTS = [
    (ObjectType.NOTES, LifecycleTrigger.CREATED),
    (ObjectType.NOTES, LifecycleTrigger.QUALIFIED),
    (ObjectType.NOTES, LifecycleTrigger.REGRESSED),
    (ObjectType.NOTES, LifecycleTrigger.OPPORTUNITY),
    (ObjectType.NOTES, LifecycleTrigger.WON),
    (ObjectType.NOTES, LifecycleTrigger.LOST),
    (ObjectType.NOTES, LifecycleTrigger.SUPPORT),
    (ObjectType.CALLS, LifecycleTrigger.QUALIFIED),
    (ObjectType.TASKS, LifecycleTrigger.QUALIFIED),
    (ObjectType.TICKETS, LifecycleTrigger.SUPPORT),
    (ObjectType.TICKETS, LifecycleTrigger.LOST),
]
COMMON = re.compile(
    r"\b(the|to|a|on|for|of|is|in|with|and|they|their|by|no|not|at|about|from|until|after)\b", re.IGNORECASE
)


@pytest.fixture(scope="module", params=["B2B", "B2C"])
def generator(request: pytest.FixtureRequest, run: MakeRun) -> SyntheticGenerator:
    return run(10, scenario=request.param)[0]


@pytest.mark.parametrize(("object_type", "moment"), MOMENTS)
def test_texts_seldom_repeat(
    generator: SyntheticGenerator, event: MakeEvent, object_type: ObjectType, moment: LifecycleTrigger
) -> None:
    made = event(object_type, moment)
    texts = [generator.activity(index, made)[BODIES[object_type]] for index in range(COUNT)]

    assert len(set(texts)) >= 0.98 * COUNT


@pytest.mark.parametrize(("object_type", "moment"), MOMENTS)
def test_texts_are_sentences(
    generator: SyntheticGenerator, event: MakeEvent, object_type: ObjectType, moment: LifecycleTrigger
) -> None:
    texts = [generator.activity(index, event(object_type, moment))[BODIES[object_type]] for index in range(COUNT)]

    for text in texts:
        assert text[0].isupper() or not text[0].isalpha()
        assert not re.search(r"[{}\[\]|]|  | [.,;]|\.\.|[.!?] [a-z]", text), text
    assert sum(bool(COMMON.search(text)) for text in texts) >= 0.9 * COUNT


def test_a_note_takes_two_or_three_sentences(generator: SyntheticGenerator, event: MakeEvent) -> None:
    notes = [
        generator.activity(index, event(ObjectType.NOTES, LifecycleTrigger.CREATED))["hs_note_body"]
        for index in range(COUNT)
    ]
    lengths = [len(re.findall(r"[.!?](?= |$)", note)) for note in notes]

    assert 2 <= mean(lengths) <= 3.5
    assert sum(2 <= length <= 4 for length in lengths) >= 0.95 * COUNT


def test_two_notes_of_one_moment_are_two_texts(generator: SyntheticGenerator, event: MakeEvent) -> None:
    first, second = (event(ObjectType.NOTES, LifecycleTrigger.OPPORTUNITY, ordinal=number) for number in (0, 1))

    assert sum(generator.activity(index, first) != generator.activity(index, second) for index in range(300)) >= 290


def test_activities_tell_the_story_of_their_record(generator: SyntheticGenerator, event: MakeEvent) -> None:
    """A lead's texts speak of its own person and of the product, pain or doubt that were drawn for it."""
    mentions = []
    for index in range(200):
        facts = generator.facts(index)
        story = facts.story
        told = " ".join(
            generator.activity(index, event(object_type, moment))[BODIES[object_type]]
            for object_type, moment in MOMENTS
        )
        assert facts.person.first in told
        about = (story.offer.product, story.pain, story.gain, story.issue, story.objection, story.trigger)
        mentions.append(sum(fact.lower() in told.lower() for fact in about))
    assert min(mentions) >= 2
    assert mean(mentions) >= 4


def test_a_deal_is_named_after_its_customer_and_carries_its_state(
    generator: SyntheticGenerator, event: MakeEvent
) -> None:
    for index in range(300):
        facts = generator.facts(index)
        deal = generator.activity(index, event(ObjectType.DEALS, LifecycleTrigger.OPPORTUNITY, DealOutcome.LOST))
        assert facts.company.short_name in deal["dealname"] or facts.person.last in deal["dealname"]
        assert deal["dealstage"] == "closedlost"
        assert deal["createdate"] == "2026-03-04T10:30:00.000Z"
        assert deal["closedate"] == "2026-04-18T10:30:00.000Z"
        assert json.loads(deal["simcrm_product_interest"])[0] == facts.story.offer.product
        assert "closed_lost_reason" in deal
        assert "closed_won_reason" not in deal


def test_an_open_deal_has_no_reason_yet(generator: SyntheticGenerator, event: MakeEvent) -> None:
    deal = generator.activity(0, event(ObjectType.DEALS, LifecycleTrigger.OPPORTUNITY))

    assert not {"closed_won_reason", "closed_lost_reason"} & deal.keys()
    assert deal["simcrm_sales_notes"]


def test_amounts_of_firms_are_log_normal_and_mostly_round(run: MakeRun, event: MakeEvent) -> None:
    generator, _ = run(10)
    amounts = [int(generator.activity(index, event(ObjectType.DEALS))["amount"]) for index in range(3 * COUNT)]
    logs = [math.log(amount) for amount in amounts]

    assert mean(logs) == pytest.approx(10.5, abs=0.1)
    assert stdev(logs) == pytest.approx(0.9, abs=0.1)
    assert 0.6 < sum(amount % 500 == 0 for amount in amounts) / len(amounts) < 0.95


def test_a_consumer_pays_less_and_often_just_below_a_round_price(run: MakeRun, event: MakeEvent) -> None:
    generator, _ = run(10, scenario="B2C")
    amounts = [int(generator.activity(index, event(ObjectType.DEALS))["amount"]) for index in range(COUNT)]

    assert mean(math.log(amount) for amount in amounts) == pytest.approx(7.8, abs=0.1)
    assert median(amounts) < 4_000
    assert 0.4 < sum(amount % 10 == 9 for amount in amounts) / COUNT < 0.9


def test_a_call_that_reached_nobody_is_short(generator: SyntheticGenerator, event: MakeEvent) -> None:
    for index in range(300):
        call = generator.activity(index, event(ObjectType.CALLS, LifecycleTrigger.QUALIFIED))
        seconds = int(call["hs_call_duration"]) / 1000
        assert (seconds > 120) == (call["hs_call_disposition"] == CONNECTED)
        assert call["hs_call_status"] in {"COMPLETED", "NO_ANSWER", "BUSY"}
        assert call["hs_call_direction"] in {"INBOUND", "OUTBOUND"}


def test_choices_are_options_of_the_portal(generator: SyntheticGenerator, event: MakeEvent) -> None:
    tasks = [generator.activity(index, event(ObjectType.TASKS, LifecycleTrigger.QUALIFIED)) for index in range(300)]
    tickets = [generator.activity(index, event(ObjectType.TICKETS, LifecycleTrigger.SUPPORT)) for index in range(300)]

    assert {task["hs_task_type"] for task in tasks} == {"CALL", "EMAIL", "TODO"}
    assert {task["hs_task_status"] for task in tasks} <= {
        "NOT_STARTED",
        "IN_PROGRESS",
        "WAITING",
        "COMPLETED",
        "DEFERRED",
    }
    assert {task["hs_task_priority"] for task in tasks} <= {"NONE", "LOW", "MEDIUM", "HIGH"}
    categories = {"PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"}
    assert {ticket["hs_ticket_category"] for ticket in tickets} == categories
    assert {ticket["hs_ticket_priority"] for ticket in tickets} <= {"LOW", "MEDIUM", "HIGH", "URGENT"}
    assert {ticket["hs_pipeline_stage"] for ticket in tickets} <= {"1", "2", "3", "4"}


def test_days_named_in_texts_are_working_days(generator: SyntheticGenerator, event: MakeEvent) -> None:
    spoken: Counter[str] = Counter()
    for index in range(500):
        at = ARRIVAL + timedelta(days=index % 7)
        text = generator.activity(index, event(ObjectType.NOTES, LifecycleTrigger.CREATED, at=at))["hs_note_body"]
        spoken.update(re.findall(r"\b(?:on|by|until|for) (\w+day)\b", text))

    assert spoken.total() > 100
    assert spoken["Saturday"] + spoken["Sunday"] == 0


def test_a_named_date_is_the_day_it_is_said_to_be(generator: SyntheticGenerator, event: MakeEvent) -> None:
    found = 0
    for index in range(500):
        text = generator.activity(index, event(ObjectType.NOTES, LifecycleTrigger.CREATED))["hs_note_body"]
        for weekday, month, day in re.findall(r"\b(\w+day), (\w+) (\d+)\b", text):
            assert (
                datetime.strptime(f"{month} {day} 2026 +0000", "%B %d %Y %z").astimezone(UTC).strftime("%A") == weekday
            )
            found += 1
    assert found > 30


def test_the_properties_are_those_hubspot_takes(generator: SyntheticGenerator, event: MakeEvent) -> None:
    assert set(generator.activity(0, event(ObjectType.NOTES))) == {"hs_timestamp", "hs_note_body"}
    call = generator.activity(0, event(ObjectType.CALLS, LifecycleTrigger.QUALIFIED))
    assert set(call) == {
        "hs_timestamp",
        "hs_call_title",
        "hs_call_body",
        "hs_call_duration",
        "hs_call_direction",
        "hs_call_status",
        "hs_call_disposition",
    }
    ticket = generator.activity(0, event(ObjectType.TICKETS, LifecycleTrigger.SUPPORT))
    assert ticket["hs_pipeline"] == "0"
    assert ticket["simcrm_simulated_at"] == "2026-03-04T10:30:00.000Z"
