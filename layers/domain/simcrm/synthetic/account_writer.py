"""See an account's scenes at a time and write texts about them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simcrm.models.account_story import AccountStory, Channel, Purpose, Scene, SceneKind, SceneOutcome, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.models.owner import Owner
from simcrm.synthetic.account_contacts import LocaleContext, draw_colleague
from simcrm.synthetic.facts import AccountFacts
from simcrm.synthetic.locales import Person
from simcrm.synthetic.scene_view import SceneView, SupportRequest
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom, WeightedChoice
from simcrm.synthetic.time_zones import time_zone_for

_CATEGORIES = WeightedChoice(("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"), (52, 16, 14, 18))
_REQUEST_PART = 60_000
_HABIT_PART = 65_000
_ORDINALS = 4_000
"""Room for the activities of one type of a contact, each with its own draws."""


@dataclass(frozen=True, slots=True)
class AccountWriter:
    """Writes about one account.

    ``until`` is the time at which the portal is looked at: texts of contacts and deals that are written at once say
    what is so then; None is the end of the history.
    """

    context: LocaleContext
    account: AccountFacts
    story: AccountStory
    owner: Owner
    until: datetime | None = None

    def stream(self, event: ActivityEvent) -> StreamRandom:
        """Return the random numbers of an activity's texts."""
        first = event.contacts[0] if event.contacts else 0
        part = list(ObjectType).index(event.object_type) * _ORDINALS + event.ordinal
        return self.context.seed.stream(RandomStream.ACTIVITY, self.account.contacts[first].index, part)

    def view(self, scene: Scene, main: int, at: datetime, touch: Touch | None = None) -> SceneView:
        """Return a scene of the account as it is seen at a time."""
        deal = None if scene.deal is None else self.story.deals[scene.deal]
        zone = time_zone_for(self.context.locale.name, self.account.company.place)
        view = SceneView(self.context, self.account, self.story, scene, main, at, zone, self.owner, touch, deal)
        return replace(view, request=self.request(view)) if scene.kind is SceneKind.SUPPORT else view

    def request(self, view: SceneView, *, is_lost: bool = False) -> SupportRequest:
        """Return what a customer, or a company that did not buy, asks support about in a scene."""
        part = _REQUEST_PART + view.scene.number
        rng = self.context.seed.stream(RandomStream.ACTIVITY, view.contact.index, part)
        category = "GENERAL_INQUIRY" if is_lost else _CATEGORIES.pick(rng)
        return SupportRequest(category, _matter(self, view, "lost" if is_lost else category, rng))

    def touch_view(self, event: ActivityEvent) -> tuple[Touch, SceneView]:
        """Return the touch of an activity and its scene as it is seen then."""
        if event.touch is None:
            raise ValueError(f"{event.object_type} is no activity of a scene")
        touch = self.story.touches[event.touch]
        scene = self.story.scenes[touch.scene]
        return touch, self.view(scene, _person_of(touch, scene), touch.at, touch)

    def text(self, rule: str, view: SceneView, rng: StreamRandom, habit: StreamRandom | None = None) -> str:
        """Write a text about a scene; ``habit`` draws what stays the same from text to text."""
        return self.context.scenes.text(rule, view.text_context, rng, habit)

    def habit(self, view: SceneView, *, incoming: bool) -> StreamRandom:
        """Return the random numbers by which the contact writes to the seller in all e-mails, or the seller to it."""
        return self.context.seed.stream(RandomStream.ACTIVITY, view.contact.index, _HABIT_PART + incoming)

    def last_scene(self, position: int) -> Scene:
        """Return the last scene that a contact took part in by ``until``, or the first of the account."""
        seen = [
            scene
            for scene in self.story.scenes
            if position in scene.participants and (self.until is None or scene.at <= self.until)
        ]
        return seen[-1] if seen else self.story.scenes[0]


def _person_of(touch: Touch, scene: Scene) -> int:
    """Return the position of whom a text is about: the contact of its record, unless the scene is that of another.

    A promise is kept to whoever it was made to, and what was written or missed is told of whom it was written to or
    waited for, as in the e-mails and meetings of the same scene.
    """
    if touch.purpose is Purpose.PROMISE:
        return scene.participants[0]
    if touch.purpose is not Purpose.SUMMARY or touch.trigger is LifecycleTrigger.CREATED:
        return touch.position
    is_present = touch.position in scene.participants and scene.outcome is not SceneOutcome.NO_SHOW
    return touch.position if is_present and scene.channel is not Channel.EMAIL else scene.participants[0]


def _matter(writer: AccountWriter, view: SceneView, kind: str, rng: StreamRandom) -> str:
    """Return what a request is about, in the words of the company's segment."""
    language, subject = writer.context.language, writer.account.subject
    slots = {
        **language.endings[view.contact.person.sex],
        "issue": subject.issue,
        "code": str(subject.code),
        "product": subject.offer.product,
        "seats": language.number(_billed_seats(view) if kind == "BILLING_ISSUE" else view.seats),
        "company": writer.account.company.short_name,
        "city": writer.account.company.place.city,
        "colleague_first": _colleague(writer, view).first,
        "month_now": language.month(view.local),
        "lastday": language.month(view.local - timedelta(days=40)),
    }
    templates = writer.context.companies.segment_sampler(writer.account.company).templates
    matters = templates.rules[f"matter_{kind}"]
    fitting = [matter for matter in matters if view.is_sold_by_seat or "{seats}" not in matter]
    return templates.expand(rng.choice(fitting or matters), slots, rng)


def _billed_seats(view: SceneView) -> int:
    """Return how many users a wrong invoice lists: more than were agreed."""
    return view.seats + max(1, view.seats // 8)


def _colleague(writer: AccountWriter, view: SceneView) -> Person:
    """Return another contact of the account, or somebody outside the run if no other has joined yet."""
    joined = [contact for contact in writer.account.contacts if writer.story.joined_at[contact.position] <= view.at]
    others = [contact for contact in joined if contact.position != view.main]
    if view.other is not None or others:
        return (view.other or others[-1]).person
    people = [contact.person for contact in writer.account.contacts]
    return draw_colleague(writer.context, view.contact.index, people)
