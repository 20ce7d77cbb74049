"""The same seed and account give the same bytes, wherever and in whatever order."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from builders import DAY, START, plan
from unit.synthetic.conftest import END, MakeRun, Run

from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.account_histories import AccountHistories

PACKAGE = Path(__file__).parents[3] / "layers" / "domain"
SCRIPT = """
import hashlib, json, sys
from dataclasses import asdict
from datetime import UTC, datetime
from simcrm.lifecycle.account_history import simulate_account
from simcrm.lifecycle.account_outline import AccountOutline, HistorySettings
from simcrm.lifecycle.calibration import calibrate
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import LineItem
from simcrm.models.lead_events import ActivityEvent, LifecycleStage
from simcrm.models.owner import Owner
from simcrm.synthetic import AccountGenerator, GenerationSettings
from simcrm.synthetic.account_contact_properties import company_properties, contact_properties
from simcrm.synthetic.activity_properties import activity_properties

def price(account, deal, amount, discount):
    return (LineItem("Product", 3, round(amount * 100 / 3)),)

def plain(value):
    return sorted(value) if isinstance(value, frozenset) else str(value)

at = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
order, made = [int(number) for number in sys.argv[1].split(",")], {}
for scenario in ("B2B", "B2C"):
    generator = AccountGenerator(GenerationSettings("7", scenario, contacts_per_company=None))
    settings = HistorySettings(calibrate(0.62, 0.7, 0.6), generator.parameters, 4.0, price)
    for number in order:
        facts, calendar = generator.account(number), WorkingCalendar(generator.zone(number))
        roles = tuple(contact.role for contact in facts.contacts)
        outline = AccountOutline(number, facts.company.source_kind, facts.latents, roles, calendar, calendar)
        story = simulate_account(generator.seed, outline, at, settings)
        writer = generator.writer(story, Owner(id="1", first_name="Ada", last_name="Lim", email="a@example.com"), None)
        own = [contact_properties(writer, place, LifecycleStage.LEAD) for place in range(len(roles))]
        said = [
            activity_properties(
                writer,
                ActivityEvent(touch.object_type, 0, touch.at, touch.trigger, touch=place, contacts=(touch.position,)),
            )
            for place, touch in enumerate(story.touches)
        ]
        made[f"{scenario}{number}"] = [asdict(facts), asdict(story), company_properties(facts.company, at), own, said]
print(hashlib.blake2b(json.dumps(made, sort_keys=True, default=plain).encode()).hexdigest())
"""
NUMBERS = (0, 1, 17, 4_711, 9_999_999)
YEAR = 364 * DAY


@cache
def digest(python: str, order: tuple[int, ...], hash_seed: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE), "PYTHONHASHSEED": hash_seed}
    arguments = [python, "-c", SCRIPT, ",".join(map(str, order))]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_two_processes_in_different_order_agree() -> None:
    assert digest(sys.executable, NUMBERS, "1") == digest(sys.executable, NUMBERS[::-1], "2")


def interpreter(version: str) -> str | None:
    """A Python of this version that runs; a version manager's shim may be there without one behind it."""
    managed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = [*map(str, reversed(managed)), shutil.which(f"python{version}")]
    return next((python for python in found if python is not None and _runs(python)), None)


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_python_versions_agree(version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")

    assert digest(python, NUMBERS, "3") == digest(sys.executable, NUMBERS, "1")


def written(made: Run) -> list[object]:
    """Everything of a run as it is written."""
    contacts = [(record.contact, record.company) for record in made.records]
    return [contacts, [item.properties for item in made.activities]]


@pytest.mark.parametrize(("scenario", "expected"), [("B2B", "9341b4dcce3a615e"), ("B2C", "b5292b3bd5226de7")])
def test_a_record_is_what_it_was_in_every_earlier_version(run: MakeRun, scenario: str, expected: str) -> None:
    """A change here changes the data of everyone's seeds: say so in the change log, and raise GENERATOR_VERSION."""
    text = json.dumps(written(run(100, scenario=scenario)), sort_keys=True)

    assert hashlib.blake2b(text.encode(), digest_size=8).hexdigest() == expected


def test_the_order_of_asking_does_not_matter(run: MakeRun) -> None:
    made = run(100)
    again = AccountHistories.from_plan(made.histories.plan)
    numbers = range(again.arrivals.count)

    backwards = [
        [again.contact(number, contact.position) for contact in again.history(number).facts.contacts]
        for number in reversed(numbers)
    ]

    assert list(chain(*backwards[::-1])) == [record.contact for record in made.records]


def test_another_seed_gives_other_records(run: MakeRun) -> None:
    one, other = run(100).records, run(100, seed="8").records

    assert not {record.contact["email"] for record in one} & {record.contact["email"] for record in other}
    assert not {record.company["domain"] for record in one} & {record.company["domain"] for record in other}


def test_the_time_of_arrival_changes_dates_but_no_people(run: MakeRun) -> None:
    made, later = (
        run(100),
        AccountHistories.from_plan(
            plan(run_start=END + YEAR, seed="7", totalRecords=100, startTime=to_iso_utc(START + YEAR))
        ),
    )

    for record in made.records:
        number, facts = record.facts.company.number, record.facts
        contact = later.contact(number, facts.position)
        for name in ("firstname", "lastname", "email", "jobtitle", "phone", "city", "zip", "hs_buying_role"):
            assert contact[name] == record.contact[name]
        assert contact["simcrm_engagement_score"] == record.contact["simcrm_engagement_score"]
        assert contact["simcrm_simulated_at"] > record.contact["simcrm_simulated_at"]
