"""Translate a SAM template into the CloudFormation that is deployed; run by the SAM CLI's own interpreter.

Reads the template from a file and prints JSON. Artifacts that ``sam build`` would upload get made-up addresses.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ARTIFACTS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


class _NoManagedPolicies:
    """Names of AWS's managed policies are not used here."""

    def load(self) -> dict[str, str]:
        return {}


def translate(template: Path) -> Any:
    document = yaml_parse(template.read_text())
    for resource in document["Resources"].values():
        if (place := ARTIFACTS.get(resource["Type"])) is not None:
            resource["Properties"][place] = f"s3://files/{resource['Properties'][place]}"
    return transform(document, {}, _NoManagedPolicies())


if __name__ == "__main__":
    json.dump(translate(Path(sys.argv[1])), sys.stdout)
