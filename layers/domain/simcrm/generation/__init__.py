"""Records that read as real, without any model: facts drawn from a seed, words composed from data.

>>> generator = SyntheticGenerator(GenerationSettings(seed="7"))
>>> generator.facts(0) == generator.facts(0)
True
"""

from simcrm.generation.errors import (
    DataFileError,
    GenerationError,
    PackError,
    RecordIndexError,
    UnknownLocaleError,
    UnknownScenarioError,
)
from simcrm.generation.generator import Pair, SyntheticGenerator
from simcrm.generation.locales import locale_names
from simcrm.generation.packs import load_scenario, scenario_names
from simcrm.generation.profile import CompanyFacts, LeadFacts
from simcrm.generation.scenario import ActivityRule, CountRange, ScenarioPack, ScenarioParameters, Segment
from simcrm.generation.settings import RECORD_LIMIT, GenerationSettings

__all__ = [
    "RECORD_LIMIT",
    "ActivityRule",
    "CompanyFacts",
    "CountRange",
    "DataFileError",
    "GenerationError",
    "GenerationSettings",
    "LeadFacts",
    "PackError",
    "Pair",
    "RecordIndexError",
    "ScenarioPack",
    "ScenarioParameters",
    "Segment",
    "SyntheticGenerator",
    "UnknownLocaleError",
    "UnknownScenarioError",
    "load_scenario",
    "locale_names",
    "scenario_names",
]
