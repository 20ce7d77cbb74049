"""The shipped data: there, undamaged, small, and used."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simcrm.synthetic import (
    AccountGenerator,
    DataFileError,
    GenerationSettings,
    data_files,
    language,
    load_scenario,
    locales,
    scenario_names,
)
from simcrm.synthetic.language_data import language_data, slot_forms, source_texts
from simcrm.synthetic.scenario_pack_checks import check_grammar
from simcrm.synthetic.scenario_packs import translated_vocabulary
from simcrm.synthetic.template_rules import root_slots, rule_errors

DATA = data_files.DATA
LANGUAGES = data_files.data_names("languages")
KINDS = ("B2B", "B2C")


@pytest.fixture
def copied_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data in a folder of its own, read anew."""

    def forget() -> None:
        data_files.read_data.cache_clear()
        data_files._manifest.cache_clear()
        locales.load_locale.cache_clear()
        language.load_language.cache_clear()

    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(data_files, "DATA", folder)
    forget()
    yield folder
    forget()


def test_all_data_is_in_the_manifest_and_as_it_was_shipped() -> None:
    on_disk = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.json")} - {"manifest.json"}

    assert on_disk == set(json.loads((DATA / "manifest.json").read_text(encoding="utf-8")))
    for name in on_disk:
        assert data_files.read_data(name)


def test_the_data_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 5_000_000


@pytest.mark.parametrize("name", ["locales/en_US/names.json", "manifest.json"])
def test_a_missing_file_is_named_at_the_start(copied_data: Path, name: str) -> None:
    (copied_data / name).unlink()

    with pytest.raises(DataFileError, match=f"data file {name} is missing"):
        AccountGenerator(GenerationSettings(seed="7"))


@pytest.mark.parametrize(
    "name", ["locales/en_US/places.json", "locales/en_US/companies.json", "languages/en.json", "manifest.json"]
)
def test_a_damaged_file_is_named_at_the_start(copied_data: Path, name: str) -> None:
    path = copied_data / name
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DataFileError, match=f"data file {name} is damaged"):
        AccountGenerator(GenerationSettings(seed="7"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_read_knows_its_slots_and_is_used(language: str, kind: str) -> None:
    shared, own = language_data(language), source_texts(language, kind)
    roots = root_slots(own["sourceKinds"], shared["endings"]["f"])
    packs = [load_scenario(scenario) for scenario in scenario_names()]
    replaced = [
        segment.texts[language].rules
        for pack in packs
        if pack.kind == kind
        for segment in pack.segments
        if language in segment.texts
    ]

    assert roots.keys() <= own["rules"].keys()
    assert not list(rule_errors({**shared["rules"], **own["rules"]}, roots))
    for rules in replaced:
        assert not list(rule_errors({**shared["rules"], **own["rules"], **rules}, roots))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_noun_has_the_forms_that_texts_ask_for(language: str, kind: str) -> None:
    for pack in (load_scenario(scenario) for scenario in scenario_names()):
        for segment in pack.segments if pack.kind == kind else ():
            vocabulary = segment.texts.get(language) or translated_vocabulary(language, segment)
            assert vocabulary is not None
            check_grammar(vocabulary, kind, language, (segment.name,))


@pytest.mark.parametrize("locale", locales.locale_names())
def test_every_city_has_the_forms_that_texts_ask_for(locale: str) -> None:
    places = locales.load_locale(locale)
    for kind in ("B2B", "B2C"):
        grammar = language.load_language(places.language, kind).grammar
        asked = {form for slot, form in slot_forms(places.language, kind) if slot in {"city", "event_city"}}
        for city in {*(place.city for place in places.places), *places.event_cities}:
            assert all(grammar.inflect(form, city) for form in asked)


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_form_has_the_name_of_an_ending(name: str) -> None:
    grammar = language.load_language(name, "B2B").grammar

    assert not grammar.forms & grammar.endings
