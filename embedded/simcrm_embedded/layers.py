"""Layers that all workers of the emulator share.

The emulator unpacks a function's layers anew for each worker process, some five thousand files, which Python then
compiles anew. So a layer that is deployed holds one line, which leads to the packages where the build has put them.
"""

from pathlib import Path

LAYERS = ("DependencyLayer", "DomainLayer")
_SITE = Path("python", "lib", "python3", "site-packages")
"""A layer's folder that Python reads ``.pth`` files from, on AWS as in the emulator."""


def layer_packages(build: Path, layer: str) -> Path:
    """Where a build has the packages of a layer."""
    return build / "packages" / layer


def share_layers(draft: Path, build: Path) -> None:
    """Put the packages of a draft's layers aside and a way to them in their place; the draft becomes the build."""
    for layer in LAYERS:
        packages = layer_packages(draft, layer)
        packages.parent.mkdir(exist_ok=True)
        (draft / layer / "python").rename(packages)
        (draft / layer / _SITE).mkdir(parents=True)
        # A path alone would be searched last, behind what the emulator itself has installed.
        line = f"import sys; sys.path.insert(0, {str(layer_packages(build, layer))!a})\n"
        (draft / layer / _SITE / "packages.pth").write_text(line, encoding="ascii")
