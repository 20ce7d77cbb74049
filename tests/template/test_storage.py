"""Data at rest is private, encrypted and forgotten in time; keys live in one secret; the cache is there when needed."""

import json

import pytest
from template.conftest import Deploy
from template.deployment import Deployment

from simcrm.core.config import CacheConfig
from simcrm_lambda.secrets import Secrets

OWN = "own"


def test_the_bucket_is_encrypted(default: Deployment) -> None:
    rules = default.properties("DataBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert [rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules] == ["AES256"]


def test_the_bucket_is_private(default: Deployment) -> None:
    bucket = default.properties("DataBucket")
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_refuses_whoever_comes_without_tls(default: Deployment) -> None:
    (policy,) = default.resources("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == "<DataBucket>"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == ["<DataBucket.Arn>", "<DataBucket.Arn>/*"]


def test_dead_letters_are_forgotten_by_their_age_and_simulations_are_not(deploy: Deploy) -> None:
    rules = deploy(DataRetentionDays=17).properties("DataBucket")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"dead-letters/": 17}
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_simulations_are_forgotten_in_time_after_their_end(deploy: Deploy) -> None:
    deployment = deploy(DataRetentionDays=17)
    variables = deployment.properties("ExpireSimulationsFunction")["Environment"]["Variables"]
    assert variables["DATA_RETENTION_DAYS"] == 17
    schedules = deployment.resources("AWS::Scheduler::Schedule").values()
    (daily,) = [item for item in schedules if item["Target"]["Arn"] == "<MaintenanceStateMachine>"]
    assert (daily["Name"], daily["ScheduleExpression"]) == ("simcrm-test-expiry", "rate(1 day)")
    assert daily.get("State", "ENABLED") == "ENABLED"
    assert json.loads(daily["Target"]["Input"]) == {"action": "expire", "after": ""}


def test_the_bucket_outlives_the_stack(default: Deployment) -> None:
    resource = default.template["Resources"]["DataBucket"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_deployment_never_generates_the_secrets_value_again(default: Deployment) -> None:
    """CloudFormation makes a new value, empty keys and another token, whenever a part of this changes.

    A new field is none: the code takes an absent one as empty, and deploying adds what it is given. Another
    name, or another logical id, would make another secret.
    """
    (logical_id,) = default.resources("AWS::SecretsManager::Secret")
    assert logical_id == "Secret"
    assert default.properties("Secret") == {
        "Description": "Keys and tokens of SimCRM; fill in hubspotToken and anthropicApiKey",
        "GenerateSecretString": {
            "SecretStringTemplate": '{"hubspotToken": "", "anthropicApiKey": "", "openaiApiKey": "", "redisUrl": "", '
            '"operatorTokenPrevious": "", "bossToken": "", "bossTokenPrevious": ""}',
            "GenerateStringKey": "operatorToken",
            "ExcludePunctuation": True,
            "PasswordLength": 40,
        },
    }


def test_the_code_knows_each_field_of_a_new_secret(default: Deployment) -> None:
    generated = default.properties("Secret")["GenerateSecretString"]
    fields = {*json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]}
    assert fields <= {field.alias for field in Secrets.model_fields.values()}


def test_a_cache_is_made_only_where_none_is_given(default: Deployment, deploy: Deploy) -> None:
    assert "Cache" in default.resources()
    assert "Cache" not in deploy(CacheKind=OWN).resources()


@pytest.mark.parametrize("function", ["WriteHubSpotFunction", "ApiFunction"])
def test_the_cache_that_is_made_is_reached_over_tls_as_its_iam_user(default: Deployment, function: str) -> None:
    variables = default.properties(function)["Environment"]["Variables"]
    config = CacheConfig.load(variables)
    assert config.redis_url == "rediss://<Cache.Endpoint.Address>:<Cache.Endpoint.Port>"
    assert config.redis_iam_cache == "<Cache>"
    assert default.properties("Cache")["UserGroupId"] == f"{config.redis_iam_user.removesuffix('-user')}-user-group"


@pytest.mark.parametrize("function", ["WriteHubSpotFunction", "ApiFunction"])
def test_a_cache_that_is_given_is_used_without_iam(deploy: Deploy, function: str) -> None:
    config = CacheConfig.load(deploy(CacheKind=OWN).properties(function)["Environment"]["Variables"])
    assert (config.redis_url, config.redis_iam_cache, config.redis_secret_arn) == (None, None, "<Secret>")


def test_the_cache_is_public_only_outside_a_vpc(default: Deployment, deploy: Deploy) -> None:
    inside = deploy(SubnetIds="subnet-1", SecurityGroupIds="sg-1").properties("Cache")
    assert default.properties("Cache")["ConnectionType"] == "public"
    assert "ConnectionType" not in inside


def test_what_the_cache_may_cost_is_limited(default: Deployment) -> None:
    limits = default.properties("Cache")["CacheUsageLimits"]
    assert limits["DataStorage"]["Maximum"] <= 1
    assert limits["ECPUPerSecond"]["Maximum"] <= 10_000
