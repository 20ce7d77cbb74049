"""Stands in for the SAM CLI: notes how it was called, and builds, deploys, fails or hangs as files tell it to."""

import json
import os
import sys
import time
from pathlib import Path

TEMPLATE = """
Resources:
  Api:
    Properties:
      Name: !Sub "${AWS::StackName}-api"
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: 401
          ResponseParameters: {Headers: {Cache-Control: "'no-store'"}}
          ResponseTemplates: {application/json: '{"ok":false}'}
"""
PLACE = Path(__file__).resolve().parents[3]
step, options = sys.argv[1], sys.argv[2:]
call = {"options": options, "env": dict(os.environ)}
(PLACE / f"{step}.json").write_text(json.dumps(call), encoding="utf-8")
if "--parameter-overrides" in options:
    overrides = Path(options[options.index("--parameter-overrides") + 1].removeprefix("file://"))
    (PLACE / overrides.name).write_bytes(overrides.read_bytes())
with (PLACE / "steps.txt").open("a", encoding="utf-8") as steps:
    steps.write(f"{step}\n")
while (PLACE / f"hang-{step}").exists():
    time.sleep(0.05)
if (PLACE / f"fail-{step}").exists():
    sys.exit(f"Error: the {step} went wrong")
if step == "build":
    target = Path(options[options.index("--build-dir") + 1])
    for layer in ("DependencyLayer", "DomainLayer"):
        (target / layer / "python" / layer.lower()).mkdir(parents=True)
        (target / layer / "python" / layer.lower() / "__init__.py").touch()
    (target / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
