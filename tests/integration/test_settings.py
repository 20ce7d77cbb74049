"""Settings of a boss in the embedded stack: the emulator's S3 lets one of two writers win."""

from concurrent.futures import ThreadPoolExecutor

from integration.driving import Api

from simcrm_embedded.state import StackState

PATH = "/api/boss/ai-config"
WRITERS = 4


def test_of_changes_at_the_same_moment_one_wins_and_can_be_taken_back(state: StackState) -> None:
    boss = Api(state, state.boss_token)
    before = boss.get(PATH).json()

    def change(concurrency: int) -> int:
        body = {"version": before["version"], "config": {"limits": {"concurrency": concurrency}}}
        return int(boss.put(PATH, body).status_code)

    with ThreadPoolExecutor(WRITERS) as threads:
        statuses = sorted(threads.map(change, range(1, WRITERS + 1)))
    after = boss.get(PATH).json()
    back = boss.put(PATH, {"version": after["version"], "revertTo": before["version"]}).json()

    assert statuses == [200] + [409] * (WRITERS - 1)
    assert after["version"] == before["version"] + 1
    assert after["config"]["limits"]["concurrency"] in range(1, WRITERS + 1)
    assert back["overrides"] == before["overrides"]
