"""The texts of an account agree with each other: in people, numbers, days, manners, and in what support is asked."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest
from unit.synthetic.conftest import Activity, MakeRun, Run

from simcrm.models.account_story import Purpose, SceneKind, Topic
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic import locale_names
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.scene_view import SceneView, SupportRequest
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.ticket_properties import RESOLUTIONS

FAULTS, REQUESTS = ("PRODUCT_ISSUE", "BILLING_ISSUE"), ("FEATURE_REQUEST", "GENERAL_INQUIRY")
SUPPORT_TEXTS = ("note_support", "email_subject_support", "email_in_support", "ticket_subject")
TELLTALES = {
    "en": (r"\b(?:problem|issue|trouble|complain\w*|workaround|restarting)\b", r"(?<!open )\b(?:question|request)\b"),
    "de": (
        r"\b(?:Problem\w*|(?<!keine )Störung|Reklamation|Ärger\w*|Workaround|Neustart)\b",
        r"(?<!offene )\b(?:Frage|Anfrage)(?: von| zu|[:,])",
    ),
    "fr": (r"\b(?:problème|souci|réclamation|contournement)\b", r"\b(?:question|demande)\b(?! ouverte)"),
    "es": (r"\b(?:problema|queja|reclamación|incidencia)\b", r"\b(?:consulta|petición|duda)\b"),
    "it": (r"\b(?:problema|anomalia|reclamo)\b", r"\b(?:richiesta|domanda)\b(?! aperta)"),
    "nl": (r"\b(?:probleem|storing|klacht)\b", r"(?<!open )\b(?:vraag|verzoek)\b"),
    "pt": (r"\b(?:problema|erro|reclamação)\b", r"\b(?:dúvida|pedido)\b"),
    "ja": (r"不具合|お困り|障害", r"お問い合わせ|ご依頼"),
}
"""Words of faults and words of requests, by language."""
ALWAYS = re.compile(r"^(Hi|Hello|Dear)\b")


def touched(run: Run, kind: ObjectType) -> Iterator[tuple[Activity, SceneView]]:
    for item in run.of_type(kind):
        yield item, item.history.writer.touch_view(item.event)[1]


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_no_text_names_its_own_day_as_the_day_on_which_something_is_due(run: MakeRun, scenario: str) -> None:
    views = [
        view for kind in (ObjectType.NOTES, ObjectType.EMAILS) for _, view in touched(run(600, scenario=scenario), kind)
    ]
    due_today = 0
    for view in views:
        promise = view.scene.promise
        if promise is not None and view.days_until(promise.due_at) <= 0:
            due_today += 1
            assert view.promise is None
            assert "due_days" not in view.guard_facts()
        elif promise is not None:
            assert view.promise is promise
    assert due_today > 20


def test_a_task_and_an_email_about_one_matter_name_one_person(run: MakeRun) -> None:
    others = 0
    for item, view in touched(run(600), ObjectType.TASKS):
        touch = item.history.story.touches[item.event.touch or 0]
        if touch.purpose is Purpose.PROMISE:
            assert view.main == view.scene.participants[0]
            assert view.main in item.event.contacts
            others += touch.position != view.main
    assert others > 20


def test_a_note_about_an_email_is_about_whom_it_was_written_to(run: MakeRun) -> None:
    written, to = run(600), defaultdict[tuple[int, int], set[str]](set)
    for item, view in touched(written, ObjectType.EMAILS):
        headers = json.loads(item.properties["hs_email_headers"])
        to[item.history.facts.number, view.scene.number] |= {headers["to"][0]["email"], headers["from"]["email"]}
    notes = 0
    for item, view in touched(written, ObjectType.NOTES):
        touch = item.history.story.touches[item.event.touch or 0]
        people = to.get((item.history.facts.number, view.scene.number))
        is_email = view.scene.channel == "email" and touch.purpose is Purpose.SUMMARY and touch.trigger != "created"
        if people and is_email:
            assert view.contact.email in people
            notes += touch.position != view.main
    assert notes > 5


def test_texts_name_one_number_of_users_for_a_deal(run: MakeRun) -> None:
    seats = defaultdict[tuple[int, int], set[int]](set)
    for kind in (ObjectType.NOTES, ObjectType.EMAILS, ObjectType.CALLS):
        for item, view in touched(run(600), kind):
            if view.deal is not None and Topic.SEATS in view.scene.knowledge.topics and view.is_sold_by_seat:
                seats[item.history.facts.number, view.deal.number].add(view.seats)

    assert len(seats) > 20
    assert all(len(named) == 1 for named in seats.values())


def test_a_wrong_invoice_lists_other_users_than_were_agreed(run: MakeRun) -> None:
    writer, view = _customer(run(300))
    scenes = [replace(view.scene, number=number) for number in range(1, 400)]
    requests = [writer.request(replace(view, scene=scene)) for scene in scenes]
    invoices = [re.findall(r"lists (\d+) seats", one.matter) for one in requests if one.category == "BILLING_ISSUE"]
    listed = [int(found[0]) for found in invoices if found]

    assert len(listed) > 3
    assert all(number > view.seats for number in listed)


@pytest.mark.parametrize("kind", ["B2B", "B2C"])
@pytest.mark.parametrize("locale", locale_names())
def test_a_request_is_no_fault_and_a_fault_is_no_request(run: MakeRun, locale: str, kind: str) -> None:
    of_fault, of_request = (re.compile(words, re.IGNORECASE) for words in TELLTALES[locale[:2]])
    writer, view = _customer(run(300, locale, scenario=kind))
    texts = {
        category: [text for name in SUPPORT_TEXTS for text in _support_texts(writer, view, name, category)]
        for category in (*FAULTS, *REQUESTS)
    }

    assert not [text for category in REQUESTS for text in texts[category] if of_fault.search(text)]
    assert not [text for category in FAULTS for text in texts[category] if of_request.search(text)]
    assert any(of_fault.search(text) for text in texts["PRODUCT_ISSUE"])
    assert any(of_request.search(text) for text in texts["FEATURE_REQUEST"])


def _customer(run: Run) -> tuple[AccountWriter, SceneView]:
    for number in range(run.histories.arrivals.count):
        writer = run.histories.history(number).writer
        for scene in writer.story.scenes:
            if scene.kind is SceneKind.ONBOARDING:
                asked = replace(scene, kind=SceneKind.SUPPORT, promise=None)
                return writer, writer.view(asked, scene.participants[0], scene.at)
    raise AssertionError("nobody has bought anything")


def _support_texts(writer: AccountWriter, view: SceneView, name: str, category: str) -> list[str]:
    asked, seed = replace(view, request=SupportRequest(category, "XYZ")), SeedSequence(name)
    return [writer.text(name, asked, seed.stream(RandomStream.TEXTS, number)) for number in range(60)]


def test_a_ticket_is_resolved_as_its_category_can_be(run: MakeRun) -> None:
    found = defaultdict[str, set[str]](set)
    for scenario in ("B2B", "B2C"):
        for item in run(2_000, scenario=scenario).of_type(ObjectType.TICKETS):
            if "hs_resolution" in item.properties:
                found[item.properties["hs_ticket_category"]].add(item.properties["hs_resolution"])

    assert len(found) == 4
    assert all(resolutions <= set(RESOLUTIONS[category]) for category, resolutions in found.items())


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_two_people_greet_each_other_alike_in_all_emails(run: MakeRun, scenario: str) -> None:
    greetings = defaultdict[tuple[int, str], list[str]](list)
    for item in run(600, scenario=scenario).of_type(ObjectType.EMAILS):
        properties = item.properties
        match = ALWAYS.match(properties["hs_email_text"])
        if match is not None:
            greetings[item.contact.index, properties["hs_email_direction"]].append(match[1])
    often = [used for used in greetings.values() if len(used) > 1]

    assert len(often) > 50
    assert all(len(set(used)) == 1 for used in often)
    assert len({used[0] for used in often}) == 3


def test_somebody_new_is_not_addressed_by_first_name_although_the_account_is_known(run: MakeRun) -> None:
    new = 0
    for item, view in touched(run(600, "nl_NL"), ObjectType.EMAILS):
        met = sum(view.main in one.participants for one in item.history.story.scenes[: view.scene.number])
        if item.properties["hs_email_direction"] == "EMAIL":
            greeting = item.properties["hs_email_text"].split("\n")[0]
            assert greeting.endswith(f" {view.contact.person.first},") is (met > 2)
            new += met <= 2 < view.scene.number
    assert new > 5
