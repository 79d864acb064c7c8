"""The tables of the accuracy card, as Markdown."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from benchmarks.bootstrap import mean, ratio
from benchmarks.counted import Counted
from benchmarks.labels import EXERCISES, Label, Score
from benchmarks.report import part, table

Reference = Mapping[str, Score]
"""The reference counter's scores by clip."""

_OURS, _THEIRS = "blazereps", "MediaPipe + ML Kit"


def totals(counted: Sequence[Counted], reference: Reference) -> str:
    """Both counters on clips with something to count, and what lies between them."""
    rows: list[Sequence[object]] = []
    for name in (*EXERCISES, "both"):
        ours = [c.score() for c in counted if name in (c.label.exercise, "both")]
        ours = [score for score in ours if not score.label.negative]
        theirs = [reference[score.label.file] for score in ours]
        if not ours:
            continue
        clips = f"{len(ours)} of {len({score.label.source for score in ours})}"
        rows.append((name, clips, _OURS, *_figures(ours)))
        rows.append((name, clips, _THEIRS, *_figures(theirs)))
        rows.append((name, clips, "difference", *_differences(ours, theirs)))
    header = ("exercise", "clips of sources", "counter", "exact", "off by ≤ 1", "MAE")
    return table(header, rows)


def _figures(scores: Sequence[Score]) -> Iterator[str]:
    yield mean((s.label.source, s.exact) for s in scores).percent()
    yield mean((s.label.source, s.near) for s in scores).percent()
    yield mean((s.label.source, s.share) for s in scores).number()


def _differences(ours: Sequence[Score], theirs: Sequence[Score]) -> Iterator[str]:
    pairs = list(zip(ours, theirs, strict=True))
    yield mean((a.label.source, a.exact - b.exact) for a, b in pairs).points()
    yield mean((a.label.source, a.near - b.near) for a, b in pairs).points()
    yield mean((a.label.source, a.share - b.share) for a, b in pairs).number("+.3f")


def by_view(counted: Sequence[Counted], reference: Reference) -> str:
    """How many clips of each view are exact."""
    return _breakdown("view", lambda label: label.view, counted, reference)


def by_resolution(counted: Sequence[Counted], reference: Reference) -> str:
    """How many clips of each size are exact."""
    return _breakdown("short side", _size, counted, reference)


def _size(label: Label) -> str:
    bounds = (0, 360, 480, 720, 1080)
    least = max(bound for bound in bounds if bound <= label.short_side)
    above = next((bound for bound in bounds if bound > label.short_side), None)
    return f"{least:4}–{above - 1} px" if above else f"{least:4} px and more"


def _breakdown(
    title: str,
    key: Callable[[Label], str],
    counted: Sequence[Counted],
    reference: Reference,
) -> str:
    positive = [c.score() for c in counted if not c.label.negative]
    groups = group(positive, lambda score: key(score.label))
    header = (title, *EXERCISES, "off by ≤ 1", *(f"{_THEIRS}, {name}" for name in EXERCISES))
    return table(
        header,
        (
            (
                name.strip(),
                *_exact_by_exercise(scores),
                part(score.near for score in scores),
                *_exact_by_exercise([reference[score.label.file] for score in scores]),
            )
            for name, scores in groups.items()
        ),
    )


def group(scores: Iterable[Score], key: Callable[[Score], str]) -> dict[str, list[Score]]:
    """Scores by key, the keys in their order."""
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(key(score), []).append(score)
    return dict(sorted(groups.items()))


def _exact_by_exercise(scores: Sequence[Score]) -> Iterator[str]:
    for exercise in EXERCISES:
        yield part(score.exact for score in scores if score.label.exercise == exercise)


def by_variant(counted: Sequence[Counted], variants: Sequence[str]) -> str:
    """The figures of every variant."""
    header = ("what is done", *EXERCISES, "exact", "off by ≤ 1", "MAE", "clean", "invented")
    return table(header, (_variant(counted, name) for name in variants))


def _variant(counted: Sequence[Counted], name: str) -> Sequence[object]:
    scores = [c.score(name) for c in counted if c.label.in_totals]
    positive = [score for score in scores if not score.label.negative]
    negative = [score for score in scores if score.label.negative]
    figures = _figures(positive) if positive else ["–"] * 3
    invented = sum(score.error for score in negative)
    clean = part(score.exact for score in negative)
    return name, *_exact_by_exercise(positive), *figures, clean, invented


def negatives(counted: Sequence[Counted], reference: Reference) -> str:
    """What was counted where nothing is to be counted."""
    ours = [c.score() for c in counted if c.label.negative and c.label.in_totals]
    if not ours:
        return "None."
    theirs = [reference[score.label.file] for score in ours]
    header = ("counter", "clean", "repetitions invented", "false counts a minute")
    rows = (
        (name, part(s.exact for s in scores), sum(s.error for s in scores), _a_minute(scores))
        for name, scores in ((_OURS, ours), (_THEIRS, theirs))
    )
    clips = (
        (a.label.file, a.label.exercise.removeprefix("other:"), f"{a.label.duration_s:.0f} s", a, b)
        for a, b in zip(ours, theirs, strict=True)
    )
    return "\n\n".join(
        (table(header, rows), table(("clip", "what it shows", "length", _OURS, _THEIRS), clips))
    )


def _a_minute(scores: Sequence[Score]) -> str:
    return ratio((s.label.source, s.error, s.label.duration_s / 60) for s in scores).number(".2f")


def holds(counted: Sequence[Counted]) -> str:
    """Every hold that is timed in a clip as it is, and in how many variants it is timed too."""
    rows = [
        (
            c.label.file,
            c.label.exercise.removeprefix("other:"),
            f"{hold.exercise} {hold.start_s:.1f}–{hold.end_s:.1f} s of {c.label.duration_s:.1f}",
            part(hold.exercise in {h.exercise for h in t.holds} for t in c.tallies.values()),
        )
        for c in counted
        for hold in c.original.holds
    ]
    return table(("clip", "what it shows", "timed", "variants"), rows) if rows else "None."


def apart(counted: Sequence[Counted], reference: Reference) -> str:
    """The clips that are left out of the totals."""
    return "\n".join(
        f"Apart, for it holds squats and push-ups: `{c.label.file}`, blazereps {c.score()}, "
        f"{_THEIRS} {reference[c.label.file]}."
        for c in counted
        if not c.label.in_totals
    )


def clips(counted: Sequence[Counted], reference: Reference) -> str:
    """Every clip with something to count."""
    header = ("clip", "view", "short side", "right", _OURS, _THEIRS, "variants exact")
    return table(
        header,
        (
            (
                c.label.file,
                c.label.view,
                c.label.short_side,
                "/".join(map(str, c.label.counts)),
                c.score(),
                reference[c.label.file],
                part(c.score(name).exact for name in c.tallies),
            )
            for c in counted
            if not c.label.negative
        ),
    )
