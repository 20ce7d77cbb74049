"""Realistic records without any model: facts drawn from a seed, text composed from data.

>>> generator = AccountGenerator(GenerationSettings(seed="7"))
>>> generator.account(0) == generator.account(0)
True
"""

from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.account_layout import create_layout
from simcrm.synthetic.errors import (
    DataFileError,
    GenerationError,
    PackError,
    RecordIndexError,
    UnknownLocaleError,
    UnknownScenarioError,
)
from simcrm.synthetic.facts import AccountFacts, CompanyFacts, ContactFacts
from simcrm.synthetic.locales import locale_names
from simcrm.synthetic.scenario import ActivityRule, CountRange, ScenarioPack, ScenarioParameters, Segment
from simcrm.synthetic.scenario_packs import load_scenario, scenario_names
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings

__all__ = [
    "RECORD_LIMIT",
    "AccountFacts",
    "AccountGenerator",
    "ActivityRule",
    "CompanyFacts",
    "ContactFacts",
    "CountRange",
    "DataFileError",
    "GenerationError",
    "GenerationSettings",
    "PackError",
    "RecordIndexError",
    "ScenarioPack",
    "ScenarioParameters",
    "Segment",
    "UnknownLocaleError",
    "UnknownScenarioError",
    "create_layout",
    "load_scenario",
    "locale_names",
    "scenario_names",
]
