"""Whether a count depends on how a clip was taken: every clip counted in many variants of itself.

A variant counts as the original when every exercise has the same count; as landmarks, when every
event is the same; twice in a row, when every count is twice the original's, give or take what
`Counted.slack` allows at the join.
"""

from collections.abc import Iterator, Sequence

from benchmarks.counted import Counted
from benchmarks.labels import EXERCISES
from benchmarks.report import part, table
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
    lost = (
        f"lost {at_s / clock:.1f} s{_why(variant, exercise, at_s)}"
        for exercise, at_s in _without(then, now)
    )
    new = (f"new {at_s / clock:.1f} s" for _, at_s in _without(now, then))
    return ", ".join((*lost, *new))


def _without(bottoms: Sequence[Bottom], others: Sequence[Bottom]) -> Iterator[Bottom]:
    """Bottoms that have no counterpart."""
    for exercise, at_s in bottoms:
        others_s = (at for name, at in others if name == exercise)
        if not any(abs(at - at_s) < _SAME_BOTTOM_S for at in others_s):
            yield exercise, at_s


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
