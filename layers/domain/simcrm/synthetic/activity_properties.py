"""Write the properties of everything that happens at an account: its activities, its deals and their lines."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import Channel, PromiseKind, Purpose, Scene, SceneKind, SceneOutcome
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.deal_properties import deal_properties, line_item_properties
from simcrm.synthetic.email_properties import email_properties, to_html
from simcrm.synthetic.scene_view import SceneView
from simcrm.synthetic.seeded_random import StreamRandom
from simcrm.synthetic.ticket_properties import ticket_properties

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
LEFT_VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"
LEFT_MESSAGE = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
BUSY = "9d9162e7-6cf3-4944-bf63-4dff82258764"
_DISPOSITIONS = {
    SceneOutcome.DONE: CONNECTED,
    SceneOutcome.VOICEMAIL: LEFT_VOICEMAIL,
    SceneOutcome.NO_ANSWER: NO_ANSWER,
    SceneOutcome.BUSY: BUSY,
}
_CALL_STATUSES = {SceneOutcome.NO_ANSWER: "NO_ANSWER", SceneOutcome.BUSY: "BUSY"}
_MEETING_OUTCOMES = {SceneOutcome.NO_SHOW: "NO_SHOW"}
_TASK_TYPES = {
    PromiseKind.CALL: "CALL",
    PromiseKind.CHECK_IN: "CALL",
    PromiseKind.SEND_MATERIAL: "EMAIL",
    PromiseKind.SEND_PROPOSAL: "EMAIL",
    PromiseKind.SEND_CONTRACT: "EMAIL",
}
_TASK_PRIORITIES = {
    "hot": ("HIGH", "MEDIUM", "HIGH"),
    "warm": ("MEDIUM", "LOW", "MEDIUM"),
    "cold": ("LOW", "MEDIUM", "NONE"),
}
_VOICEMAIL_SECONDS, _RINGING_SECONDS = (15, 45), (4, 30)


def activity_properties(writer: AccountWriter, event: ActivityEvent) -> Properties:
    """Return the properties of a deal, a line item or an activity."""
    return _WRITERS[event.object_type](writer, event, writer.stream(event))


def _note(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    if touch.trigger is LifecycleTrigger.CREATED:
        view, rule = _joining(writer, view), "note_first_touch" if touch.position == 0 else "note_introduction"
    elif touch.purpose is Purpose.ASSESSMENT:
        rule = "note_assessment"
    else:
        rule = f"note_{view.scene.kind}"
    return {"hs_timestamp": to_iso_utc(event.at), "hs_note_body": writer.text(rule, view, rng)}


def _joining(writer: AccountWriter, view: SceneView) -> SceneView:
    """Return the scene in which a contact entered: its own introduction if there is one, else what came before."""
    for scene in writer.story.scenes:
        if scene.kind is SceneKind.INTRODUCTION and scene.participants[0] == view.main:
            return replace(view, scene=scene)
    return view


def _call(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    _, view = writer.touch_view(event)
    scene = view.scene
    answered = scene.outcome is SceneOutcome.DONE
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_call_title": writer.text("call_title", view, rng),
        "hs_call_body": writer.text(f"call_{scene.kind if answered else scene.outcome}", view, rng),
        "hs_call_duration": str(_call_seconds(scene, rng) * 1000),
        "hs_call_direction": "INBOUND" if answered and rng.bernoulli(0.18) else "OUTBOUND",
        "hs_call_status": _CALL_STATUSES.get(scene.outcome, "COMPLETED"),
        "hs_call_disposition": _DISPOSITIONS[scene.outcome],
    }


def _call_seconds(scene: Scene, rng: StreamRandom) -> int:
    """Return how long a call lasted: the minutes that are told, and what a text would not say."""
    if scene.outcome is SceneOutcome.DONE:
        return scene.minutes * 60 + rng.randbelow(25)
    low, high = _VOICEMAIL_SECONDS if scene.outcome is SceneOutcome.VOICEMAIL else _RINGING_SECONDS
    return low + rng.randbelow(high - low)


def _meeting(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    _, view = writer.touch_view(event)
    scene = view.scene
    missed = scene.outcome is SceneOutcome.NO_SHOW
    planned = _missed_kind(writer, scene) if missed else scene.kind
    ends = scene.at + timedelta(minutes=scene.minutes or 30)
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_meeting_title": writer.text(f"meeting_title_{planned}", view, rng),
        "hs_meeting_body": to_html(writer.text(f"meeting_agenda_{planned}", view, rng)),
        "hs_internal_meeting_notes": writer.text(f"meeting_notes_{scene.kind}", view, rng),
        "hs_meeting_start_time": to_iso_utc(scene.at),
        "hs_meeting_end_time": to_iso_utc(ends),
        "hs_meeting_outcome": _MEETING_OUTCOMES.get(scene.outcome, "COMPLETED"),
    }


def _missed_kind(writer: AccountWriter, missed: Scene) -> SceneKind:
    """Return what the meeting that somebody missed was about: the next meeting of the deal."""
    later = writer.story.scenes[missed.number + 1 :]
    return next(
        (scene.kind for scene in later if scene.deal == missed.deal and scene.channel is Channel.MEETING),
        SceneKind.DEMO,
    )


def _task(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    promise = view.scene.promise if touch.purpose is Purpose.PROMISE else None
    scene_view = replace(view, at=touch.begins_at, scene=replace(view.scene, promise=promise))
    kind = "other" if promise is None else promise.kind
    kind = Purpose.INFORM if touch.purpose is Purpose.INFORM else kind
    is_due = writer.until is None or touch.at <= writer.until
    return {
        "hs_timestamp": to_iso_utc(touch.at),
        "hs_task_subject": writer.text(f"task_subject_{kind}", scene_view, rng),
        "hs_task_body": writer.text(f"task_body_{kind}", scene_view, rng),
        "hs_task_status": "COMPLETED" if touch.is_done and is_due else "NOT_STARTED",
        "hs_task_priority": rng.choice(_TASK_PRIORITIES[view.contact.temperature]),
        "hs_task_type": "TODO" if promise is None else _TASK_TYPES.get(promise.kind, "TODO"),
    }


_WRITERS: Mapping[ObjectType, Callable[[AccountWriter, ActivityEvent, StreamRandom], Properties]] = {
    ObjectType.DEALS: deal_properties,
    ObjectType.LINE_ITEMS: line_item_properties,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.MEETINGS: _meeting,
    ObjectType.EMAILS: email_properties,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: ticket_properties,
}
