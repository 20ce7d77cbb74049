"""Build what the model is asked about the accounts of a simulation; always the same for the same plan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import NamedTuple

from simcrm.generation.text.account_prompts import (
    COMPANY_FIELDS,
    AccountPrompt,
    ActivityPrompt,
    Facts,
    RecordPrompt,
)
from simcrm.generation.text.story_lines import company_line, person_line, scene_line, seller_line, text_line
from simcrm.generation.text.text_gate import TextLimits
from simcrm.generation.text.text_kinds import (
    AGENDA_LETTER,
    EMAIL_LETTER,
    WRITTEN_TYPES,
    TextKind,
    find_text_kinds,
    text_key,
)
from simcrm.generation.text.token_estimates import TIMING_TOKENS, text_tokens
from simcrm.generation.text.voices import Voice, draw_codes, draw_length, draw_voice
from simcrm.lifecycle.llm_timing import default_delay_minutes
from simcrm.models.account_story import NOTHING_KNOWN, SceneKind, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleTrigger
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic.account_claims import activity_claims, contact_claims, history_claims
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.deal_properties import deal_view
from simcrm.synthetic.scene_view import SceneView
from simcrm.synthetic.seeded_random import RandomStream

_LENGTH_PART = 2


class _Text(NamedTuple):
    """A text to ask for: an activity's, with the scene that it is about as it is seen when the text is written."""

    event: ActivityEvent
    kind: TextKind
    touch: Touch | None
    view: SceneView
    writer: AccountWriter

    @property
    def key(self) -> str:
        return text_key(self.kind, self.event.ordinal)

    @property
    def is_titled(self) -> bool:
        """Whether it has a title of its own; an answer to a mail repeats that of the mail."""
        return self.kind.title_property is not None and not (self.touch and self.touch.answers is not None)


@dataclass(frozen=True, slots=True)
class AccountPromptBuilder:
    """Builds the prompts of one simulation's accounts."""

    histories: AccountHistories

    @classmethod
    def from_plan(cls, plan: SimulationPlan) -> "AccountPromptBuilder":
        """Create the builder for a plan."""
        return cls(AccountHistories.from_plan(plan))

    def build_prompts(self, batch: Batch) -> list[AccountPrompt]:
        """Build the prompts of a batch's accounts, with all their texts."""
        return [self.build_prompt(number) for number in self.histories.accounts(batch)]

    def build_prompt(self, number: int) -> AccountPrompt:
        """Build the prompt of an account."""
        history = self.histories.history(number)
        writer = PromptWriter(history.writer, self.histories.follows_clock, is_timed=self.histories.is_timed_by_model)
        return writer.build(history.events)


@dataclass(frozen=True, slots=True)
class PromptWriter:
    """Writes the prompt of one account.

    If the run ``follows_clock``, a text knows what is known when its object is written; else, what is known in the end.
    With ``is_timed``, the model may propose when notes are written.
    """

    writer: AccountWriter
    follows_clock: bool = False
    is_timed: bool = False

    def build(self, events: Sequence[Sequence[ActivityEvent]]) -> AccountPrompt:
        """Build the prompt from the events of each contact of the account, by position."""
        writer, company = self.writer, self.writer.account.company
        voice = draw_voice(writer.context.seed, company.number, writer.owner)
        activities = self._activities(voice, [list(self._texts(own)) for own in events])
        joined_at = writer.story.joined_at
        records = tuple(
            _record_prompt(self._at(joined_at[position]), position, own) for position, own in enumerate(activities)
        )
        line = f"{company_line(writer)}; {seller_line(writer, voice.style)}"
        scenes = dict(_scenes(writer))
        return AccountPrompt(
            company.number, company.locale, line, voice.naming_idea, company.short_name, scenes, records
        )

    def _at(self, at: datetime) -> AccountWriter:
        return replace(self.writer, until=at) if self.follows_clock else self.writer

    def _texts(self, events: Iterable[ActivityEvent]) -> Iterator[_Text]:
        """Yield the texts of a contact's activities; an object that changes later is described as it begins."""
        for event in events:
            if event.object_type not in WRITTEN_TYPES or event.is_change or event.stage is not None:
                continue
            writer = self._at(event.at)
            touch, view = _see(writer, event)
            for kind in find_text_kinds(activity_properties(writer, event), event.object_type):
                yield _Text(event, kind, touch, view, writer)

    def _activities(self, voice: Voice, texts: list[list[_Text]]) -> list[tuple[ActivityPrompt, ...]]:
        seed, number = self.writer.context.seed, self.writer.account.number
        rng = seed.stream(RandomStream.VOICE, number, _LENGTH_PART)
        codes = iter(draw_codes(seed, number, sum(map(len, texts))))
        coded = [[(f"{text.kind.letter}{next(codes)}", text) for text in own] for own in texts]
        mails = {text.event.touch: code for own in coded for code, text in own if text.kind.letter == EMAIL_LETTER}
        lengths = (draw_length(text.kind, voice, self._language, rng) for own in coded for _, text in own)
        return [tuple(self._activity(text, code, next(lengths), mails) for code, text in own) for own in coded]

    @property
    def _language(self) -> str:
        return self.writer.context.language.name[:2]

    def _activity(self, text: _Text, code: str, length: int, mails: Mapping[int | None, str]) -> ActivityPrompt:
        unit = "characters" if self._language == "ja" else "words"
        line = f"{_describe(text, mails)}, {length} {unit}"
        tokens = text_tokens(self._language, length, is_titled=text.is_titled)
        if self.is_timed and (delay := default_delay_minutes(self.writer.story, text.event)) is not None:
            line, tokens = f"{line}, +{delay}m", tokens + TIMING_TOKENS
        limits = TextLimits(length, is_list=text.kind.letter == AGENDA_LETTER)
        scene = text.view.scene.number
        return ActivityPrompt(text.key, code, line, limits, text.is_titled, scene, tokens, cache(partial(_facts, text)))


def _describe(text: _Text, mails: Mapping[int | None, str]) -> str:
    answers = None if text.touch is None else text.touch.answers
    answered = "" if answers is None else mails.get(answers, "an earlier mail")
    return text_line(text.view, text.event, text.touch, text.kind.letter, answered)


def _record_prompt(writer: AccountWriter, position: int, activities: tuple[ActivityPrompt, ...]) -> RecordPrompt:
    """Build the prompt of a contact; the first contact of an account also has the fields of its company."""
    facts = writer.account.contacts[position]
    fields: tuple[str, ...] = ("consent_detail", "lead_reasoning")
    if facts.job_title:
        fields = ("job_title", *fields)
    if position == 0:
        fields = (*COMPANY_FIELDS, *fields)
    name, line = facts.person.first, person_line(writer, facts)
    return RecordPrompt(facts.index, name, line, fields, cache(partial(_record_facts, writer, position)), activities)


def _record_facts(writer: AccountWriter, position: int) -> Facts:
    view = writer.view(writer.last_scene(position), position, writer.until or writer.story.joined_at[position])
    return Facts(history_claims(contact_claims(writer, position), view), _outcomes(view), _domains(writer))


def _see(writer: AccountWriter, event: ActivityEvent) -> tuple[Touch | None, SceneView]:
    if event.object_type is ObjectType.DEALS:
        return None, deal_view(writer, event)[2]
    touch, view = writer.touch_view(event)
    view = replace(view, at=touch.begins_at)
    if event.object_type is ObjectType.TICKETS and view.request is None:
        view = replace(view, request=writer.request(view, is_lost=touch.trigger is LifecycleTrigger.LOST))
    return touch, view


def _scenes(writer: AccountWriter) -> Iterator[tuple[int, str]]:
    before = NOTHING_KNOWN
    for scene in writer.story.scenes:
        yield scene.number, scene_line(writer.view(scene, scene.participants[0], scene.at), before)
        before = scene.knowledge


def _facts(text: _Text) -> Facts:
    """Return what a text may say."""
    view, claims = text.view, history_claims(activity_claims(text.writer, text.event), text.view)
    if view.request is not None:
        claims = replace(claims, phrases=claims.phrases | {view.request.matter})
    outcomes = _outcomes(view)
    if text.event.object_type is ObjectType.DEALS and text.event.deal is not None and view.deal is not None:
        amount = view.deal.revisions[text.event.deal.revision].amount
        claims, outcomes = replace(claims, amounts=claims.amounts | {amount}), outcomes | {text.event.deal.outcome}
    return Facts(claims, outcomes, _domains(text.writer))


def _domains(writer: AccountWriter) -> frozenset[str]:
    return frozenset({writer.account.company.domain, writer.owner.email.partition("@")[2]} - {""})


def _outcomes(view: SceneView) -> frozenset[DealOutcome]:
    """Return how deals of the account have ended by the time that a text is written."""
    outcomes = {deal.final.outcome for deal in view.story.deals if deal.final.at <= view.at}
    told = {scene.kind for scene in view.story.scenes[: view.scene.number + 1]}
    if SceneKind.SIGNATURE in told:
        outcomes.add(DealOutcome.WON)
    if told & {SceneKind.LOSS, SceneKind.DISQUALIFICATION}:
        outcomes.add(DealOutcome.LOST)
    return frozenset(outcomes)
