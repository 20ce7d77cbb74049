"""The texts of accounts say only what is so: in every scenario and language, at once and along the clock."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.text.account_checker import AccountChecker, JudgedText
from simcrm.models.account_story import NOTHING_KNOWN, AccountStory, CommitteeRole, SceneKind
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic import locale_names, scenario_names
from simcrm.synthetic.account_claims import TEXT_PROPERTIES, activity_claims
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.text_checker import TextChecker

END = START + 180 * DAY
LOCALES = locale_names()
BLEMISHES = [
    re.compile(pattern) for pattern in (r"[{}\[\]|]", r"[^\n>]  +\S", r"[,;:] ?[,;:.!?]|(?<!\.)\.\.(?!\.)|[、。]{2}")
]
BLEMISHES_OF_FRENCH = re.compile(r"(?<!\bRe)(?<![\s\d])[;:!?](?=\s|$)|\b1 (?:janvier|mai|juin|juillet|août|septembre)")
"""French has a no-break space before these, and a word for the first of a month."""

BLEMISHES_OF_OTHERS = re.compile(r"\w +[,.;:!?](?=\s|$)")


def histories(contacts: int, scenario: str, *locales: str, live: bool = False) -> AccountHistories:
    """Half a year of accounts, looked at in its end or as it passes."""
    span: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(END)}
    fields: dict[str, Any] = {"totalRecords": contacts, "scenario": scenario, "seed": "7"}
    weights = dict.fromkeys(locales, 1.0)
    return AccountHistories.from_plan(plan(run_start=START if live else END, locales=weights, **fields, **span))


def judged(run: AccountHistories) -> list[JudgedText]:
    checker = AccountChecker(run)
    return [text for number in range(run.arrivals.count) for text in checker.judge(number)]


def contradictions(texts: list[JudgedText]) -> list[tuple[str, str]]:
    return [(finding.excerpt, text.text) for text in texts for finding in text.findings]


def blemishes(texts: list[JudgedText], language: str) -> list[tuple[str, str]]:
    """What no language writes: unfilled slots, doubled spaces or punctuation; and what French or the others do not."""
    patterns = [*BLEMISHES, BLEMISHES_OF_FRENCH if language == "fr" else BLEMISHES_OF_OTHERS]
    return [(match[0], text.text) for text in texts for found in patterns if (match := found.search(text.text))]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_nothing_that_is_written_contradicts_its_account(scenario: str, locale: str) -> None:
    texts = judged(histories(120, scenario, locale))

    assert contradictions(texts) == []
    assert blemishes(texts, locale[:2]) == []
    assert {text.object_type for text in texts} >= TEXT_PROPERTIES.keys() - {ObjectType.MEETINGS}


@pytest.mark.parametrize("scenario", sorted(set(scenario_names()) - {"B2B", "B2C"}))
def test_the_packs_contradict_nothing_in_any_language(scenario: str) -> None:
    assert contradictions(judged(histories(140, scenario, *LOCALES))) == []


def test_what_is_written_while_time_passes_knows_no_future() -> None:
    assert contradictions(judged(histories(150, "B2B", "en_US", live=True))) == []


def test_what_differs_from_the_history_is_found() -> None:
    """The same notes, judged by histories in which everything happened two days later and nothing was agreed."""
    run = histories(200, "B2B", "en_US")
    context = run.generator.locale_contexts[0]
    checker, found = TextChecker(context.language, context.locale, ()), Counter[str]()
    for number in range(run.arrivals.count):
        history = run.history(number)
        changed = replace(history.writer, story=_shift(history.story))
        for event in (event for own in history.events for event in own if event.object_type is ObjectType.NOTES):
            body = activity_properties(history.writer, event)["hs_note_body"]
            found.update(finding.kind for finding in checker.check(body, activity_claims(changed, event)))

    assert {"amount", "date", "duration", "person"} <= found.keys()


def _shift(story: AccountStory) -> AccountStory:
    """Everything happens two days later and takes longer, nothing is known or agreed, and only one person came."""
    scenes = tuple(
        replace(scene, at=scene.at + 2 * DAY, minutes=scene.minutes + 1, knowledge=NOTHING_KNOWN, promise=None)
        for scene in story.scenes
    )
    first, *later = story.joined_at
    return replace(story, scenes=scenes, joined_at=(first, *(at + 1_000 * DAY for at in later)))


def test_whoever_decides_is_met_in_the_first_conversation_and_never_before() -> None:
    run, met, unmet = histories(200, "B2B", "en_US"), 0, 0
    for number in range(run.arrivals.count):
        writer = run.writer(run.history(number), END)
        for scene in writer.story.scenes:
            decider = scene.knowledge.decider
            facts = writer.view(scene, scene.participants[0], scene.at).guard_facts()
            if decider is None or scene.at < writer.story.joined_at[decider]:
                assert not facts["decider.met"]
                unmet += 1
            elif decider in scene.participants:
                assert facts["decider.met"]
                met += 1
    assert min(met, unmet) > 20


def test_a_request_names_no_colleague_who_joins_later() -> None:
    run, named = histories(300, "B2B", "en_US"), 0
    for number in range(run.arrivals.count):
        writer = run.writer(run.history(number), END)
        lead, *others = writer.account.contacts
        for scene in writer.story.scenes:
            view = writer.view(scene, lead.position, writer.story.joined_at[0])
            matter = writer.request(view, is_lost=True).matter.split()
            assert not {contact.person.first for contact in others} & set(matter) - {lead.person.first}
            named += len(others) > 0
    assert named > 100


def test_whoever_decides_is_part_of_every_deal() -> None:
    run = histories(1_000, "B2B", "en_US")
    deals = [deal for number in range(run.arrivals.count) for deal in run.history(number).story.deals]

    assert len(deals) > 80
    assert all(CommitteeRole.DECISION_MAKER in {member.role for member in deal.committee} for deal in deals)


def test_nobody_says_that_it_has_gone_quiet_on_the_day_of_the_last_conversation() -> None:
    run, gaps = histories(1_000, "B2C", "en_US"), []
    for number in range(run.arrivals.count):
        for scene in run.history(number).story.scenes:
            if scene.kind is SceneKind.SILENCE and scene.deal is not None:
                before = run.history(number).story.scenes[scene.number - 1]
                gaps.append(scene.at - before.at)

    assert len(gaps) > 10
    assert min(gaps) >= DAY / 2
