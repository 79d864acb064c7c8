"""A session is cut off, its server killed, and nobody comes back: a workout all the same."""

import json
import sqlite3
from pathlib import Path
from urllib.request import urlopen

from blazereps_client.wire import Header, Kind
from service.landmarks import pack_pose
from tests.service.fakes import REP, TOP, grey_pose
from tests.service.killable import KillableServer
from tests.service.talk import Talk, talking
from tests.service.waiting import until

STEP_S = 0.1


def play(talk: Talk, levels: tuple[int, ...]) -> None:
    for seq, level in enumerate(levels):
        packed = pack_pose(grey_pose(level))
        talk.say(Header(Kind.LANDMARKS, seq, round(seq * STEP_S * 1e6)).pack() + packed)


def silent_for(data: Path, seconds: float) -> None:
    """As if the last sign of life had been so long ago."""
    with sqlite3.connect(data / "sessions.db") as database:
        database.execute("UPDATE session SET saved_s = saved_s - ?", (seconds,))
    database.close()


def workouts(server: KillableServer) -> list[dict[str, object]]:
    with urlopen(f"http://127.0.0.1:{server.port}/v1/workouts") as answer:
        return list(json.load(answer)["items"])


def test_a_killed_servers_session_is_kept_with_the_counts_that_were_told(tmp_path: Path) -> None:
    with KillableServer(tmp_path, janitor_s=1) as server:
        with talking(f"127.0.0.1:{server.port}") as talk:
            session_id = talk.start(exercise="squat", input="landmarks")["session_id"]
            play(talk, (*REP, *REP, *REP, TOP))
            told = [talk.hear("rep.counted") for _ in range(3)]
            server.kill()
        server.start()
        assert workouts(server) == []  # it can be resumed still
        silent_for(tmp_path, 301)
        until(lambda: workouts(server), patience_s=60)  # in the second round, 40 s later
        server.kill()
        server.start()
        (workout,) = workouts(server)
    assert workout["id"] == session_id
    assert workout["counts"] == told[-1]["counts"] == {"squat": 3}
    duration_s = workout["duration_s"]
    assert isinstance(duration_s, float)
    assert duration_s >= told[-1]["at_s"]
