"""Each role may do what the table in docs/security.md says, for the reason that stands there, and nothing else."""

import re
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from grants import Grant, read_granted, rows
from template.conftest import ROOT, Deploy
from template.deployment import PSEUDO, Deployment, Statement, policy_documents, statements
from template.function_code import FUNCTIONS, folder, variables

ACCOUNT = f"{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}"
STACK = PSEUDO["AWS::StackName"]
PREFIXES = {"StringLikeIfExists": {"s3:prefix": ["simulations/*", "dead-letters/*", "config/*"]}}
MACHINES = {
    "SimulationStateMachineRole": "simulation",
    "MaintenanceStateMachineRole": "maintenance",
    "ScheduleRole": "schedules",
    "ExpiryRole": "expiry",
}
MACHINE_FILES = sorted((ROOT / "statemachine").glob("*.json"))
VERSION = "2012-10-17"
OWN_CACHE = "own cache"
"""The condition of grants that only a cache of the operator's own needs."""

MANAGED = {
    "AWSLambdaBasicExecutionRole": "writing logs; SAM adds it to every function",
    "AWSLambdaVPCAccessExecutionRole": "network interfaces have no names before they exist; SAM adds it with VpcConfig",
    "AWSLambdaSQSQueueExecutionRole": "receiving messages; SAM adds it with an SQS event",
}
"""AWS's own policies, which name all resources, and why a role has one."""

OF_MANAGED = {
    ("logs:PutLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/simcrm/{STACK}/api:log-stream:1"),
    ("sqs:ReceiveMessage", "<WriteQueue.Arn>"),
    ("sqs:DeleteMessage", "<WriteQueue.Arn>"),
    ("sqs:GetQueueAttributes", "<DeadLetterQueue.Arn>"),
}
"""What functions need of AWS's own policies."""


def who(role: str) -> str:
    """A role's name in the table: the function's folder, or the machine."""
    return MACHINES.get(role) or folder(role.removesuffix("Role")).name


def in_short(resource: str) -> str:
    """A resource in the notation of the table."""
    short = re.sub(rf"^arn:aws:(states|elasticache|scheduler):{ACCOUNT}:", "", resource).replace(f"{STACK}-", "")
    short = short.replace(f"schedule/{STACK}/", "schedule/group/")
    return re.sub(r"<(\w+?)(\.Arn|\.ARN)?>", r"\1", short)


def role_statements(deployment: Deployment, role: str) -> list[Statement]:
    """All statements of the template that hold for a role."""
    attached = {str(arn).strip("<>") for arn in deployment.properties(role).get("ManagedPolicyArns", [])}
    return [item for item in statements(deployment) if item.holder in attached | {role}]


def condition_word(item: Statement) -> str:
    """The word of the table for a statement's condition."""
    if not item.conditions:
        return ""
    return "prefix" if "s3:ListBucket" in item.actions else "service"


def deployed_grants(deployment: Deployment) -> set[Grant]:
    """What the roles of a deployment allow."""
    return {
        Grant(who(role), action, in_short(resource), condition_word(item))
        for role in deployment.resources("AWS::IAM::Role")
        for item in role_statements(deployment, role)
        for action in item.actions
        for resource in item.resources
    }


def boundary(deployment: Deployment) -> list[Statement]:
    return [item for item in statements(deployment) if item.holder == "FunctionBoundary"]


def is_within(limits: list[Statement], action: str, resource: str) -> bool:
    return any(action in item.actions and _names(item, resource) for item in limits)


def _names(limit: Statement, resource: str) -> bool:
    return any(fnmatchcase(resource, pattern) for pattern in limit.resources)


def test_roles_allow_what_the_table_says(default: Deployment) -> None:
    assert sorted(deployed_grants(default)) == sorted(grant for grant in read_granted() if grant.condition != OWN_CACHE)


def test_with_a_cache_of_ones_own_its_address_is_read_instead_of_connecting_by_a_role(deploy: Deploy) -> None:
    wanted = {
        replace(grant, condition="") if grant.condition == OWN_CACHE else grant
        for grant in read_granted()
        if grant.action != "elasticache:Connect"
    }
    assert sorted(deployed_grants(deploy(CacheKind="own"))) == sorted(wanted)


def test_the_table_says_each_thing_once_and_why() -> None:
    assert [row for row in rows() if not row.reason or not row.grants] == []
    assert [
        grant for grant, count in Counter(grant for row in rows() for grant in row.grants).items() if count > 1
    ] == []


def test_no_action_is_a_wildcard_and_only_what_knows_no_resources_is_allowed_on_everything() -> None:
    assert [grant for grant in read_granted() if "*" in grant.action] == []
    everywhere = {(grant.who, grant.action) for grant in read_granted() if grant.resource == "*"}
    assert {(who, action) for who, action in everywhere if not action.startswith("logs:")} == {
        ("api", "scheduler:ListSchedules"),
        ("write-hubspot", "states:SendTaskSuccess"),
        ("write-hubspot", "states:SendTaskFailure"),
        ("handle-dead-letters", "states:SendTaskFailure"),
    }
    assert {who for who, action in everywhere if action.startswith("logs:")} == {"simulation"}


def test_a_statement_names_a_resource_exactly_where_its_action_knows_one(
    default: Deployment, resource_types: dict[str, list[str]]
) -> None:
    """A named resource never matches a call that knows none: for a callback each write would wait for its timeout."""
    inside = {
        (action, resource) for item in statements(default) for action in item.actions for resource in item.resources
    }
    wide = {action for action, resource in inside if resource == "*" and resource_types[action.lower()]}
    never = {action for action, resource in inside if resource != "*" and not resource_types[action.lower()]}
    assert (wide, never) == ({"elasticache:Connect"}, set())


def test_every_policy_says_its_version(default: Deployment, deploy: Deploy) -> None:
    for deployment in (default, deploy(CacheKind="own", SubnetIds="subnet-1", SecurityGroupIds="sg-1")):
        without = {holder for holder, document in policy_documents(deployment) if document.get("Version") != VERSION}
        assert without == set()


@pytest.mark.parametrize("path", ["template.yaml", *(f"statemachine/{path.name}" for path in MACHINE_FILES)])
def test_no_arn_names_a_partition_of_its_own(path: str) -> None:
    assert re.findall(r"arn:aws[a-z-]*:.*", (ROOT / path).read_text(encoding="utf-8")) == []


def test_the_only_condition_is_that_listings_are_of_known_prefixes(default: Deployment) -> None:
    limited = [item for item in statements(default) if item.conditions]
    assert sorted([(item.actions, item.conditions) for item in limited], key=str) == [
        (("iam:PassRole",), {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}),
        (("s3:ListBucket",), PREFIXES),
    ]


def test_every_resource_of_a_function_belongs_to_the_stack(default: Deployment) -> None:
    executions = {"execution:simulation", "execution:maintenance"}
    own = {*default.resources(), *executions, "stateMachine:simulation", "user:default.iam-user", "schedule"}
    used = {re.split(r"/|:\*", grant.resource)[0] for grant in read_granted() if grant.resource != "*"}
    assert used - own == set()


def test_every_function_has_a_role_of_its_own_within_the_boundary(default: Deployment) -> None:
    roles = {name: item["Role"] for name, item in default.resources("AWS::Lambda::Function").items()}
    assert roles == {name: f"<{name}Role.Arn>" for name in FUNCTIONS}
    limits = {default.properties(f"{name}Role").get("PermissionsBoundary") for name in roles}
    assert limits == {"<FunctionBoundary>"}


def test_the_boundary_leaves_room_for_all_that_functions_may_do(default: Deployment) -> None:
    limits = boundary(default)
    asked = {
        (action, resource)
        for name in FUNCTIONS
        for item in role_statements(default, f"{name}Role")
        for action in item.actions
        for resource in item.resources
    } - {("states:StartExecution", "<MaintenanceStateMachine>")}
    machine = (
        f"arn:aws:states:{ACCOUNT}:stateMachine:{default.properties('MaintenanceStateMachine')['StateMachineName']}"
    )
    asked |= {("states:StartExecution", machine)} | OF_MANAGED
    assert [item for item in sorted(asked) if not is_within(limits, *item)] == []


def test_the_boundary_keeps_functions_to_the_stack(default: Deployment, deploy: Deploy) -> None:
    inside = deploy(SubnetIds="subnet-1", SecurityGroupIds="sg-1")
    for deployment, everywhere in (
        (default, {"elasticache", "scheduler", "states"}),
        (inside, {"elasticache", "scheduler", "states", "ec2"}),
    ):
        wide = {a.split(":")[0] for item in boundary(deployment) if "*" in item.resources for a in item.actions}
        assert wide == everywhere
    foreign = f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/other:log-stream:1"
    assert not is_within(boundary(default), "logs:PutLogEvents", foreign)
    assert not is_within(boundary(default), "sqs:ReceiveMessage", f"arn:aws:sqs:{ACCOUNT}:other")
    assert not is_within(boundary(default), "states:StartExecution", f"arn:aws:states:{ACCOUNT}:stateMachine:other")


def test_roles_have_no_policies_of_aws_but_those_with_a_reason(default: Deployment) -> None:
    roles = default.resources("AWS::IAM::Role").values()
    arns = {arn for role in roles for arn in role.get("ManagedPolicyArns", []) if arn.startswith("arn:")}
    assert {arn.rsplit("/", 1)[1] for arn in arns} == MANAGED.keys()


def test_roles_are_taken_by_services_of_aws_alone(default: Deployment) -> None:
    trusted = {
        str(statement["Principal"])
        for role in default.resources("AWS::IAM::Role").values()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }
    services = ("lambda", "states", "scheduler")
    assert trusted == {str({"Service": [f"{service}.amazonaws.com"]}) for service in services}


def test_only_the_writer_and_its_repair_change_a_ledger() -> None:
    ledger = "DataBucket/simulations/any/ledger/000000/contacts.jsonl"
    writing = {
        item.who for item in read_granted() if item.action == "s3:PutObject" and fnmatchcase(ledger, item.resource)
    }
    assert writing == {"write-hubspot", "run-maintenance-job"}


def test_nobody_deletes_data_of_simulations_but_the_function_for_it() -> None:
    plan = "DataBucket/simulations/any/plan.json"
    deleting = {
        item.who for item in read_granted() if item.action == "s3:DeleteObject" and fnmatchcase(plan, item.resource)
    }
    assert deleting == {"expire-simulations"}


def test_functions_that_call_nobody_outside_see_no_secret() -> None:
    readers = {grant.who for grant in read_granted() if grant.resource == "Secret" and grant.condition != OWN_CACHE}
    assert readers.isdisjoint({"generate-activity", "finish-simulation", "handle-dead-letters", "expire-simulations"})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_exactly_the_functions_that_read_its_address_may_connect_to_the_cache(function: str) -> None:
    may = Grant(folder(function).name, "elasticache:Connect", "Cache") in read_granted()
    assert may == ("REDIS_URL" in variables(function, required=False))


def test_a_cache_that_is_given_needs_no_permission(deploy: Deploy) -> None:
    own = {grant for grant in deployed_grants(deploy(CacheKind="own")) if "elasticache" in grant.action}
    assert own == set()
