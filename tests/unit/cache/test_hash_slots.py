"""Keys in one hash slot, and the guard that holds all of the project's commands to it."""

import pytest
import redis
from redis.crc import key_slot
from slot_guard import SlotGuard, faults

from simcrm.cache.hash_slots import idempotency_key, key_in_same_slot
from simcrm.cache.run_counters import RunCounters


@pytest.mark.parametrize("key", ["sim:one:metrics", "{sim:one}:budget"])
def test_a_key_beside_another_is_in_its_slot_and_leaves_its_name(key: str) -> None:
    beside_it = {
        key_in_same_slot(key, "series"),
        key_in_same_slot(key, "whole"),
        idempotency_key(key),
        idempotency_key(key),
    }

    assert len(beside_it) == 4
    assert {key_slot(found.encode()) for found in beside_it} == {key_slot(key.encode())}


@pytest.mark.parametrize(
    ("commands", "fault"),
    [
        ([("MGET", "a", "b")], "not known as a command of a serverless cache: MGET"),
        ([("FLUSHALL",)], "not known as a command of a serverless cache: FLUSHALL"),
        ([("KEYS", "*")], "not known as a command of a serverless cache: KEYS"),
        ([("EVALSHA", "x", 0)], "not known as a command of a serverless cache: EVALSHA without keys"),
        ([("DEL", "a", "b")], "DEL over several slots: [b'a', b'b']"),
        ([("EVAL", "x", 2, "a", "b", "c")], "EVAL over several slots: [b'a', b'b']"),
        ([("MULTI",), ("SET", "a", 1), ("SET", "b", 1), ("EXEC",)], "SET over several slots: [b'a', b'b']"),
    ],
)
def test_what_a_serverless_cache_refuses_is_a_fault(commands: list[tuple[object, ...]], fault: str) -> None:
    assert faults(commands) == [fault]


@pytest.mark.parametrize(
    "commands",
    [
        [("SET", "a", 1), ("SET", "b", 1)],
        [("DEL", "{a}:1", "{a}:2"), ("AUTH", "user", "password")],
        [("MULTI",), ("SET", "{a}:1", 1), ("DEL", "{a}:2"), ("EXEC",), ("GET", "b")],
        [("EVAL", "x", 2, "{a}:1", "{a}:2", "b")],
    ],
)
def test_commands_one_after_the_other_may_go_to_any_slot(commands: list[tuple[object, ...]]) -> None:
    assert faults(commands) == []


def test_the_guard_sees_what_the_project_sends_and_not_what_a_test_asks(
    cache: redis.Redis, metrics: RunCounters, slot_guard: SlotGuard
) -> None:
    sent = slot_guard.commands
    cache.keys("*")
    assert (slot_guard.commands, slot_guard.faults) == (sent, [])

    metrics.restore({"contacts_created": 7}, {1: 3})
    assert slot_guard.commands > sent


@pytest.mark.parametrize("redis_kind", ["cluster"])
def test_a_server_in_cluster_mode_refuses_what_the_guard_calls_a_fault(cache: redis.Redis) -> None:
    with pytest.raises(redis.ResponseError, match="same slot"):
        cache.mget(["a", "b"])
