"""Whether a count depends on how a clip was taken: every clip counted in many variants of itself.

A variant counts as the original when every exercise has the same count; as landmarks, when every
event is the same; twice in a row, when every count is twice the original's, give or take what
`Counted.slack` allows at the join.
"""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.counted import Counted
from benchmarks.labels import EXERCISES
from benchmarks.report import part, table
from benchmarks.times import matched
from benchmarks.variants import LANDMARKS, ORIGINAL, TWICE, variants
from blazereps_client.results import Tally

_SAME_BOTTOM_S = 0.5
_SPEEDS = {variant.name: variant.speed for variant in variants("")}

Bottom = tuple[str, float]


def same(counted: Counted, name: str) -> bool:
    """Whether a variant counts what the original counts."""
    original, variant = counted.original, counted.tallies[name]
    if name == LANDMARKS:
        return variant == original
    if name != TWICE:
        return variant.counts == original.counts
    gaps = (
        variant.counts.get(exercise, 0) - 2 * original.counts.get(exercise, 0)
        for exercise in EXERCISES
    )
    return sum(abs(gap) for gap in gaps) <= counted.slack


def differences(counted: Counted, name: str) -> str:
    """The repetitions that came and went, by the time of their bottom in the original."""
    clock = 1 / _SPEEDS.get(name, 1)
    starts_s = (0, counted.lap_s) if name == TWICE else (0,)
    variant = counted.tallies[name]
    then = [
        (rep.exercise, clock * rep.bottom_s + start_s)
        for start_s in starts_s
        for rep in counted.original.reps
    ]
    now = [(rep.exercise, rep.bottom_s) for rep in variant.reps]
    pairs = [*_counterparts(then, now)]
    lost = (
        f"lost {at_s / clock:.1f} s{_why(variant, exercise, at_s)}"
        for exercise, at_s in _without(then, (old for old, _ in pairs))
    )
    new = (f"new {at_s / clock:.1f} s" for _, at_s in _without(now, (one for _, one in pairs)))
    return ", ".join((*lost, *new))


def _counterparts(then: Sequence[Bottom], now: Sequence[Bottom]) -> Iterator[tuple[Bottom, Bottom]]:
    """The same repetition then and now; each in one pair at most."""
    for exercise in EXERCISES:
        times_s = ([at_s for name, at_s in of if name == exercise] for of in (then, now))
        for then_s, now_s in matched(*times_s):
            if abs(now_s - then_s) < _SAME_BOTTOM_S:
                yield (exercise, then_s), (exercise, now_s)


def _without(bottoms: Sequence[Bottom], others: Iterable[Bottom]) -> list[Bottom]:
    others = set(others)
    return [one for one in bottoms if one not in others]


def _why(tally: Tally, exercise: str, at_s: float) -> str:
    near = (
        one.reason
        for one in tally.rejected
        if one.exercise == exercise and one.start_s - 0.2 <= at_s <= one.end_s + 0.2
    )
    return f" ({reason})" if (reason := next(near, None)) else ""


def changed(counted: Counted) -> list[str]:
    """The variants that do not count as the original."""
    return [name for name in counted.tallies if name != ORIGINAL and not same(counted, name)]


def report(counted: Sequence[Counted], variants: Sequence[str]) -> str:
    """The tables, as Markdown."""
    totals = [c for c in counted if c.label.in_totals]
    rows = [(name, part(same(c, name) for c in totals)) for name in variants if name != ORIGINAL]
    changes = [
        (
            c.label.file,
            "/".join(map(str, c.label.counts)),
            c.score(),
            name,
            c.score(name),
            differences(c, name),
        )
        for c in counted
        for name in changed(c)
    ]
    header = ("clip", "right", "original", "variant", "counted", "repetitions")
    return "\n\n".join(
        (table(("variant", "counted as the original"), rows), table(header, changes))
    )
