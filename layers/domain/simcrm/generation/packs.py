"""Scenario packs: those that are shipped, and files of the same form that a user adds."""

import json
import pathlib
from dataclasses import replace
from functools import cache
from typing import Any

from simcrm.generation.datafiles import data_names, read_data
from simcrm.generation.errors import PackError, UnknownScenarioError
from simcrm.generation.grammar import parsed
from simcrm.generation.json_lines import line_of
from simcrm.generation.scenario import ScenarioPack, Segment, Vocabulary
from simcrm.generation.structure import Path, StructureError, structured

_FOLDER = "packs"
_FINE = 1000
KINDS = ("B2B", "B2C")


def scenario_names(pack_paths: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The scenarios there are, those of user packs included. Raises PackError for a file that is no pack."""
    return tuple(sorted({*data_names(_FOLDER), *_user_packs(pack_paths)}))


def load_scenario(name: str, pack_paths: tuple[str, ...] = ()) -> ScenarioPack:
    """A scenario with the segments of the packs it mixes.

    A user pack of the same name replaces a shipped one. Raises UnknownScenarioError and PackError.
    """
    pack = _pack(name, pack_paths)
    if not pack.mix:
        return pack
    return replace(pack, segments=(*pack.segments, *_mixed(pack, pack_paths)))


def _mixed(pack: ScenarioPack, pack_paths: tuple[str, ...]) -> list[Segment]:
    """The segments of the mixed packs; those of one pack share its weight."""
    segments = []
    for part, weight in pack.mix.items():
        own = _pack(part, pack_paths).segments
        total = sum(segment.weight for segment in own)
        segments += [replace(segment, weight=weight * segment.weight * _FINE // total) for segment in own]
    return segments


def _pack(name: str, pack_paths: tuple[str, ...]) -> ScenarioPack:
    user = _user_packs(pack_paths)
    if name in user:
        return user[name]
    if name not in data_names(_FOLDER):
        raise UnknownScenarioError(name, scenario_names(pack_paths))
    return _shipped(name)


@cache
def _shipped(name: str) -> ScenarioPack:
    return structured(ScenarioPack, _with_rhythm(read_data(f"{_FOLDER}/{name}.json")))


@cache
def _user_packs(pack_paths: tuple[str, ...]) -> dict[str, ScenarioPack]:
    packs: dict[str, ScenarioPack] = {}
    for file in (file for path in pack_paths for file in _files(path)):
        pack = _read_pack(file)
        if pack.name in packs:
            raise PackError(str(file), None, "name", f"{pack.name!r} is the name of another pack too")
        packs[pack.name] = pack
    return packs


def _files(path: str) -> list[pathlib.Path]:
    place = pathlib.Path(path)
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not files:
        raise PackError(path, None, "", "there is no .json file in this folder")
    return files


def _read_pack(file: pathlib.Path) -> ScenarioPack:
    try:
        text = file.read_text(encoding="utf-8")
        return _checked(structured(ScenarioPack, _with_rhythm(json.loads(text))))
    except json.JSONDecodeError as error:
        raise PackError(str(file), error.lineno, "", f"no valid JSON: {error.msg}") from None
    except StructureError as error:
        field = ".".join(map(str, error.path))
        raise PackError(str(file), line_of(text, error.path), field, error.reason) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(str(file), None, "", f"cannot be read: {error}") from None


def _with_rhythm(raw: Any) -> Any:
    """A pack's parameters are what differs from those of its kind."""
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS:
        return raw
    own = raw.get("parameters", {})
    rhythm = read_data("rhythm.json")[raw["kind"]]
    return {**raw, "parameters": {**rhythm, **own} if isinstance(own, dict) else own}


def _checked(pack: ScenarioPack) -> ScenarioPack:
    """What types alone do not say. Raises StructureError."""
    if pack.kind not in KINDS:
        raise StructureError(("kind",), f"{pack.kind!r} is none of {', '.join(KINDS)}")
    if not pack.segments and not pack.mix:
        raise StructureError(("segments",), "a pack needs segments, or a mix of other packs")
    for number, segment in enumerate(pack.segments):
        _check_segment(segment, ("segments", number))
    return pack


def _check_segment(segment: Segment, path: Path) -> None:
    options = read_data("hubspot.json")["industries"]
    for industry in segment.industries:
        if industry not in options:
            raise StructureError((*path, "industries", industry), "is no option of HubSpot's company industry")
    for language, words in segment.texts.items():
        _check_words(segment, words, (*path, "texts", language))


def _check_words(segment: Segment, words: Vocabulary, path: Path) -> None:
    missing = [industry for industry in segment.industries if industry not in words.trades]
    if missing:
        raise StructureError((*path, "trades"), f"has nothing for {', '.join(missing)}")
    for rule, patterns in words.rules.items():
        for number, pattern in enumerate(patterns):
            _check_pattern(pattern, (*path, "rules", rule, number))
    products = {offer.product for offer in words.offers}
    for industry, trade in words.trades.items():
        for number, product in enumerate(trade.products):
            if product not in products:
                raise StructureError(
                    (*path, "trades", industry, "products", number), f"{product!r} is no product of the offers"
                )


def _check_pattern(pattern: str, path: Path) -> None:
    try:
        parsed(pattern)
    except ValueError as error:
        raise StructureError(path, str(error)) from None
