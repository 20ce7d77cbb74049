"""Where a function finds its cache."""

import redis
from template_resources import Resources

from simcrm.cache.redis_client import redis_client
from simcrm.core.config import CacheConfig
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.secrets import load_secrets


def test_a_cache_of_ones_own_is_the_one_in_the_secret(resources: Resources, cache: redis.Redis) -> None:
    found = configured_cache(CacheConfig.load({"REDIS_SECRET_ARN": resources.secret_arn}))

    assert found is not None
    found.set("written", "by the function")
    assert cache.get("written") == "by the function"


def test_an_address_that_was_changed_is_used_from_the_next_reading_of_the_secret(resources: Resources) -> None:
    config = CacheConfig.load({"REDIS_SECRET_ARN": resources.secret_arn})
    configured_cache(config)
    resources.fill_secret(redisUrl="redis://:other@cache.invalid:6379/0")
    load_secrets(resources.secret_arn, fresh=True)

    found = configured_cache(config)

    assert found is not None
    assert found.connection_pool.connection_kwargs["password"] == "other"


def test_without_an_address_in_the_secret_there_is_no_cache(resources: Resources) -> None:
    resources.fill_secret(redisUrl="")

    assert configured_cache(CacheConfig.load({"REDIS_SECRET_ARN": resources.secret_arn})) is None


def test_a_cache_of_the_stack_needs_no_secret() -> None:
    config = CacheConfig.load({"REDIS_URL": "rediss://cache.invalid:6379", "REDIS_IAM_CACHE": "simcrm-cache"})

    assert configured_cache(config) is redis_client(config)


def test_no_function_is_given_an_address_with_a_password(resources: Resources, redis_url: str) -> None:
    assert redis_url not in str(resources.environment("WriteHubSpotFunction"))
