"""The guards of texts: what they say, what is wrong with them, and which of them hold."""

import pytest

from simcrm.models.account_story import CommitteeRole, SceneKind, Topic
from simcrm.synthetic.text_guards import Atom, AtomTable, FactValue, GuardError, GuardParser

PARSER = GuardParser(("event", "webinar", "referral"))
SCENE: dict[str, FactValue] = {
    "source": "event",
    "kind": SceneKind.DEMO,
    "knows": frozenset({Topic.PAIN, Topic.BUDGET}),
    "minutes": 30,
    "discount": 0,
    "main.role": CommitteeRole.CHAMPION,
    "promise": "call",
    "customer": False,
}


def holds(guard: str, facts: dict[str, FactValue] = SCENE) -> bool:
    atoms = PARSER.parse(guard)
    table = AtomTable(atoms)
    required = table.mask(atoms)
    assert all(atom.holds(facts.get(atom.name)) for atom in atoms) == (not required & ~table.state(facts))
    return not required & ~table.state(facts)


@pytest.mark.parametrize(
    "guard",
    [
        "source=event",
        "source=webinar|event",
        "!source=webinar",
        "kind=demo, knows.pain, knows.budget",
        "!knows.goal",
        "minutes<=30",
        "minutes>=30, minutes<31, minutes>29",
        "minutes=15|30",
        "main.role=champion",
        "promise, promise=call|demo",
        "! deal, !customer",
        "discount=0",
    ],
)
def test_a_guard_holds_if_all_its_conditions_do(guard: str) -> None:
    assert holds(guard)


@pytest.mark.parametrize(
    "guard",
    [
        "source=webinar|referral",
        "!source=event",
        "knows.pain, knows.goal",
        "!knows.pain",
        "minutes>30",
        "minutes<30",
        "main.role=blocker",
        "!promise",
        "customer",
        "deal",
        "employees>=0",
        "deal=open",
    ],
)
def test_a_guard_does_not_hold_if_a_condition_does_not_or_nothing_is_known_of_it(guard: str) -> None:
    assert not holds(guard)


def test_a_guard_is_a_set_of_atoms_and_reads_back_as_it_was_written() -> None:
    atoms = PARSER.parse("!source=webinar|event , minutes<=10,promise,knows.pain")

    assert atoms == {
        Atom("source", "=", ("event", "webinar"), negated=True),
        Atom("minutes", "<=", (10,)),
        Atom("promise"),
        Atom("knows", "=", ("pain",)),
    }
    assert PARSER.parse(", ".join(map(str, atoms))) == atoms


@pytest.mark.parametrize(
    ("guard", "message"),
    [
        ("sorce=event", "'sorce=event': there is no 'sorce'; did you mean 'source'"),
        ("knows.pian", "'pian' is none of pain, goal, .*; did you mean 'pain'"),
        ("source=demo", "'demo' is none of event, webinar, referral"),
        ("minutes=ten", "needs a whole number, as in minutes=10"),
        ("minutes<=1|2", "needs a whole number, as in minutes<=10"),
        ("minutes", "must be compared, as in minutes<=10"),
        ("decider", r"must be compared, as in decider=main\|other\|absent"),
        ("customer=yes", "cannot be compared by '='; write customer$"),
        ("promise>2", "cannot be compared by '>'; write promise=send_material"),
        ("knows=pain", "there is no 'knows'; did you mean"),
        ("knows.pain=yes", "there is no 'knows.pain'"),
        ("knows.pain and promise", "is no condition such as"),
        ("knows.pain,", "'': is no condition such as"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_would_be_right(guard: str, message: str) -> None:
    with pytest.raises(GuardError, match=message):
        PARSER.parse(guard)


def test_a_state_is_that_of_the_facts_and_not_of_those_asked_before() -> None:
    atoms = PARSER.parse("minutes<=10")
    table = AtomTable(atoms)

    assert [bool(table.state({"minutes": minutes})) for minutes in (5, 30, 10, 11, 5)] == [
        True,
        False,
        True,
        False,
        True,
    ]
