import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simcrm_embedded.errors import StackBusyError, StateUnreadableError
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.state import StackState, hold_lock, load

HOLDER = (
    "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print('held', flush=True); time.sleep(60)"
)


def a_state() -> StackState:
    state = StackState(mark="abc", endpoint="http://127.0.0.1:1", operator_token="operator", outputs={"ApiId": "x"})
    state.processes.append(ManagedProcess("Redis", 42, 1_700_000_000.25, "abc", Path("/logs/redis.log")))
    return state


def test_a_saved_state_is_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    a_state().save(path)

    assert load(path) == a_state()


def test_only_the_owner_can_read_the_state_because_tokens_are_in_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    mask = os.umask(0)
    try:
        a_state().save(path)
    finally:
        os.umask(mask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_draft_left_by_a_killed_command_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.with_suffix(".draft").write_text("half a docum", encoding="utf-8")

    a_state().save(path)

    assert load(path) == a_state()
    assert [item.name for item in tmp_path.iterdir()] == ["state.json"]


def test_without_a_file_there_is_no_state(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json") is None


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", "{}", '{"version": 1}', '{"version": 99, "mark": "a", "processes": []}'],
    ids=["empty", "no json", "no object", "nothing in it", "no processes", "another version"],
)
def test_a_damaged_state_is_named_and_not_guessed_at(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StateUnreadableError, match=r"state\.json cannot be read"):
        load(path)


def test_a_lock_waits_for_the_command_that_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waited: list[float] = []

        def pause(seconds: float) -> None:
            waited.append(seconds)
            holder.kill()
            time.sleep(seconds)

        with hold_lock(lock, pause=pause):
            pass

    assert waited


def test_a_lock_that_is_held_for_too_long_is_given_up(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with hold_lock(lock), pytest.raises(StackBusyError, match="for 0 s"), hold_lock(lock, timeout=0):
        pass


def test_a_lock_can_be_taken_again_after_it_was_let_go(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "lock"):
        pass
    with hold_lock(tmp_path / "lock", timeout=0):
        pass
