"""Where data files go and how they are written: compact JSON, one line per column, stable order."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "layers" / "domain" / "simcrm" / "synthetic" / "data"
LOCALES = DATA / "locales"


def write_json(path: Path, columns: dict[str, Any]) -> None:
    """Write one JSON object with one line per key, so that a change of data shows as a change of its column."""
    body = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for key, value in columns.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(f"{path.relative_to(DATA)}: {path.stat().st_size / 1024:.0f} kB")
