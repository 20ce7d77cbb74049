"""Smart scheduling: the model proposes times in the call that writes the words; bounds decide."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from builders import START, batch
from scripted_model import good_response, rows
from unit.generation.conftest import TextHarness

from simcrm.core.config import LlmConfig
from simcrm.core.json_types import JsonObject
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.lifecycle.llm_timing import default_delay_minutes
from simcrm.llm.errors import FailureCategory, LlmCallError, LlmConfigError
from simcrm.llm.prompts import MAX_PROMPT_CHARACTERS, Prompt
from simcrm.llm.providers.base import LlmRequest, LlmResponse
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.llm_plan import resolve_llm

COUNT = 40
SPAN = {
    "activities": {"enabled": True},
    "startTime": "2026-01-05T00:00:00Z",
    "endTime": "2026-01-07T00:00:00Z",
    "timeScale": 1000,
}
SMART = {**SPAN, "ai": {"smartScheduling": True}}


def answering(minutes: Any, *, usual: bool = False) -> Any:
    """Answers well, and puts each activity so many minutes after its cause, or so many times what is usual."""

    def answer(request: LlmRequest) -> LlmResponse:
        told = list(rows(request))
        lines = [line for line in request.prompt.splitlines() if re.match(r"[dwncmgetk]\d{2,} ", line)]
        activities = [activity for row in told for activity in row.get("a", [])]
        for line, activity in zip(lines, activities, strict=True):
            own = int(line.rpartition(" +")[2].removesuffix("m")) if " +" in line else 0
            activity["m"] = round(own * minutes) if usual else minutes
        return good_response(request, text=json.dumps({"r": told}))

    return answer


def with_times(workshop: TextHarness, step: Any) -> RowGenerator:
    workshop.model.script = [step] * 200
    return workshop.generator().with_texts(workshop.write_texts(COUNT))


def timelines(generator: RowGenerator) -> list[list[ActivityEvent]]:
    return [generator.events(index) for index in range(COUNT)]


def timing_counts(row: JsonObject) -> Any:
    return json.loads(row["contact"]["simcrm_generation_metadata"]).get("timing")


def test_the_models_times_are_those_of_activities_and_waves(workshop: TextHarness) -> None:
    workshop.fields = SMART

    generator = with_times(workshop, answering(2, usual=True))
    ruled = workshop.generator()

    changed = sum(
        a.at != b.at
        for x, y in zip(timelines(generator), timelines(ruled), strict=True)
        for a, b in zip(x, y, strict=True)
    )
    history, before = (generate_history(some, batch(count=COUNT)) for some in (generator, ruled))
    assert changed > COUNT / 4
    assert history.waves != before.waves
    assert sum(wave["count"] for wave in history.waves) == sum(wave["count"] for wave in before.waves)
    written = {row["properties"].get("hs_timestamp") for row in history.all_rows() if "type" in row}
    assert {
        each.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for timeline in timelines(generator)
        for each in timeline
        if each.object_type == "notes"
    } <= written


def test_nothing_but_notes_moves_and_none_past_its_neighbours(workshop: TextHarness) -> None:
    workshop.fields = SMART

    moved, ruled = timelines(with_times(workshop, answering(2, usual=True))), timelines(workshop.generator())

    for events, composed in zip(moved, ruled, strict=True):
        assert [replace(event, at=START) for event in events] == [replace(event, at=START) for event in composed]
        assert all(earlier.at <= later.at for earlier, later in pairwise(events))
        assert {a.object_type for a, b in zip(events, composed, strict=True) if a.at != b.at} <= {ObjectType.NOTES}


def test_metadata_tells_who_timed_how_many(workshop: TextHarness) -> None:
    workshop.fields = SMART

    generator = with_times(workshop, answering(1, usual=True))

    found = [timing_counts(row) for row in generator.contact_rows(batch(count=COUNT))]
    histories = workshop.generator().histories
    stories = [histories.history(histories.company_index(index)).story for index in range(COUNT)]
    movable = [
        sum(default_delay_minutes(story, event) is not None for event in histories.events(index))
        for index, story in enumerate(stories)
    ]
    assert [timing["model"] + timing["rules"] for timing in found] == movable
    assert sum(timing["model"] for timing in found) > sum(movable) / 2


@pytest.mark.parametrize("nonsense", [0, -3, 10**30, "soon", None, 1.5, True, [], {"a": 1}])
def test_nonsense_leaves_the_rules_times_and_the_models_words(workshop: TextHarness, nonsense: Any) -> None:
    workshop.fields = SMART

    generator = with_times(workshop, answering(nonsense))

    assert timelines(generator) == timelines(workshop.generator())
    assert {told.provenance.method for told in generator.text_results.values()} == {"ai"}
    assert all(timing_counts(row)["model"] == 0 for row in generator.contact_rows(batch(count=COUNT)))


def test_a_record_that_falls_back_is_timed_by_the_rules(workshop: TextHarness) -> None:
    workshop.fields = SMART

    generator = with_times(workshop, LlmCallError(FailureCategory.MODEL_ERROR, "http_400"))

    assert {told.provenance.method for told in generator.text_results.values()} == {"fallback"}
    assert timelines(generator) == timelines(workshop.generator())
    assert all(timing_counts(row)["model"] == 0 for row in generator.contact_rows(batch(count=COUNT)))


def test_times_are_asked_for_in_the_call_that_writes_the_words(workshop: TextHarness) -> None:
    workshop.fields = SMART
    generator = with_times(workshop, good_response)

    request = workshop.model.requests[0]
    activity = request.schema["properties"]["r"]["items"]["properties"]["a"]["items"]
    assert activity["properties"]["m"] == {"type": "integer"}
    assert activity["required"] == ["x", "b"]
    assert "also m:" in request.system
    assert any(line.endswith("m") and " +" in line for line in request.prompt.splitlines())
    assert {told.provenance.prompt_version for told in generator.text_results.values()} <= {
        "stories/v2+timing/v2",
        "pairs/v2",
    }


def test_a_prompt_that_leaves_no_room_for_the_one_about_times_is_refused_at_the_start() -> None:
    mine, config = Prompt("stories", "u1", "x" * MAX_PROMPT_CHARACTERS), LlmConfig.load({})
    smart, plain = (
        parse_simulation_input({"totalRecords": 1, "ai": {"smartScheduling": wanted}}) for wanted in (True, False)
    )

    assert resolve_llm(plain.ai, config, {"stories": mine}).prompt("stories") == mine
    with pytest.raises(LlmConfigError, match=str(MAX_PROMPT_CHARACTERS)):
        resolve_llm(smart.ai, config, {"stories": mine})


def test_who_does_not_ask_for_it_gets_the_rules_times(workshop: TextHarness) -> None:
    workshop.fields = SPAN

    generator = with_times(workshop, answering(2))

    request = workshop.model.requests[0]
    assert timelines(generator) == timelines(workshop.generator())
    assert "also m:" not in request.system
    assert '"m"' not in json.dumps(request.schema)
    assert not any(" +" in line for line in request.prompt.splitlines())
    assert all(timing_counts(row) is None for row in generator.contact_rows(batch(count=COUNT)))


def test_what_was_kept_times_the_same_again(workshop: TextHarness) -> None:
    workshop.fields = SMART
    generator = with_times(workshop, answering(2, usual=True))
    calls = len(workshop.model.requests)

    again = workshop.generator().with_texts(workshop.write_texts(COUNT))

    assert timelines(again) == timelines(generator)
    assert len(workshop.model.requests) == calls
