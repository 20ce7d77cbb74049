"""What the model is asked about an account: its people and scenes as lines of text, and the texts to write."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from simcrm.generation.text.text_gate import TextLimits
from simcrm.generation.text.token_estimates import field_tokens
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.text_checker import TextClaims

COMPANY_FIELDS = ("company_name", "original_source", "product_interests")
"""Fields of a company, which are asked for once and kept with its first contact."""
PERSON_FIELDS = ("job_title", "consent_detail", "lead_reasoning")
ACCOUNT_TOKENS, PERSON_TOKENS = 9, 8
"""Estimated output tokens of an account and of a person beside their fields: keys, the echoed name, brackets."""

TextId: TypeAlias = tuple[int, str]
"""A text within a simulation: the contact that it counts for, and its key there (``n0``, or the name of a field)."""


class Facts(NamedTuple):
    """What a text may say.

    ``outcomes`` are those of deals that are known when it is written; addresses may be at ``domains``.
    """

    claims: TextClaims
    outcomes: frozenset[DealOutcome] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ActivityPrompt:
    """A text about an activity.

    ``key`` names it within its record and ``code`` within its account: codes are drawn, so that an answer that numbers
    texts by itself is noticed. ``scene`` is the number of the scene that it is listed under, ``facts`` returns what it
    may say, and ``complaint`` what was wrong with an earlier answer.
    """

    key: str
    code: str
    line: str
    limits: TextLimits
    is_titled: bool
    scene: int
    output_tokens: int
    facts: Callable[[], Facts]
    complaint: str = ""

    def render(self) -> str:
        """Return its line of the question."""
        return f"{self.code} {self.line}{_again(self.complaint)}"


@dataclass(frozen=True, slots=True)
class RecordPrompt:
    """A contact: ``fields`` are the fields of ``RecordText`` to write, beside the texts of its activities."""

    index: int
    first_name: str
    line: str
    fields: tuple[str, ...]
    facts: Callable[[], Facts]
    activities: tuple[ActivityPrompt, ...] = ()
    complaints: Mapping[str, str] | None = None

    @property
    def code(self) -> str:
        """How question and answer name the person."""
        return f"r{self.index}"

    @property
    def person_fields(self) -> tuple[str, ...]:
        """The fields that belong to the person and not to the company."""
        return tuple(name for name in self.fields if name in PERSON_FIELDS)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of everything to write."""
        return (*self.fields, *(activity.key for activity in self.activities))

    def render(self) -> str:
        """Return its line of the question."""
        return f"{self.code} {self.line}{_again(', '.join((self.complaints or {}).values()))}"


@dataclass(frozen=True, slots=True)
class AccountPrompt:
    """An account: the texts to write about it, and what the model is told for that.

    ``scenes`` are the lines of its scenes by number. If the company's name is not asked for, ``called`` is its name.
    """

    number: int
    locale: str
    line: str
    idea: str
    called: str
    scenes: Mapping[int, str]
    records: tuple[RecordPrompt, ...]

    @property
    def code(self) -> str:
        """How question and answer name the account."""
        return f"a{self.number}"

    @property
    def lead(self) -> RecordPrompt:
        """The first contact, which holds the company's fields."""
        return self.records[0]

    @property
    def company_fields(self) -> tuple[str, ...]:
        """The fields of the company to write."""
        return tuple(name for name in self.lead.fields if name in COMPANY_FIELDS)

    @property
    def activities(self) -> list[tuple[int, ActivityPrompt]]:
        """The texts about activities with their contacts, in the order of scenes."""
        listed = [(record.index, activity) for record in self.records for activity in record.activities]
        return sorted(listed, key=lambda item: item[1].scene)

    @property
    def text_ids(self) -> Iterator[TextId]:
        """Everything to write."""
        return ((record.index, key) for record in self.records for key in record.keys)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(record.keys for record in self.records)

    @property
    def output_tokens(self) -> int:
        """The estimated tokens that the model will write."""
        people = sum(PERSON_TOKENS for record in self.records if record.person_fields)
        language = self.locale[:2]
        fields = sum(field_tokens(language, name) for record in self.records for name in record.fields)
        texts = sum(activity.output_tokens for record in self.records for activity in record.activities)
        return ACCOUNT_TOKENS + people + fields + texts

    @property
    def fields(self) -> frozenset[str]:
        """The kinds of things to write: fields, and ``activities`` if there are texts about any."""
        names = {name for record in self.records for name in record.fields}
        return frozenset(names | {"activities"} if any(record.activities for record in self.records) else names)

    def only(self, wanted: Callable[[TextId], bool]) -> "AccountPrompt":
        """Return the prompt for some of the texts."""
        records = tuple(
            replace(
                record,
                fields=tuple(name for name in record.fields if wanted((record.index, name))),
                activities=tuple(each for each in record.activities if wanted((record.index, each.key))),
            )
            for record in self.records
        )
        return replace(self, records=records)

    def complaining(self, complaints: Mapping[TextId, str]) -> "AccountPrompt":
        """Return the prompt that says what was wrong with earlier answers."""
        records = tuple(
            replace(
                record,
                activities=tuple(
                    replace(each, complaint=complaints.get((record.index, each.key), "")) for each in record.activities
                ),
                complaints={
                    name: complaints[record.index, name] for name in record.fields if (record.index, name) in complaints
                },
            )
            for record in self.records
        )
        return replace(self, records=records)

    def with_name(self, name: str | None) -> "AccountPrompt":
        """Return the prompt with the name that the model has given the company, if it has."""
        return replace(self, called=name) if name else self

    def split(self, max_tokens: int) -> "list[AccountPrompt]":
        """Divide a prompt that is too long at its scenes, and a scene that is still too long at its texts.

        The first part asks for the fields. Each has at least one text, however short ``max_tokens`` are.
        """
        if self.output_tokens <= max_tokens:
            return [self]
        parts: list[set[TextId]] = [{(record.index, name) for record in self.records for name in record.fields}]
        filled = self.only(parts[0].__contains__).output_tokens
        for scene_texts in self._texts_by_scene():
            size = sum(activity.output_tokens for _, activity in scene_texts)
            pieces = [scene_texts] if size <= max_tokens else [[each] for each in scene_texts]
            for piece in pieces:
                size = sum(activity.output_tokens for _, activity in piece)
                if parts[-1] and filled + size > max_tokens:
                    parts.append(set())
                    filled = ACCOUNT_TOKENS
                parts[-1] |= {(index, activity.key) for index, activity in piece}
                filled += size
        return [self.only(part.__contains__) for part in parts if part]

    def _texts_by_scene(self) -> list[list[tuple[int, ActivityPrompt]]]:
        scenes: dict[int, list[tuple[int, ActivityPrompt]]] = {}
        for index, activity in self.activities:
            scenes.setdefault(activity.scene, []).append((index, activity))
        return list(scenes.values())

    def render(self) -> str:
        """Return its lines of the question: nothing after the last scene that a text is asked for."""
        activities = self.activities
        last = activities[-1][1].scene if activities else -1
        lines = [f"{self.code} {self.line}; {self._naming}", *(record.render() for record in self._people(last))]
        for number, scene in self.scenes.items():
            if number <= last:
                lines.append(scene)
                lines += [activity.render() for _, activity in activities if activity.scene == number]
        return "\n".join(lines)

    @property
    def _naming(self) -> str:
        """How the company is named, and whether nothing but texts about activities is asked for."""
        if "company_name" in self.lead.fields:
            return f"name: {self.idea}"
        return f"called {self.called}" if self.fields - {"activities"} else f"called {self.called}; texts only"

    def _people(self, last_scene: int) -> list[RecordPrompt]:
        """Return the people to write about, and those who take part in the scenes that are told."""
        told = " ".join(scene for number, scene in self.scenes.items() if number <= last_scene)
        return [record for record in self.records if record.keys or f"{record.code} " in f"{told} ".replace(";", " ")]


def _again(complaint: str) -> str:
    return f"; again, because: {complaint}" if complaint else ""
