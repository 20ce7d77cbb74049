"""Smart scheduling: the model proposes times in the call that writes the words; bounds decide."""

import json
from typing import Any

import pytest
from builders import batch
from scripted_model import answered, rows
from unit.generation.conftest import Workshop

from simcrm.core.config import AiConfig
from simcrm.core.json_types import JsonObject
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.llm.errors import AiError, CallFailedError, Category
from simcrm.llm.prompts import MAX_PROMPT, Prompt
from simcrm.llm.providers.base import ModelAnswer, ModelRequest
from simcrm.models.lead_events import ActivityEvent
from simcrm.models.simulation_input import parse_simulation
from simcrm.planning.llm_plan import plan_ai
from simcrm.planning.waves import wave_rows

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

    def answer(request: ModelRequest) -> ModelAnswer:
        told = list(rows(request))
        lines = [line for line in request.prompt.splitlines() if not line[0].isdigit()]
        activities = [activity for row in told for activity in row["a"]]
        for line, activity in zip(lines, activities, strict=True):
            own = int(line.rpartition(" +")[2].removesuffix("m")) if " +" in line else 0
            activity["m"] = round(own * minutes) if usual else minutes
        return answered(request, text=json.dumps({"r": told}))

    return answer


def timed(workshop: Workshop, step: Any) -> BatchGenerator:
    workshop.model.script = [step] * 200
    return workshop.maker().with_words(workshop.words(COUNT))


def lives(maker: BatchGenerator) -> list[list[ActivityEvent]]:
    return maker.lives(batch(count=COUNT))


def timing_of(row: JsonObject) -> Any:
    return json.loads(row["contact"]["simcrm_generation_metadata"]).get("timing")


def test_the_models_times_are_those_of_activities_and_waves(workshop: Workshop) -> None:
    workshop.fields = SMART

    maker = timed(workshop, answering(2, usual=True))
    ruled = workshop.maker()

    changed = sum(
        a.at != b.at for x, y in zip(lives(maker), lives(ruled), strict=True) for a, b in zip(x, y, strict=True)
    )
    waves, before = maker.waves(batch(count=COUNT)), ruled.waves(batch(count=COUNT))
    assert changed > COUNT / 2
    assert wave_rows(waves) != wave_rows(before)
    assert sum(map(len, waves)) == sum(map(len, before))
    pace = maker.plan.pace
    for place in (place for wave in waves for place in wave):
        assert place.due_at == pace.due(lives(maker)[place.index][place.event].at)
    written = {row["properties"].get("hs_timestamp") for wave in waves for row in maker.activities(wave)}
    assert {
        each.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for life in lives(maker)
        for each in life
        if each.object_type == "calls"
    } <= written


def test_metadata_tells_who_timed_how_many(workshop: Workshop) -> None:
    workshop.fields = SMART

    maker = timed(workshop, answering(1, usual=True))

    found = [timing_of(row) for row in maker.pairs(batch(count=COUNT))]
    movable = [sum(event.object_type not in {"deals", "contacts"} for event in life) for life in lives(maker)]
    assert [timing["model"] + timing["rules"] for timing in found] == movable
    assert sum(timing["model"] for timing in found) > sum(movable) / 2


@pytest.mark.parametrize("nonsense", [0, -3, 10**30, "soon", None, 1.5, True, [], {"a": 1}])
def test_nonsense_leaves_the_rules_times_and_the_models_words(workshop: Workshop, nonsense: Any) -> None:
    workshop.fields = SMART

    maker = timed(workshop, answering(nonsense))

    assert lives(maker) == lives(workshop.maker())
    assert {told.origin.method for told in maker.told.values()} == {"ai"}
    assert all(timing_of(row)["model"] == 0 for row in maker.pairs(batch(count=COUNT)))


def test_a_record_that_falls_back_is_timed_by_the_rules(workshop: Workshop) -> None:
    workshop.fields = SMART

    maker = timed(workshop, CallFailedError(Category.MODEL_ERROR, "http_400"))

    assert {told.origin.method for told in maker.told.values()} == {"fallback"}
    assert lives(maker) == lives(workshop.maker())
    assert all(timing_of(row)["model"] == 0 for row in maker.pairs(batch(count=COUNT)))


def test_times_are_asked_for_in_the_call_that_writes_the_words(workshop: Workshop) -> None:
    workshop.fields = SMART
    maker = timed(workshop, answered)

    request = workshop.model.requests[0]
    activity = request.schema["properties"]["r"]["items"]["properties"]["a"]["items"]
    assert activity["properties"]["m"] == {"type": "integer"}
    assert "m" in activity["required"]
    assert "also m:" in request.system
    assert any(line.endswith("m") and " +" in line for line in request.prompt.splitlines())
    assert {told.origin.prompt_version for told in maker.told.values()} <= {"stories/v1+timing/v1", "pairs/v1"}


def test_a_prompt_that_leaves_no_room_for_the_one_about_times_is_refused_at_the_start() -> None:
    mine, config = Prompt("stories", "u1", "x" * MAX_PROMPT), AiConfig.load({})
    smart, plain = (
        parse_simulation({"totalRecords": 1, "ai": {"smartScheduling": wanted}}) for wanted in (True, False)
    )

    assert plan_ai(plain, config, {"stories": mine}).prompt("stories") == mine
    with pytest.raises(AiError, match=str(MAX_PROMPT)):
        plan_ai(smart, config, {"stories": mine})


def test_who_does_not_ask_for_it_gets_the_rules_times(workshop: Workshop) -> None:
    workshop.fields = SPAN

    maker = timed(workshop, answering(2))

    request = workshop.model.requests[0]
    assert lives(maker) == lives(workshop.maker())
    assert "also m:" not in request.system
    assert '"m"' not in json.dumps(request.schema)
    assert not any(" +" in line for line in request.prompt.splitlines())
    assert all(timing_of(row) is None for row in maker.pairs(batch(count=COUNT)))


def test_what_was_kept_times_the_same_again(workshop: Workshop) -> None:
    workshop.fields = SMART
    maker = timed(workshop, answering(2, usual=True))
    calls = len(workshop.model.requests)

    again = workshop.maker().with_words(workshop.words(COUNT))

    assert lives(again) == lives(maker)
    assert len(workshop.model.requests) == calls
