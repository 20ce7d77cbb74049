"""Which server sees which key: every provider against servers of its own, for every way to choose it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace

import pytest
from model_server import ModelServer, Reply, model_server

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.text.prompt_trial import PromptTrial, run_prompt_trial
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import LlmCallError, LlmConfigError
from simcrm.llm.prompts import built_in_prompt
from simcrm.llm.providers import registry
from simcrm.llm.providers.api_keys import environment_key_reader
from simcrm.llm.providers.base import LlmRequest
from simcrm.llm.settings import LlmSettings, apply_settings
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.operations.llm_key_check import check_model
from simcrm.planning.llm_plan import resolve_llm

Hosts = dict[str, ModelServer]
KEYS = {"anthropic": "sk-ant-key-of-anthropic", "openai": "sk-key-of-openai"}
OWN = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL", "local": "LOCAL_BASE_URL"}
PUBLIC = ("api.anthropic.com", "api.openai.com")
REQUEST = LlmRequest("m", "system", "0 Ada", {"type": "object"}, 50)
HOSTS = (*PUBLIC, "AI_BASE_URL", *OWN.values())


@pytest.fixture(scope="module", name="servers")
def _servers() -> Iterator[Hosts]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(model_server()) for name in HOSTS}


@pytest.fixture
def hosts(servers: Hosts, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """A server for each place where a provider may be; the public ones are on this machine, too."""
    for server in servers.values():
        server.reset()
    for provider, name in zip(KEYS, PUBLIC, strict=True):
        path = "/v1/" if provider == "openai" else ""
        public = replace(registry.PROVIDERS[provider], url=servers[name].url + path)
        monkeypatch.setitem(registry.PROVIDERS, provider, public)
    return servers


def environment(hosts: Hosts, deployed: str | None, *, shared: bool, own: bool) -> dict[str, str]:
    env = {"ANTHROPIC_API_KEY": KEYS["anthropic"], "OPENAI_API_KEY": KEYS["openai"], "AI_MAX_RETRIES": "0"}
    env |= {"AI_MODEL": "m", "AI_MODELS": '{"m": {"input": 1, "output": 1}}'}
    env |= {"AI_PROVIDER": deployed} if deployed else {}
    env |= {"AI_BASE_URL": hosts["AI_BASE_URL"].url} if shared else {}
    return env | ({name: hosts[name].url for name in OWN.values()} if own else {})


def keys_by_host(hosts: Hosts) -> dict[str, list[set[str]]]:
    """The keys of each request, for each host that received any."""
    return {name: [one.keys for one in server.received] for name, server in hosts.items() if server.received}


def right_host(provider: str, deployed: str | None, *, shared: bool, own: bool) -> str | None:
    """Where a provider's requests belong."""
    if shared and provider == (deployed or "anthropic"):
        return "AI_BASE_URL"
    if own:
        return OWN[provider]
    return dict(zip(KEYS, PUBLIC, strict=True)).get(provider)


def right_keys(provider: str, deployed: str | None, *, shared: bool, own: bool) -> dict[str, list[set[str]]]:
    host = right_host(provider, deployed, shared=shared, own=own)
    return {} if host is None else {host: [{KEYS[provider]} if provider in KEYS else set()]}


def write(env: dict[str, str], boss: str | None, run: str | None) -> None:
    """Call the model as a function does: a boss and the run's input only reach the plan."""
    request = parse_simulation_input({"totalRecords": 1, "ai": {"provider": run}})
    config = LlmCallConfig.load(env)
    plan = resolve_llm(request.ai, apply_settings(config, LlmSettings(provider=boss)))
    read_key = environment_key_reader(plan.provider, env)
    session = TextSession(config, plan, request, CacheWithFallback(None), RunCounters(None, "sim"), read_key)

    async def call() -> None:
        provider = session.create_provider(read_key(fresh=False))
        try:
            await provider.complete(REQUEST)
        finally:
            await provider.aclose()

    asyncio.run(call())


every_environment = pytest.mark.parametrize("deployed", [None, "anthropic", "openai", "local", "synthetic"])
with_addresses = pytest.mark.parametrize(
    ("shared", "own"), [(False, False), (True, False), (False, True), (True, True)]
)


@every_environment
@with_addresses
@pytest.mark.parametrize("provider", OWN)
@pytest.mark.parametrize("chosen_by", ["boss", "run over boss"])
def test_a_chosen_provider_keeps_its_key_to_its_own_host(
    hosts: Hosts, deployed: str | None, provider: str, chosen_by: str, *, shared: bool, own: bool
) -> None:
    env = environment(hosts, deployed, shared=shared, own=own)
    boss = provider if chosen_by == "boss" else "openai" if provider == "anthropic" else "anthropic"
    with suppress(LlmConfigError):
        write(env, boss, None if chosen_by == "boss" else provider)

    assert keys_by_host(hosts) == right_keys(provider, deployed, shared=shared, own=own)


@pytest.mark.parametrize("deployed", [None, *OWN])
@with_addresses
def test_the_deployments_provider_takes_the_shared_address(
    hosts: Hosts, deployed: str | None, *, shared: bool, own: bool
) -> None:
    with suppress(LlmConfigError):
        write(environment(hosts, deployed, shared=shared, own=own), None, None)

    assert keys_by_host(hosts) == right_keys(deployed or "anthropic", deployed, shared=shared, own=own)


@every_environment
@with_addresses
@pytest.mark.parametrize("provider", OWN)
def test_trials_and_diagnostics_ask_the_same_host_with_the_same_key(
    hosts: Hosts, deployed: str | None, provider: str, *, shared: bool, own: bool
) -> None:
    env = environment(hosts, deployed, shared=shared, own=own)
    config = apply_settings(LlmCallConfig.load(env), LlmSettings(provider=provider))
    expected = right_keys(provider, deployed, shared=shared, own=own)
    read_key = environment_key_reader(provider, env)
    check_model(config, read_key(fresh=False))
    assert keys_by_host(hosts) == expected

    for server in hosts.values():
        server.reset()
    with suppress(InvalidSimulationError):
        run_prompt_trial(PromptTrial(built_in_prompt("pairs"), records=1), config, read_key)
    assert {host: keys[:1] for host, keys in keys_by_host(hosts).items()} == expected


@pytest.mark.parametrize("shared", [False, True])
def test_message_batches_go_where_messages_go(hosts: Hosts, *, shared: bool) -> None:
    env = environment(hosts, "openai" if shared else None, shared=shared, own=False)
    request = parse_simulation_input({"totalRecords": 1, "ai": {"provider": "anthropic", "mode": "BATCH"}})
    config = LlmCallConfig.load(env)
    session = TextSession(
        config,
        resolve_llm(request.ai, config),
        request,
        CacheWithFallback(None),
        RunCounters(None, "sim"),
        environment_key_reader("anthropic", env),
    )
    hosts["api.anthropic.com"].reset(Reply({"error": {"message": "not now"}}, 400))

    with closing(session.batch_provider(KEYS["anthropic"])) as provider, pytest.raises(LlmCallError):
        provider.status("msgbatch_1")

    assert keys_by_host(hosts) == {"api.anthropic.com": [{KEYS["anthropic"]}]}


@pytest.mark.parametrize("provider", KEYS)
def test_a_redirect_does_not_take_a_key_to_another_host(hosts: Hosts, provider: str) -> None:
    elsewhere = hosts["AI_BASE_URL"].url
    own = hosts[OWN[provider]]
    own.reset(Reply("", 307, {"location": f"{elsewhere}/v1/messages"}))

    with pytest.raises(LlmCallError):
        write(environment(hosts, None, shared=False, own=True), provider, None)

    assert keys_by_host(hosts) == {OWN[provider]: [{KEYS[provider]}]}


def test_no_other_credential_of_the_environment_is_sent(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-somebody")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", hosts["OPENAI_BASE_URL"].url)

    write(environment(hosts, "anthropic", shared=True, own=False), None, None)

    assert keys_by_host(hosts) == {"AI_BASE_URL": [{KEYS["anthropic"]}]}
