"""Texts about scenes: only what is so is said."""

import json
import shutil
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from simcrm.models.account_story import Purpose
from simcrm.synthetic import data_files
from simcrm.synthetic.errors import NoAllowedLineError, SceneTextError
from simcrm.synthetic.grammar import Grammar
from simcrm.synthetic.scene_rules import MAX_VARIANTS, RuleParser
from simcrm.synthetic.scene_templates import SceneTemplates, load_scene_templates, parse_scene_templates
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.text_guards import FactValue

ARTICLES = {"a": [{"match": "^(?=[aeio])", "by": "an "}, {"by": "a "}]}
GRAMMAR = Grammar({"forms": ARTICLES}, {"f": {"e": "e"}, "m": {"e": ""}})
PARSER = RuleParser(("event", "webinar", "referral"), GRAMMAR)
SLOTS = {"first": "Ann", "pain": "slow audits", "title": "engineer", "due": "Monday, March 9", "e": ""}

Facts = dict[str, FactValue]


def templates(rules: dict[str, Any], *, capitals: bool = True) -> SceneTemplates:
    return SceneTemplates(PARSER.parse(rules), GRAMMAR, capitals=capitals)


def drawn(rules: dict[str, Any], facts: Facts, count: int = 200, **slots: str) -> Counter[str]:
    written = templates(rules)
    context = written.context(facts, {**SLOTS, **slots})
    seed = SeedSequence("s")
    return Counter(written.text("top", context, seed.stream(RandomStream.TEXTS, index)) for index in range(count))


def knows(*topics: str) -> Facts:
    return {"knows": frozenset(topics)}


def test_a_line_is_drawn_only_if_its_guard_holds() -> None:
    rules = {"top": ["always", {"if": "knows.budget", "say": ["money"]}, {"if": "!knows.budget", "say": ["no money"]}]}

    assert set(drawn(rules, knows())) == {"Always", "No money"}
    assert set(drawn(rules, knows("budget"))) == {"Always", "Money"}


def test_a_variant_with_a_slot_is_drawn_only_if_the_slot_has_a_value() -> None:
    rules = {"top": ["{first} called[| about {pain}| by {due}]"]}

    assert set(drawn(rules, knows())) == {"Ann called"}
    assert set(drawn(rules, knows("pain"))) == {"Ann called", "Ann called about slow audits"}
    assert set(drawn(rules, {"promise": "call"})) == {"Ann called", "Ann called by Monday, March 9"}


@pytest.mark.parametrize(("days", "is_said"), [(1, True), (6, True), (7, False)])
def test_a_weekday_alone_is_said_of_the_next_six_days(days: int, is_said: bool) -> None:  # noqa: FBT001
    texts = drawn({"top": ["Later[| on {due_weekday}]"]}, {"promise": "call", "due_days": days}, due_weekday="Friday")

    assert ("Later on Friday" in texts) is is_said


@pytest.mark.parametrize(("days", "is_said"), [(-3, False), (0, False), (1, True)])
def test_a_decision_is_dated_until_the_day_before_it(days: int, is_said: bool) -> None:  # noqa: FBT001
    facts = {**knows("decision_date"), "decision_days": days}
    texts = drawn({"top": ["Later[| in {decision_month}]"]}, facts, decision_month="May")

    assert ("Later in May" in texts) is is_said


def test_a_slot_that_is_a_rule_needs_a_line_of_it_through_all_depths() -> None:
    rules = {
        "top": ["{outer}", "nothing"],
        "outer": ["so {inner}"],
        "inner": [{"if": "deal=won", "say": ["{pain}"]}],
    }

    assert set(drawn(rules, {"deal": "won", **knows("pain")})) == {"So slow audits", "Nothing"}
    assert set(drawn(rules, {"deal": "open", **knows("pain")})) == {"Nothing"}
    assert set(drawn(rules, {"deal": "won", **knows()})) == {"Nothing"}


def test_allowed_lines_are_equally_likely_and_so_are_the_allowed_variants_of_one() -> None:
    rules = {"top": ["[a|b|c {pain}]", {"if": "deal", "say": ["d", "e"]}, {"if": "!deal", "say": ["f"]}]}
    counts = drawn(rules, {"deal": "open"}, 6000)

    assert set(counts) == {"A", "B", "D", "E"}
    assert all(900 < counts[text] < 1100 for text in "AB")
    assert all(1850 < counts[text] < 2150 for text in "DE")


def test_variants_of_groups_with_different_needs_are_equally_likely() -> None:
    counts = drawn({"top": ["[a|b|{pain}|by {due}]"]}, {"promise": "call", **knows("pain")}, 4000)

    assert len(counts) == 4
    assert all(900 < count < 1100 for count in counts.values())


def test_the_same_draws_write_the_same_text() -> None:
    rules = {"top": ["[a|b|c] {sub} [d|e]"], "sub": ["[x|y]", "z"]}

    assert drawn(rules, {}, 50) == drawn(rules, {}, 50)


def test_a_state_asked_for_once_does_not_decide_the_next() -> None:
    written = templates({"top": ["{sub}"], "sub": [{"if": "minutes<=10", "say": ["short"]}]})
    answers = [written.can_write("top", written.context({"minutes": minutes}, {})) for minutes in (5, 30, 5, 40)]

    assert answers == [True, False, True, False]


def test_whether_a_rule_can_be_written_is_known_before() -> None:
    written = templates({"top": ["{pain}"]})

    assert written.can_write("top", written.context(knows("pain"), SLOTS))
    assert not written.can_write("top", written.context(knows(), SLOTS))
    assert not written.can_write("unheard_of", written.context(knows("pain"), SLOTS))


def test_a_rule_that_cannot_be_written_is_named_with_the_state() -> None:
    with pytest.raises(NoAllowedLineError, match=r"rule 'top' may be drawn with knows=budget\|goal, minutes=5$"):
        drawn({"top": ["{pain}"]}, {"minutes": 5, **knows("goal", "budget")})


def test_lines_begin_with_capitals_and_gaps_do_not_close_over_line_breaks() -> None:
    rules = {"top": ["hi {first},\n\n{why} \n- {pain}\n- goals [.|.]\n{why}"], "why": ["thanks. more"]}

    assert set(drawn(rules, knows("pain"))) == {"Hi Ann,\n\nThanks. More\n- Slow audits\n- Goals.\nThanks. More"}


def test_a_list_begins_with_a_capital_too() -> None:
    assert set(drawn({"top": ["- {pain}\n- a demo"]}, knows("pain"))) == {"- Slow audits\n- A demo"}


def test_a_language_without_capitals_stays_as_it_is() -> None:
    written = templates({"top": ["a\nb"]}, capitals=False)
    rng = SeedSequence("s").stream(RandomStream.TEXTS, 0)

    assert written.text("top", written.context({}, {}), rng) == "a\nb"


def test_an_empty_part_leaves_no_gap_and_an_article_follows_the_sound() -> None:
    rules = {"top": ["{first} is {a title} {maybe} . {maybe} {first}"], "maybe": [""]}

    assert set(drawn(rules, {"main.title": True})) == {"Ann is an engineer. Ann"}


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        ("{pian}", "rules.top.1", "there is no slot or rule 'pian'; did you mean 'pain'"),
        ({"if": "knows.pian", "say": ["a"]}, "rules.top.1.if", "'pian' is none of"),
        ({"if": "promise", "say": ["a", "[b"]}, "rules.top.1.say.1", "a bracket is not closed"),
        ({"if": "promise", "say": []}, "rules.top.1.say", "must be a list that is not empty"),
        ({"if": "promise", "sya": ["a"]}, "rules.top.1", 'needs "if" and "say", has if, sya'),
        ({"if": "source=search", "say": ["a"]}, "rules.top.1.if", "'search' is none of event, webinar, referral"),
        (7, "rules.top.1", "must be a text, is 7"),
        ("[a|b]" * 11, "rules.top.1", "has 2,048 variants, more than 2,000"),
        ("a}", "rules.top.1", "unexpected '}'"),
    ],
)
def test_an_invalid_line_is_named_by_file_line_and_rule(line: Any, field: str, message: str) -> None:
    text = json.dumps({"rules": {"top": ["fine", line]}}, indent=1)

    with pytest.raises(SceneTextError, match=message) as caught:
        parse_scene_templates("activity_texts/en-B2B.json", text, PARSER)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"activity_texts/en-B2B.json:{caught.value.line}: {field}: ")
    assert caught.value.line is not None
    assert caught.value.line > 4


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"top": ["{sub}"], "sub": ["a", "{top}"]}, r"the rule uses itself: (top -> sub -> top|sub -> top -> sub)"),
        ({"pain": ["a"]}, "'pain' is a slot; a rule needs a name of its own"),
        ({"top": []}, "must be a list that is not empty"),
        ([], "must be an object"),
    ],
)
def test_rules_that_cannot_be_written_are_an_error(rules: Any, message: str) -> None:
    with pytest.raises(SceneTextError, match=message):
        parse_scene_templates("texts.json", json.dumps({"rules": rules}), PARSER)


@pytest.mark.parametrize("text", ["{", "[]", '{"rules": {}, "more": 1}'])
def test_a_file_of_another_form_is_an_error(text: str) -> None:
    with pytest.raises(SceneTextError, match=r"texts\.json:\d"):
        parse_scene_templates("texts.json", text, PARSER)


def test_as_many_variants_as_allowed_are_accepted() -> None:
    choice = f"[{'|'.join(map(str, range(MAX_VARIANTS)))}]"

    assert len(drawn({"top": [choice]}, {}, 20)) > 15


def test_the_texts_of_a_language_are_loaded_with_its_sources_and_endings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    for name in ("languages", "source_texts"):
        shutil.copytree(data_files.DATA / name, folder / name)
    (folder / "activity_texts").mkdir()
    lines = [{"if": "source=social", "say": ["vorgestellt{e} Kontakt"]}]
    (folder / "activity_texts" / "de-B2B.json").write_text(json.dumps({"rules": {"top": lines}}), encoding="utf-8")
    digests = {
        path.relative_to(folder).as_posix(): blake2b(path.read_bytes(), digest_size=8).hexdigest()
        for path in folder.rglob("*.json")
    }
    (folder / "manifest.json").write_text(json.dumps(digests), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(data_files, "DATA", folder)
        patch.setattr(data_files, "_manifest", data_files._manifest.__wrapped__)
        loaded = load_scene_templates.__wrapped__("de", "B2B")
    rng = SeedSequence("s").stream(RandomStream.TEXTS, 0)

    assert loaded.text("top", loaded.context({"source": "social"}, {"e": "e"}), rng) == "Vorgestellte Kontakt"


@pytest.mark.parametrize("kind", ["B2B", "B2C"])
@pytest.mark.parametrize("language", data_files.data_names("languages"))
def test_every_language_has_words_for_tasks_without_a_promise(language: str, kind: str) -> None:
    loaded = load_scene_templates(language, kind)
    nothing = loaded.context({}, {})

    rules = [f"task_{part}_{purpose}" for part in ("subject", "body") for purpose in ("other", Purpose.INFORM)]
    assert [rule for rule in rules if not loaded.can_write(rule, nothing)] == []
