"""Whether what is seen counts: at once, after a countdown, once the person is ready, or not now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from blazereps_client import words
from blazereps_client.messages import Arm
from classifiers.events import Phase
from pose_engine.landmarks import Pose
from service.core import Coming, Library, Session
from service.events import CountingChanged, Happening
from service.library import new_session, pick


@dataclass(slots=True)
class Gate:
    """Opened, closed, or opened once something has happened; by capture times, in seconds."""

    counting: words.Counting = "counting"
    countdown_s: float | None = None
    """How long it counts down before it opens, ..."""
    ready_s: float | None = None
    """... or how long somebody must be ready."""
    since_s: float | None = None
    """Since when it counts down, or somebody has been ready."""

    def close(self) -> None:
        """Nothing counts from here on."""
        self.counting = "paused"

    def open(self, arm: Arm | None = None) -> None:
        """Everything counts from here on, or once what is to happen first has happened."""
        self.counting = "counting" if arm is None else "arming"
        self.countdown_s = arm.countdown_s if arm else None
        self.ready_s = arm.ready_s if arm else None
        self.since_s = None

    @property
    def wants_ready(self) -> bool:
        """Whether it opens once somebody is ready."""
        return self.counting == "arming" and self.ready_s is not None

    def passes(self, at_s: float, *, ready: bool) -> bool:
        """Whether what is seen at that time counts; `ready`: he is at the top, or holds a pose."""
        if self.counting == "arming" and self._armed(at_s, ready=ready):
            self.counting = "counting"
        return self.counting == "counting"

    def left_s(self, at_s: float) -> float | None:
        """What is left of the countdown, None where there is none."""
        if self.counting != "arming" or self.countdown_s is None:
            return None
        since_s = at_s if self.since_s is None else self.since_s
        return max(0.0, self.countdown_s - (at_s - since_s))

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        return asdict(self)

    @classmethod
    def restored(cls, snapshot: Mapping[str, Any]) -> Self:
        """The gate of a snapshot; raises TypeError on a wrong one."""
        return cls(**snapshot)

    def _armed(self, at_s: float, *, ready: bool) -> bool:
        if self.countdown_s is None and not ready:
            self.since_s = None
            return False
        if self.since_s is None:
            self.since_s = at_s
        wanted_s = self.ready_s if self.countdown_s is None else self.countdown_s
        return wanted_s is None or at_s - self.since_s >= wanted_s


class Counting:
    """A session that observations reach while the gate is open."""

    def __init__(
        self, library: Library, exercise: str, *, unknown: bool = False, arm: Arm | None = None
    ) -> None:
        """Raises ServiceError `unknown_exercise`."""
        self._library, self._exercise, self._unknown = library, exercise, unknown
        self.session = self._new_session()
        """What counts."""
        self._rehearsal: Session | None = None
        self._gate = Gate()
        self._gate.open(arm)
        self._seen = False

    @property
    def counting(self) -> words.Counting:
        """Whether observations count."""
        return self._gate.counting

    @property
    def subject(self) -> bool:
        """Whether somebody is in view, also while nothing counts."""
        return self.session.subject if self.counting == "counting" else self._seen

    def stands(self, at_s: float) -> dict[str, Any]:
        """How it stands at that time, as a `State` tells it."""
        session = self.session
        return {
            "counts": dict(session.counts),
            "phases": dict(session.phases),
            "holds": dict(session.holds),
            "confidences": {k: round(float(v), 3) for k, v in session.confidences.items()},
            "subject": self.subject,
            "counting": self.counting,
            "countdown_s": self._gate.left_s(at_s),
        }

    def coming(self, poses: Iterable[tuple[Pose, float]]) -> Coming:
        """These will be observed next, at these seconds."""
        if self.counting != "counting":
            return []
        return [(self.session, pose, at_s) for pose, at_s in poses]

    def observe(self, pose: Pose | None, at_s: float) -> Iterator[Happening]:
        """Who is seen at a time in seconds, None for nobody."""
        self._seen = pose is not None
        before = self._gate.counting
        passes = self._gate.passes(at_s, ready=self._ready(pose, at_s))
        if self._gate.counting != before:
            yield CountingChanged(self._gate.counting)
        if passes:
            yield from self.session.observe(pose, at_s)

    def give_up(self) -> Iterator[Happening]:
        """End the movement or hold that is under way, if there is one."""
        yield from self.session.interrupt()

    def pause(self) -> Iterator[Happening]:
        """Nothing counts from here on."""
        yield from self.give_up()
        self._gate.close()
        yield CountingChanged(self._gate.counting)

    def resume(self, arm: Arm | None) -> Iterator[Happening]:
        """Everything counts from here on, or once armed."""
        if arm is not None and self._gate.counting == "counting":
            yield from self.give_up()
        self._gate.open(arm)
        self._rehearsal = None
        yield CountingChanged(self._gate.counting)

    def reset(self, arm: Arm | None) -> Iterator[Happening]:
        """All counts go back to zero."""
        self.session = self.session.anew()
        yield from self.resume(arm)

    def choose(self, exercise: str) -> Iterator[Happening]:
        """Count another exercise from here on; raises ServiceError `unknown_exercise`."""
        picked = pick(self._library, exercise)
        self._exercise, self._rehearsal = exercise, None
        yield from self.session.choose(picked)

    def finish(self) -> Iterator[Happening]:
        """The stream ended."""
        yield from self.session.finish()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restore`."""
        return {
            "session": self.session.snapshot(),
            "rehearsal": self._rehearsal and self._rehearsal.snapshot(),
            "gate": self._gate.snapshot(),
            "seen": self._seen,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot; raises one of `NO_SNAPSHOT` on a wrong one."""
        self.session = self._library.restore(snapshot["session"])
        rehearsal = snapshot["rehearsal"]
        self._rehearsal = rehearsal and self._library.restore(rehearsal)
        self._gate = Gate.restored(snapshot["gate"])
        self._seen = bool(snapshot["seen"])

    def _ready(self, pose: Pose | None, at_s: float) -> bool:
        """Whether somebody stays at the top of an exercise, or in a pose that is held.

        A session of its own judges that: what the real one sees would count.
        """
        if not self._gate.wants_ready:
            self._rehearsal = None
            return False
        if self._rehearsal is None:
            self._rehearsal = self._new_session()
        self._rehearsal.observe(pose, at_s)
        at_top = Phase.TOP in self._rehearsal.phases.values()
        return pose is not None and (at_top or self._rehearsal.keeping)

    def _new_session(self) -> Session:
        return new_session(self._library, self._exercise, unknown=self._unknown)
