"""The packages of the domain, read from the imports of their modules: levels, arrows, and the picture of both.

``make architecture`` writes the picture into ``docs/architecture.md``.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANDLER_SUPPORT = ROOT / "layers" / "domain" / "simcrm_lambda"
DOMAIN = ROOT / "layers/domain/simcrm"
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- made by make architecture -->\n", "<!-- end -->\n"

Graph = Mapping[str, set[str]]


def imported_modules(source: Path) -> Iterator[str]:
    """The modules of the domain that a file imports, wherever in it, for types alone too."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from (f"{node.module}.{name.name}" for name in node.names if node.module == "simcrm")
            if node.module.startswith("simcrm."):
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("simcrm."))


def packages_used_by(source: Path) -> set[str]:
    """The packages of the domain that a file imports from."""
    return {module.split(".")[1] for module in imported_modules(source)}


@cache
def package_graph() -> Graph:
    """Each package of the domain with the other packages that it imports from."""
    folders = sorted(path.parent for path in DOMAIN.glob("*/__init__.py"))
    return {
        folder.name: {used for path in folder.rglob("*.py") for used in packages_used_by(path)} - {folder.name}
        for folder in folders
    }


def levels(graph: Graph) -> dict[str, int]:
    """How high each package stands: 1 imports nothing, each other one more than the highest that it imports.

    Raises:
        ValueError: packages import each other in a circle.
    """
    found: dict[str, int] = {}

    def level(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise ValueError(f"a circle of imports: {' -> '.join((*path, name))}")
        if name not in found:
            found[name] = 1 + max((level(below, (*path, name)) for below in graph[name]), default=0)
        return found[name]

    for name in graph:
        level(name, ())
    return found


def direct_arrows(graph: Graph) -> list[tuple[str, str]]:
    """The arrows that no longer way replaces: with them all others follow."""

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset(graph[name]).union(*(below(used) for used in graph[name]))

    return [
        (name, used)
        for name in graph
        for used in sorted(graph[name])
        if not any(used in below(other) for other in graph[name] if other != used)
    ]


def function_packages() -> dict[str, set[str]]:
    """Each Lambda function with the packages that its own code and the factories it calls import from."""
    folders = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
    return {
        folder.name: {
            used
            for path in folder.glob("*.py")
            for source in (path, *_factories(path))
            for used in packages_used_by(source)
        }
        for folder in folders
    }


def _factories(source: Path) -> Iterator[Path]:
    """The modules that build for a handler what it calls."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            package, _, module = node.module.partition(".")
            if package == HANDLER_SUPPORT.name and module.endswith("_factory"):
                yield HANDLER_SUPPORT / f"{module}.py"


def picture() -> str:
    """The levels as a Mermaid flowchart and a table, and what each function starts from."""
    graph = package_graph()
    heights = levels(graph)
    ranked = sorted(graph, key=lambda name: (-heights[name], name))
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {name} --> {used}" for name, used in direct_arrows(graph)]
    lines += ["```", "", "| level | package | what it is for |", "| --- | --- | --- |"]
    lines += [f"| {heights[name]} | `{name}/` | {_summary(DOMAIN / name / '__init__.py')} |" for name in ranked]
    lines += ["", "| function | what it does | starts from |", "| --- | --- | --- |"]
    for name, used in function_packages().items():
        roots = sorted(one for one in used if not any(one in _below(graph, other) for other in used))
        entry = ROOT / "functions" / name / f"{name.replace('-', '_')}.py"
        lines.append(f"| `{name}` | {_summary(entry)} | {', '.join(f'`{one}/`' for one in roots)} |")
    return "\n".join(lines) + "\n"


def with_picture(page: str) -> str:
    """A page whose picture is that of today's imports."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + picture() + END + after


def _below(graph: Graph, name: str) -> set[str]:
    return graph[name].union(*(_below(graph, used) for used in graph[name]))


def _summary(source: Path) -> str:
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
