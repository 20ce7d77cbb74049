"""The console as three files: one page, one style sheet, one script.

Its sources are several modules. They are bundled when the function starts, because every file that a browser requests
is an invocation, and a browser requests all of them at once.
"""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "console"
STYLES = ("base.css", "components.css")
SCRIPTS = (
    "dom",
    "format",
    "api",
    "components",
    "charts",
    "health",
    "simulations",
    "llm-health",
    "failures",
    "events",
    "actions",
    "records",
    "detail",
    "form",
    "preview",
    "parameters",
    "start",
    "schedules",
    "dead-letters",
    "version-history",
    "llm-settings",
    "prompts",
    "scenarios",
    "settings",
    "app",
)
"""In dependency order."""

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_TAG_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """A file to serve; ``tag`` changes with its content."""

    body: str
    content_type: str
    tag: str


@cache
def page() -> ConsoleFile:
    """Return the page, which refers to script and style sheet by their tags."""
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    return _file(text.replace("{style}", style().tag).replace("{script}", script().tag), "text/html")


@cache
def style() -> ConsoleFile:
    """Return all style sheets as one."""
    sources = [(FOLDER / name).read_text(encoding="utf-8") for name in STYLES]
    return _file("\n".join(sources), "text/css")


@cache
def script() -> ConsoleFile:
    """Return all modules as one script, each in its own function, so that they share only the names they export."""
    return _file("\n".join(_module(name) for name in SCRIPTS), "text/javascript")


def _module(name: str) -> str:
    source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    exported = ", ".join(exported_name for _, exported_name in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(lambda found: f"const {found[1]} = {_variable(found[2])};", source))
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();"


def _variable(module: str) -> str:
    return "$" + module.replace("-", "_")


def _file(body: str, kind: str) -> ConsoleFile:
    return ConsoleFile(body, f"{kind}; charset=utf-8", sha256(body.encode()).hexdigest()[:_TAG_CHARACTERS])
