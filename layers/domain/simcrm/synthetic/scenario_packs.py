"""Scenario packs: the shipped ones, and files of the same format that a user adds."""

import json
import pathlib
from dataclasses import replace
from functools import cache
from typing import Any

from simcrm.core.text_decoding import UnreadableTextError, decode_text
from simcrm.synthetic.data_files import data_names, read_data
from simcrm.synthetic.dataclass_loader import StructureError, load_dataclass
from simcrm.synthetic.errors import PackError, UnknownScenarioError
from simcrm.synthetic.json_line_numbers import find_line
from simcrm.synthetic.language_data import base_language, spelling
from simcrm.synthetic.scenario import ScenarioPack, Segment, Vocabulary
from simcrm.synthetic.scenario_pack_checks import KINDS, check_pack
from simcrm.synthetic.translations import complete_translation

_FOLDER = "packs"
_WEIGHT_SCALE = 1000


def scenario_names(pack_paths: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of all scenarios, including user packs. Raises PackError if a file is not a valid pack."""
    return tuple(sorted({*data_names(_FOLDER), *_user_packs(pack_paths)}))


def load_scenario(name: str, pack_paths: tuple[str, ...] = ()) -> ScenarioPack:
    """Load a scenario with the segments of the packs it mixes.

    A user pack of the same name replaces a shipped one. Raises UnknownScenarioError and PackError.
    """
    pack = _pack(name, pack_paths)
    if not pack.mix:
        return pack
    return replace(pack, segments=(*pack.segments, *_mixed_segments(pack, pack_paths)))


def _mixed_segments(pack: ScenarioPack, pack_paths: tuple[str, ...]) -> list[Segment]:
    """Return the segments of the mixed packs; the segments of a pack share its weight."""
    segments = []
    for part, weight in pack.mix.items():
        own = _pack(part, pack_paths).segments
        total = sum(segment.weight for segment in own)
        segments += [replace(segment, weight=weight * segment.weight * _WEIGHT_SCALE // total) for segment in own]
    return segments


def translated_vocabulary(language: str, segment: Segment) -> Vocabulary | None:
    """Return the vocabulary of a segment in a language in which it has no texts of its own; None if there is none.

    A shipped segment is translated; a variant of a language has the words of its base in its own spelling.
    """
    shipped = read_data(f"translations/{language}.json") if language in data_names("translations") else {}
    if segment.name in shipped and "en" in segment.texts and _is_shipped(segment):
        return complete_translation(shipped[segment.name], segment.texts["en"])
    base = base_language(language)
    vocabulary = None if base is None else segment.texts.get(base) or translated_vocabulary(base, segment)
    return None if vocabulary is None else spelling(language).respell(vocabulary)


def _is_shipped(segment: Segment) -> bool:
    return any(segment.texts is own.texts for name in data_names(_FOLDER) for own in _load_shipped(name).segments)


def _pack(name: str, pack_paths: tuple[str, ...]) -> ScenarioPack:
    user = _user_packs(pack_paths)
    if name in user:
        return user[name]
    if name not in data_names(_FOLDER):
        raise UnknownScenarioError(name, scenario_names(pack_paths))
    return _load_shipped(name)


@cache
def _load_shipped(name: str) -> ScenarioPack:
    return load_dataclass(ScenarioPack, _with_default_parameters(read_data(f"{_FOLDER}/{name}.json")))


@cache
def _user_packs(pack_paths: tuple[str, ...]) -> dict[str, ScenarioPack]:
    packs: dict[str, ScenarioPack] = {}
    files: dict[str, pathlib.Path] = {}
    for file in (file for path in pack_paths for file in _files(path)):
        pack = _read_pack(file)
        if pack.name in packs:
            raise PackError(str(file), None, "name", f"{pack.name!r} is also the name of another pack")
        packs[pack.name], files[pack.name] = pack, file
    for name, pack in packs.items():
        _check_mix(pack, files[name], {*packs, *data_names(_FOLDER)})
    return packs


def _check_mix(pack: ScenarioPack, file: pathlib.Path, known: set[str]) -> None:
    for part in pack.mix:
        if part not in known:
            line = find_line(decode_text(file.read_bytes()), ("mix", part))
            raise PackError(str(file), line, f"mix.{part}", f"is not a pack; available: {', '.join(sorted(known))}")


def _files(path: str) -> list[pathlib.Path]:
    place = pathlib.Path(path)
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not files:
        raise PackError(path, None, "", "there is no .json file in this folder")
    return files


def _read_pack(file: pathlib.Path) -> ScenarioPack:
    try:
        text = decode_text(file.read_bytes())
        return check_pack(load_dataclass(ScenarioPack, _with_default_parameters(json.loads(text))))
    except json.JSONDecodeError as error:
        raise PackError(str(file), error.lineno, "", f"invalid JSON: {error.msg}") from None
    except StructureError as error:
        field = ".".join(map(str, error.path))
        raise PackError(str(file), find_line(text, error.path), field, error.reason) from None
    except UnreadableTextError as error:
        raise PackError(str(file), None, "", str(error)) from None
    except OSError as error:
        raise PackError(str(file), None, "", f"cannot be read: {error}") from None


def _with_default_parameters(raw: Any) -> Any:
    """Complete a pack's parameters, which only list the differences from the defaults of its kind."""
    if not isinstance(raw, dict):
        return raw
    own, rhythms = raw.get("parameters", {}), read_data("rhythm.json")
    kind = raw.get("kind")
    rhythm = rhythms[kind if kind in KINDS else KINDS[0]]
    return {**raw, "parameters": {**rhythm, **own} if isinstance(own, dict) else own}
