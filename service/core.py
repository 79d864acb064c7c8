"""What the shell asks of the core, as protocols: an engine, and exercises that begin sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from classifiers.events import Event, Phase
from classifiers.exercise import Kind
from pose_engine.frames import Frame
from pose_engine.landmarks import Focus, Pose

NO_SNAPSHOT: Final = (TypeError, ValueError, LookupError, AttributeError)
"""What `restore` may raise where a snapshot is of another shape, or of other exercises."""


class Tracker(Protocol):
    """Follows one person through one stream; see `pose_engine.tracker.PoseTracker`."""

    @property
    def shrink(self) -> int:
        """How many times smaller, 1, 2, 4 or 8, the next frame may come."""

    def track(self, frame: Frame, at: float, /) -> Pose | None:
        """The pose in this frame, taken `at` seconds; blocking."""

    def choose(self, focus: Focus | None, /) -> None:
        """Follow whoever is there from now on, or without it the most prominent."""

    def snapshot(self) -> dict[str, Any]:
        """All that it remembers, as plain data for JSON."""

    def restore(self, snapshot: Mapping[str, Any], /) -> None:
        """Go on from a snapshot; raises one of `NO_SNAPSHOT` on a wrong one."""


class Engine(Protocol):
    """Finds poses; see `pose_engine.engine.PoseEngine`."""

    def tracker(self, *, focus: Focus | None = None) -> Tracker:
        """A tracker for a new stream, of the person at `focus` or of the most prominent."""

    def find(self, frame: Frame, /) -> Pose | None:
        """The pose in one still image; blocking."""


class Session(Protocol):
    """Counts one person's repetitions; see `classifiers.session.ExerciseSession`."""

    @property
    def counts(self) -> dict[str, int]:
        """The absolute count of every exercise of the session, and of `unknown` if wanted."""

    @property
    def phases(self) -> dict[str, Phase]:
        """Where in a repetition the person is, by exercise."""

    @property
    def holds(self) -> Mapping[str, float]:
        """The holds that go on, by exercise: seconds so far."""

    @property
    def keeping(self) -> bool:
        """Whether somebody keeps a pose that is held, however short."""

    @property
    def confidences(self) -> dict[str, float]:
        """How sure each class is, 0 to 1."""

    @property
    def subject(self) -> bool:
        """Whether somebody is in view."""

    def observe(self, pose: Pose | None, at_s: float, /) -> list[Event]:
        """What this observation, taken at `at_s` seconds, causes."""

    def choose(self, exercises: Sequence[Any], /) -> list[Event]:
        """Count these from here on; counts so far stay."""

    def interrupt(self) -> list[Event]:
        """Give up the movement under way: what comes next is no part of it."""

    def anew(self) -> "Session":
        """One that counts the same from zero on, of the same person."""

    def finish(self) -> list[Event]:
        """What the end of the stream causes."""

    def snapshot(self) -> dict[str, Any]:
        """The whole state, as plain data for JSON."""


Coming = Sequence[tuple[Session, Pose, float]]
"""What sessions will observe next, each its own in this order, at these seconds."""


class Exercise(Protocol):
    """One exercise; see `classifiers.exercise.Exercise` and `Hold`."""

    @property
    def name(self) -> str:
        """The name in messages, such as `squat`."""

    @property
    def title(self) -> str:
        """The name for people."""

    @property
    def description(self) -> str:
        """What the movement is and what counts as one, or what pose is held."""

    @property
    def kind(self) -> Kind:
        """Whether it is counted or timed."""

    @property
    def needs_legs(self) -> bool:
        """Whether it can only be counted or timed with the legs in view."""


class Library(Protocol):
    """The exercises; see `classifiers.library.Library`."""

    @property
    def exercises(self) -> Sequence[Exercise]:
        """Every exercise there is."""

    def session(self, name: str, /, *, unknown: bool = False) -> Session:
        """A new session of `auto` or one exercise; raises LookupError naming them.

        `unknown`: also repeated movement that is no known exercise.
        """

    def pick(self, name: str, /) -> Sequence[Any]:
        """What a session is to `choose` for `auto` or an exercise; raises LookupError likewise."""

    def look_ahead(self, coming: Sequence[tuple[Any, Pose, float]], /) -> None:
        """Sessions from here will observe these next: what can be shared is done at once."""

    def restore(self, snapshot: dict[str, Any], /) -> Session:
        """A session that goes on; raises one of `NO_SNAPSHOT` on a wrong snapshot."""


@dataclass(frozen=True, slots=True)
class Core:
    """The loaded core, one a process and shared by its threads."""

    engine: Engine
    library: Library
