"""Layers shared by all workers of the emulator.

The emulator unpacks a function's layers again for each worker process, about five thousand files, which Python then
compiles again. So a deployed layer holds a single line, which points to the packages in the build.
"""

from pathlib import Path

LAYERS = ("DependencyLayer", "DomainLayer")
_SITE = Path("python", "lib", "python3", "site-packages")
"""Folder of a layer from which Python reads ``.pth`` files, both on AWS and in the emulator."""


def layer_packages(build: Path, layer: str) -> Path:
    """Return the folder of a layer's packages in a build."""
    return build / "packages" / layer


def share_layers(draft: Path, build: Path) -> None:
    """Move the packages of a draft's layers aside and leave a link to them; the draft becomes the build."""
    for layer in LAYERS:
        packages = layer_packages(draft, layer)
        packages.parent.mkdir(exist_ok=True)
        (draft / layer / "python").rename(packages)
        (draft / layer / _SITE).mkdir(parents=True)
        # A plain path would be searched last, after the packages installed for the emulator itself.
        line = f"import sys; sys.path.insert(0, {str(layer_packages(build, layer))!a})\n"
        (draft / layer / _SITE / "packages.pth").write_text(line, encoding="ascii")
