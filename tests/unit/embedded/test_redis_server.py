import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from redis import AuthenticationError, Redis

from simcrm_embedded import processes
from simcrm_embedded.errors import InvalidSettingError, MissingToolError
from simcrm_embedded.ports import guess_free
from simcrm_embedded.redis_server import (
    find_server,
    is_ready,
    redis_url,
    server_command,
    server_settings,
    user_redis_url,
)


def test_without_a_setting_no_redis_is_given() -> None:
    assert user_redis_url({}) is None
    assert user_redis_url({"SIMCRM_REDIS_URL": ""}) is None


@pytest.mark.parametrize("url", ["redis://user:secret@127.0.0.1:1", "http://example.com", "nonsense"])
def test_a_redis_that_does_not_answer_is_refused_without_showing_its_url(url: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        user_redis_url({"SIMCRM_REDIS_URL": url})

    assert str(caught.value) == "SIMCRM_REDIS_URL names no Redis that answers: mend or unset it."


def test_our_own_server_answers_who_knows_its_password_and_leaves_nothing_on_disk(tmp_path: Path) -> None:
    port = guess_free()
    url, settings, log = redis_url(port, "pass-word"), server_settings(port, "pass-word"), tmp_path / "r.log"
    server = processes.start(
        "Redis", server_command(), env=dict(os.environ), mark="m", log=log, folder=tmp_path, standard_input=settings
    )
    try:
        deadline = time.monotonic() + 60
        while not is_ready(url) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert user_redis_url({"SIMCRM_REDIS_URL": url}) == url
        with pytest.raises(AuthenticationError), Redis.from_url(f"redis://127.0.0.1:{port}") as stranger:
            stranger.ping()
        assert not is_ready(redis_url(port, "another"))
        assert "pass-word" not in " ".join(psutil.Process(server.pid).cmdline())
    finally:
        processes.end([server])
    assert [item.name for item in tmp_path.iterdir()] == ["r.log"]


def test_a_server_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_server() == program


def test_without_one_on_the_path_the_bundled_server_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    version = subprocess.run([find_server(), "--version"], check=True, capture_output=True, text=True).stdout

    assert version.startswith("Redis server")


def test_without_any_server_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(MissingToolError, match=r"redis-server is not installed: run `make setup`, or set SIMCRM_REDIS"):
        find_server()
