"""The rules of text templates: which ones texts begin with, and which slots these may use."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from simcrm.synthetic.template_parser import find_slots

INTRODUCED = frozenset({"referral", "partner", "friend"})
"""The sources of accounts that somebody outside the run introduced."""

_MATTERS = ("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY", "lost")
_ORIGIN = frozenset({"event", "event_city", "topic", "code", "product", "city", "company"})
_INTRODUCER = frozenset({"referrer", "referrer_company"})
_PERSON_AND_TIME = frozenset({"first", "last", "date", "time"})
_REQUEST = frozenset(
    {"issue", "code", "product", "seats", "company", "city", "colleague_first", "month_now", "lastday"}
)

Rules: TypeAlias = Mapping[str, Sequence[str]]


class RuleError(NamedTuple):
    """What is wrong with a rule; ``line`` is None if it is not one of its patterns."""

    rule: str
    line: int | None
    reason: str


def root_slots(source_kinds: Iterable[str], endings: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the rules that texts begin with, and the slots that each and the rules in it may use.

    Args:
        source_kinds: the sources of the language's accounts.
        endings: the slots of the language that agree with a person's sex.
    """
    roots = {f"matter_{matter}": _REQUEST.union(endings) for matter in _MATTERS}
    roots["company_description"] = _ORIGIN | {"region", "activity", "year"}
    for kind in source_kinds:
        origin = _ORIGIN | _INTRODUCER if kind in INTRODUCED else _ORIGIN
        roots[f"source_{kind}"] = origin | {"region"}
        roots[f"consent_{kind}"] = origin | _PERSON_AND_TIME | frozenset(endings)
    return roots


def rule_errors(rules: Rules, roots: Mapping[str, Collection[str]]) -> Iterator[RuleError]:
    """Yield what is wrong with rules: marks that do not match, slots that are not there, rules that nothing uses."""
    slots: dict[str, list[set[str]]] = {}
    for rule, patterns in rules.items():
        slots[rule] = []
        for line, pattern in enumerate(patterns):
            try:
                slots[rule].append(find_slots(pattern))
            except ValueError as error:
                slots[rule].append(set())
                yield RuleError(rule, line, str(error))
    reached: set[str] = set()
    for root, known in roots.items():
        within = _reachable(root, slots)
        reached |= within
        for rule in sorted(within):
            for line, used in enumerate(slots[rule]):
                if unknown := used - slots.keys() - set(known):
                    yield RuleError(rule, line, f"{root} has no slot or rule {', '.join(sorted(unknown))}")
    for rule in rules:
        if rule not in reached:
            yield RuleError(rule, None, f"no text uses this rule; texts begin with {', '.join(sorted(roots))}")


def _reachable(root: str, slots: Mapping[str, Sequence[set[str]]]) -> set[str]:
    """Return a rule and those that it uses."""
    found, waiting = set[str](), {root} & slots.keys()
    while waiting:
        rule = waiting.pop()
        found.add(rule)
        waiting |= (set[str]().union(*slots[rule]) & slots.keys()) - found
    return found
