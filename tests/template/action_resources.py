"""Print as JSON the types of resources that each action of IAM knows, from the reference that comes with cfn-lint.

Runs with the SAM CLI's Python, which has it.
"""

import json
import sys
from importlib import resources

import cfnlint.data.AdditionalSpecs

FILE = resources.files(cfnlint.data.AdditionalSpecs) / "Policies.json"


def main() -> None:
    """``service:action`` in lower case with its types."""
    services = json.loads(FILE.read_text(encoding="utf-8"))
    known = {
        f"{service}:{action}": item.get("Resources", [])
        for service, found in services.items()
        for action, item in found["Actions"].items()
    }
    sys.stdout.write(json.dumps(known))


if __name__ == "__main__":
    main()
