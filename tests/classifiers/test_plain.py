"""States as plain data."""

from dataclasses import asdict, dataclass, field

from classifiers.plain import plain


@dataclass(slots=True)
class _State:
    count: int = 2
    at_s: float | None = None
    said_s: dict[str, float] = field(default_factory=lambda: {"a": 1.0})
    angles: list[float] = field(default_factory=lambda: [1.0, 2.0])


def test_it_is_what_asdict_gives() -> None:
    assert plain(_State()) == asdict(_State())


def test_what_happens_later_does_not_reach_it() -> None:
    state = _State()
    before = plain(state)
    state.said_s["b"] = 2.0
    state.angles.append(3.0)
    assert before == asdict(_State())
