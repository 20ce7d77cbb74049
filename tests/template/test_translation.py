"""The template is one that SAM and CloudFormation accept, whatever its parameters."""

import json
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
from template.conftest import ROOT, Deploy

IN_VPC = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
OWN_REDIS = {"CacheKind": "own"}
IN_REGIONS = ManualArgs(regions=["us-east-1", "eu-west-1"])


def problems(template: Any) -> list[str]:
    return [f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}" for match in template]


def test_the_template_passes_cfn_lint() -> None:
    assert problems(lint_file(ROOT / "template.yaml", config=IN_REGIONS)) == []


def test_what_sam_makes_of_it_passes_cfn_lint(cloudformation: dict[str, Any], tmp_path: Any) -> None:
    file = tmp_path / "cloudformation.json"
    file.write_text(json.dumps(cloudformation))
    assert problems(lint_file(file, config=IN_REGIONS)) == []


@pytest.mark.parametrize(
    "parameters", [{}, OWN_REDIS, IN_VPC, OWN_REDIS | IN_VPC, {"ScheduleState": "ENABLED"}, {"Monitoring": "DISABLED"}]
)
def test_nothing_refers_to_a_resource_that_a_condition_leaves_out(deploy: Deploy, parameters: dict[str, str]) -> None:
    deployment = deploy(**parameters)
    deployment.resources()
    deployment.value({name: output["Value"] for name, output in deployment.template["Outputs"].items()})


def test_every_output_says_what_it_is(cloudformation: dict[str, Any]) -> None:
    assert [name for name, output in cloudformation["Outputs"].items() if not output.get("Description")] == []
