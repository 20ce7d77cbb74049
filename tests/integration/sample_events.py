"""The files under ``events/``: what is sent to a function and what it must answer."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
EXPECTED = ".expected.json"


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """One file in ``events/<function>/``."""

    path: Path

    @property
    def function(self) -> str:
        """The folder of its function."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """Function and kind, such as ``plan-simulation/b2b``."""
        return f"{self.function}/{self.path.stem}"

    @property
    def expected_path(self) -> Path:
        """Where its answer is described."""
        return self.path.with_name(self.path.stem + EXPECTED)

    @property
    def expected(self) -> Any:
        """The parts of its answer that are the same each time."""
        return json.loads(self.expected_path.read_text())

    def document(self) -> Any:
        """What is sent."""
        return json.loads(self.path.read_text())


def sample_events() -> list[SampleEvent]:
    """All of them, by name."""
    found = (path for path in EVENTS.glob("*/*.json") if not path.name.endswith(EXPECTED))
    return [SampleEvent(path) for path in sorted(found)]


def select_like(expected: Any, answer: Any) -> Any:
    """The parts of an answer that ``expected`` speaks of; JSON in a string is opened where an object is expected."""
    if isinstance(expected, dict) and isinstance(answer, str):
        return select_like(expected, json.loads(answer))
    if isinstance(expected, dict) and isinstance(answer, dict):
        return {name: select_like(value, answer[name]) for name, value in expected.items() if name in answer}
    return answer
