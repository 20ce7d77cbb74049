"""Writes the manifest of the data files, by which the generator knows a damaged one.

Run after any change of the data: ``python -m scripts.data.manifest``.
"""

import json
from hashlib import blake2b

from scripts.data.output import DATA


def main() -> None:
    """Write manifest.json: the digest of each file by its path."""
    files = sorted(path for path in DATA.rglob("*.json") if path.name != "manifest.json")
    digests = {
        path.relative_to(DATA).as_posix(): blake2b(path.read_bytes(), digest_size=8).hexdigest() for path in files
    }
    (DATA / "manifest.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1024:.0f} kB")


if __name__ == "__main__":
    main()
