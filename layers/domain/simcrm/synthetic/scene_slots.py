"""What must be so before a text may use a slot."""

SLOT_GUARDS: dict[str, str] = {
    # The main participant of the scene, the other one, who decides, and who introduced the main one
    "first": "",
    "last": "",
    "name": "",
    "person": "",
    "person_acc": "",
    "title": "main.title",
    "other": "people>=2",
    "other_first": "people>=2",
    "other_title": "people>=2, other.title",
    "decider": "decider=other|absent",
    "decider_first": "decider=other|absent",
    "decider_title": "decider=other|absent, decider.title",
    "introducer": "introduced",
    "introducer_first": "introduced",
    # The seller, and people outside the account
    "owner": "",
    "owner_first": "",
    "referrer": "source=referral|partner|friend",
    "referrer_company": "source=referral|partner",
    "quoted_name": "answers",
    # Things
    "company": "",
    "city": "",
    "employees": "employees>=1",
    "product": "",
    "pain": "knows.pain",
    "gain": "knows.goal",
    "objection": "knows.objection",
    "incumbent": "knows.incumbent",
    "competitor": "knows.competitor",
    "trigger": "knows.trigger",
    "seats": "knows.seats, seats>=3",
    "users": "knows.seats, seats>=3",
    "amount": "knows.price",
    "discount": "knows.discount, discount>0",
    "topic": "source=webinar|content|social|newsletter|organic",
    "event": "source=event|offer",
    "event_city": "source=event",
    "issue": "request=product_issue|billing_issue",
    "matter": "issue",
    "minutes": "minutes>0",
    # Time
    "due": "promise",
    "due_weekday": "promise, due_days<=6",
    "due_date": "promise",
    "due_time": "promise=call|discovery|demo|workshop|review_proposal|onboarding|check_in",
    "decision_month": "knows.decision_date, decision_days>=1",
    "decision_date": "knows.decision_date, decision_days>=1",
    "quarter": "knows.decision_date, decision_days>=1",
    "date": "",
    "weekday": "",
    "month_now": "",
    "last_date": "scenes>=1",
}
"""The guard of each slot; empty if the slot always has a value. Sources are those of all kinds of scenarios."""

SLOT_SOURCES = (
    "event",
    "webinar",
    "content",
    "social",
    "referral",
    "partner",
    "friend",
    "newsletter",
    "organic",
    "offer",
)
"""The sources in ``SLOT_GUARDS``, of all kinds of scenarios."""

PERSON_SLOTS = frozenset(
    {
        "first",
        "name",
        "person",
        "person_acc",
        "other",
        "other_first",
        "decider",
        "decider_first",
        "introducer",
        "introducer_first",
    }
)
"""The slots of people whose sex is known; that of the seller and of people outside the account is not."""

NOUN_SLOTS = frozenset({"product", "event", "topic", "incumbent", "competitor"})
"""The slots of nouns of the vocabulary, which may have a gender and forms."""

GENDERED_SLOTS = PERSON_SLOTS | NOUN_SLOTS
