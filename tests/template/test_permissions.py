"""Each role may do what its function does, and a wildcard stands only where a reason does."""

from collections.abc import Iterator

import pytest
from template.conftest import Deploy
from template.deployment import PSEUDO, Deployment, Statement, statements
from template.function_code import FUNCTIONS, variables

STATES = f"arn:aws:states:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}"
MACHINE = f"{PSEUDO['AWS::StackName']}-simulation"
INVOKE = f"arn:aws:lambda:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:function:"
IAM_USER = f"arn:aws:elasticache:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:user:default.iam-user"

WILDCARDS = {
    "<DataBucket.Arn>/simulations/*": "simulations get their ids when they are started",
    "<DataBucket.Arn>/simulations/*/batches.jsonl": "the map reads the batches of any simulation, and nothing else",
    "<DataBucket.Arn>/config/*": "settings, prompts and scenarios are kept by name and version",
    "<DataBucket.Arn>/dead-letters/*": "dead letters are named by day and message",
    f"{STATES}:stateMachine:{MACHINE}/*": "children of a distributed map belong to the machine and the map's label",
    f"{STATES}:execution:{MACHINE}:*": "executions are named by the simulation's id",
    f"{STATES}:execution:{MACHINE}/*": "children's executions are named by label and a random id",
    f"{INVOKE}<PlanSimulationFunction>*": "versions and aliases of the one function, from SAM's LambdaInvokePolicy",
    f"{INVOKE}<GenerateContactFunction>*": "versions and aliases of the one function, from SAM's LambdaInvokePolicy",
    f"{INVOKE}<GenerateActivityFunction>*": "versions and aliases of the one function, from SAM's LambdaInvokePolicy",
    f"{INVOKE}<FinishSimulationFunction>*": "versions and aliases of the one function, from SAM's LambdaInvokePolicy",
    f"{INVOKE}<MaintainSimulationFunction>*": "versions and aliases of the one function, from SAM's LambdaInvokePolicy",
    "sqs:SendMessage*": "SendMessage and SendMessageBatch, from SAM's SQSSendMessagePolicy",
    "*": "log delivery knows no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
}
"""Each action or resource with a wildcard, and why it has one."""

LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
FOREIGN = {"*": "log delivery, as above", IAM_USER: "ElastiCache's own user for IAM, one an account"}
"""Resources that are not this stack's."""

MANAGED = {
    "AWSLambdaBasicExecutionRole": "writing logs; SAM adds it to every function",
    "AWSLambdaVPCAccessExecutionRole": "network interfaces have no names before they exist; SAM adds it with VpcConfig",
    "AWSLambdaSQSQueueExecutionRole": "receiving messages; SAM adds it with an SQS event",
}
"""AWS's own policies, which name all resources, and why a role has one."""


@pytest.fixture(scope="module", name="allowed")
def _allowed(default: Deployment) -> list[Statement]:
    return list(statements(default))


def of_role(deployment: Deployment, function: str) -> set[tuple[str, str]]:
    """What a function's role allows by statements of the template: pairs of action and resource."""
    role = f"{function}Role"
    attached = {str(arn).strip("<>") for arn in deployment.properties(role)["ManagedPolicyArns"]}
    found = (item for item in statements(deployment) if item.holder in attached | {role})
    return {(action, resource) for item in found for action in item.actions for resource in item.resources}


def with_wildcard(allowed: list[Statement]) -> Iterator[str]:
    for statement in allowed:
        yield from (text for text in (*statement.actions, *statement.resources) if "*" in text)


def test_every_wildcard_has_a_reason_and_every_reason_a_wildcard(allowed: list[Statement]) -> None:
    assert set(with_wildcard(allowed)) == WILDCARDS.keys()


def test_only_log_delivery_is_allowed_on_everything(allowed: list[Statement]) -> None:
    on_everything = [set(statement.actions) for statement in allowed if "*" in statement.resources]
    assert on_everything == [LOG_DELIVERY]


def test_listing_the_bucket_is_limited_to_prefixes(allowed: list[Statement]) -> None:
    listing = [statement.conditions for statement in allowed if "s3:ListBucket" in statement.actions]
    assert listing
    assert all(condition["StringLike"]["s3:prefix"] not in ("*", ["*"]) for condition in listing)


def test_every_resource_belongs_to_the_stack(allowed: list[Statement]) -> None:
    named = {resource for statement in allowed for resource in statement.resources}
    foreign = {name for name in named if "<" not in name and f":{MACHINE}" not in name}
    assert foreign == FOREIGN.keys()


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


def test_every_function_has_a_role_of_its_own(default: Deployment) -> None:
    roles = {name: item["Role"] for name, item in default.resources("AWS::Lambda::Function").items()}
    assert roles == {name: f"<{name}Role.Arn>" for name in roles}


@pytest.mark.parametrize(
    ("function", "needed"),
    [
        ("PlanSimulationFunction", {("secretsmanager:GetSecretValue", "<Secret>")}),
        (
            "WriteHubSpotFunction",
            {
                ("secretsmanager:GetSecretValue", "<Secret>"),
                ("sqs:ChangeMessageVisibility", "<WriteQueue.Arn>"),
                ("s3:PutObject", "<DataBucket.Arn>/simulations/*"),
                ("states:SendTaskSuccess", f"{STATES}:stateMachine:{MACHINE}"),
                ("states:SendTaskFailure", f"{STATES}:stateMachine:{MACHINE}/*"),
            },
        ),
        (
            "FailUndeliveredFunction",
            {
                ("s3:PutObject", "<DataBucket.Arn>/dead-letters/*"),
                ("states:SendTaskFailure", f"{STATES}:stateMachine:{MACHINE}"),
            },
        ),
        (
            "ApiFunction",
            {
                ("states:StartExecution", f"{STATES}:stateMachine:{MACHINE}"),
                ("states:ListExecutions", f"{STATES}:stateMachine:{MACHINE}"),
                ("states:DescribeExecution", f"{STATES}:execution:{MACHINE}:*"),
                ("states:RedriveExecution", f"{STATES}:execution:{MACHINE}:*"),
                ("states:StartExecution", "<MaintenanceStateMachine>"),
                ("s3:GetObject", "<DataBucket.Arn>/simulations/*"),
            },
        ),
        (
            "MaintainSimulationFunction",
            {
                ("secretsmanager:GetSecretValue", "<Secret>"),
                ("s3:GetObject", "<DataBucket.Arn>/simulations/*"),
                ("s3:PutObject", "<DataBucket.Arn>/simulations/*"),
            },
        ),
        ("AuthorizeRequestFunction", {("secretsmanager:GetSecretValue", "<Secret>")}),
        ("GenerateContactFunction", {("secretsmanager:GetSecretValue", "<Secret>")}),
    ],
)
def test_a_function_may_do_what_its_code_does(default: Deployment, function: str, needed: set[tuple[str, str]]) -> None:
    assert needed <= of_role(default, function)


@pytest.mark.parametrize("function", ["GenerateActivityFunction", "FinishSimulationFunction"])
def test_functions_that_call_nobody_outside_see_no_secret(default: Deployment, function: str) -> None:
    assert not any(action.startswith("secretsmanager:") for action, _ in of_role(default, function))


def test_the_api_changes_nothing_but_settings_and_dead_letters_that_were_sent_again(default: Deployment) -> None:
    changing = {"s3:PutObject", "s3:DeleteObject"}
    may = {(action, resource) for action, resource in of_role(default, "ApiFunction") if action in changing}
    assert may == {
        ("s3:DeleteObject", "<DataBucket.Arn>/dead-letters/*"),
        ("s3:PutObject", "<DataBucket.Arn>/config/*"),
    }


def test_the_authorizer_may_do_nothing_but_read_the_secret(default: Deployment) -> None:
    assert of_role(default, "AuthorizeRequestFunction") == {("secretsmanager:GetSecretValue", "<Secret>")}


def test_exactly_the_functions_that_read_its_address_may_connect_to_the_cache(default: Deployment) -> None:
    may = {name for name in FUNCTIONS if ("elasticache:Connect", "<Cache.ARN>") in of_role(default, name)}
    assert may == {name for name in FUNCTIONS if "REDIS_URL" in variables(name, required=False)}


def test_a_cache_that_is_given_needs_no_permission(deploy: Deploy) -> None:
    own = deploy(RedisUrl="redis://10.0.0.5:6379")
    assert not any("elasticache" in action for item in statements(own) for action in item.actions)


def test_the_state_machine_may_run_its_children(default: Deployment) -> None:
    may = of_role(default, "SimulationStateMachine")
    assert ("states:StartExecution", f"{STATES}:stateMachine:{MACHINE}") in may
    for action in ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"):
        assert {(action, f"{STATES}:execution:{MACHINE}:*"), (action, f"{STATES}:execution:{MACHINE}/*")} <= may
