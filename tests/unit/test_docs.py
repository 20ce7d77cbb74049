"""What the documents say exists, exists; what exists is documented."""

import re
from pathlib import Path

import pytest
import yaml
from log_lines import event_fields
from typer.main import get_command

from simcrm.core import config
from simcrm.core.cloudwatch_metrics import DIMENSIONS, UNITS, Metric
from simcrm.core.errors import SimCrmError
from simcrm.models.simulation_input import PREDECESSOR_NAMES, SimulationInput
from simcrm_cli.main import app
from simcrm_embedded.gateway_responses import TemplateLoader
from simcrm_lambda.secrets import Secrets

ROOT = Path(__file__).parents[2]
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
ALL = "\n".join(DOCS.values())
PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "embedded/*/README.md")
    for path in ROOT.glob(pattern)
)
SOURCES = [
    path
    for folder in ("layers/domain", "embedded", "cli", "functions")
    for path in (ROOT / folder).rglob("*")
    if path.suffix == ".py" or path.name == "Makefile"
]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


def test_every_environment_variable_of_the_functions_is_documented_and_the_other_way_round() -> None:
    kinds = [
        kind for kind in vars(config).values() if isinstance(kind, type) and issubclass(kind, config.EnvironmentConfig)
    ]
    known = {str(field.alias) for kind in kinds for field in kind.model_fields.values()}
    section = DOCS["simulations.md"].split("## Environment of the functions")[1]

    assert set(re.findall(r"`([A-Z][A-Z_]+)`", section)) - {"CONFIG_ERROR"} == known


def test_every_variable_of_this_project_is_documented_and_the_other_way_round() -> None:
    pattern = r"\bSIMCRM_[A-Z_]+\b"

    assert set(re.findall(pattern, ALL)) == set(re.findall(pattern, CODE))


def test_every_field_of_a_simulation_is_documented_and_the_other_way_round() -> None:
    rows = DOCS["simulations.md"].split("| field |")[1].split("\n\n")[0].splitlines()[2:]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert documented == {field.alias for field in SimulationInput.model_fields.values()}
    assert all(f"`{name}`" in DOCS["simulations.md"] for name in PREDECESSOR_NAMES.values())


def test_every_route_is_documented_and_the_other_way_round() -> None:
    template = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=TemplateLoader)  # noqa: S506
    events = template["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    routes = {f"{event['Properties']['Method']} {event['Properties']['Path']}" for event in events}

    assert set(re.findall(r"^\| `((?:GET|POST|PUT|DELETE) [^`]+)`", DOCS["api.md"], re.MULTILINE)) == routes


def test_every_metric_is_documented_with_its_unit_and_dimension_and_the_other_way_round() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w*) *\|", DOCS["metrics.md"], re.MULTILINE)

    assert sorted(rows) == sorted((name, UNITS.get(name, "Count"), DIMENSIONS.get(name, "")) for name in Metric)


def test_every_log_event_is_documented_with_its_fields_and_the_other_way_round() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", DOCS["logs.md"], re.MULTILINE)

    assert {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows} == event_fields()


def test_every_field_of_the_secret_is_explained_with_how_to_change_it() -> None:
    section = DOCS["security.md"].split("## Keys and how to change them")[1].split("\n## ")[0]

    assert [field.alias for field in Secrets.model_fields.values() if f"`{field.alias}`" not in section] == []


def test_every_error_code_of_the_api_is_in_the_code() -> None:
    codes = set(re.findall(r"^\| \d{3} \| ([A-Z_]+)", DOCS["api.md"], re.MULTILINE))

    assert codes
    known = CODE + (ROOT / "template.yaml").read_text(encoding="utf-8")  # the gateway has refusals of its own
    assert not [code for code in codes if f'"{code}"' not in known]
    assert SimCrmError.code in codes


@pytest.mark.parametrize("name", sorted(DOCS))
def test_commands_in_a_document_exist(name: str) -> None:
    command = get_command(app)
    known = set(command.list_commands(None))  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = DOCS[name]

    assert set(re.findall(r"^\s+(?:\.venv/bin/)?simcrm ([a-z]+)", text, re.MULTILINE)) <= known
    assert set(re.findall(r"`simcrm ([a-z]+)", text)) <= known
    assert set(re.findall(r"\bmake ([a-z-]+)(?=`| |\n|$)", "\n".join(_code(text)))) <= targets


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_in_a_document_lead_somewhere(path: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", (ROOT / path).read_text("utf-8")) if "://" not in link]

    assert [link for link in links if not _exists(ROOT / path, link)] == []


def test_every_decision_is_linked_from_the_index_once() -> None:
    linked = re.findall(r"^- \[[^\]]+\]\(decisions/([\w-]+\.md)\)$", DOCS["decisions.md"], re.MULTILINE)

    assert sorted(linked) == sorted(path.name for path in (ROOT / "docs" / "decisions").iterdir())


def test_every_document_is_linked_from_the_readme_or_another_document() -> None:
    linked = {
        (ROOT / path).parent.joinpath(link).resolve()
        for path in PAGES
        for link in re.findall(r"\]\(([^)#\s]+\.md)", (ROOT / path).read_text("utf-8"))
    }

    assert [path.name for path in (ROOT / "docs").rglob("*.md") if path not in linked] == []


def _exists(page: Path, link: str) -> bool:
    """Whether the file of a link is there and, if the link has a fragment, a heading of that name in it."""
    name, _, fragment = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not fragment or fragment in _anchors(target.read_text("utf-8")))


def _anchors(text: str) -> set[str]:
    """Fragments of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _code(text: str) -> list[str]:
    """What a document shows as code: indented lines and inline spans."""
    return re.findall(r"^ {4,}.*$", text, re.MULTILINE) + re.findall(r"`[^`]+`", text)
