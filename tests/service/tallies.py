"""Tallies for tests: some sets, holds and repetitions."""

from blazereps_client.results import Hold, Measured, Rep, RepSet, Tally


def rep(exercise: str, start_s: float, *, top: float | None = 170, bottom: float = 80) -> Rep:
    """A repetition of two seconds; `top`, `bottom`: the knee's degrees."""
    measures = {"knee_bottom": Measured(value=bottom, unit="degrees", certainty=1)}
    if top is not None:
        measures["knee_top"] = Measured(value=top, unit="degrees", certainty=1)
    return Rep(
        exercise=exercise,
        count=1,
        start_s=start_s,
        bottom_s=start_s + 1,
        end_s=start_s + 2,
        down_s=1,
        up_s=1,
        depth=0.9,
        confidence=1,
        grade="full",
        measures=measures,
    )


def rep_set(exercise: str, start_s: float, reps: int, number: int = 1) -> RepSet:
    """Repetitions of two seconds, one after the other."""
    return RepSet(
        exercise=exercise,
        number=number,
        reps=reps,
        start_s=start_s,
        end_s=start_s + 2 * reps,
        rest_s=None,
        mean_rep_s=2,
        mean_down_s=1,
        mean_up_s=1,
        mean_depth=0.9,
        velocity_loss=None,
    )


def hold(exercise: str, start_s: float, held_s: float) -> Hold:
    return Hold(
        exercise=exercise, start_s=start_s, end_s=start_s + held_s, held_s=held_s, confidence=1
    )


def tally(*done: RepSet | Hold, reps: tuple[Rep, ...] = ()) -> Tally:
    sets = tuple(one for one in done if isinstance(one, RepSet))
    counts: dict[str, int] = {}
    for one in sets:
        counts[one.exercise] = counts.get(one.exercise, 0) + one.reps
    return Tally(
        counts=counts,
        reps=reps,
        rejected=(),
        sets=sets,
        holds=tuple(one for one in done if isinstance(one, Hold)),
        unknown=(),
        guidance=(),
    )


SQUATS = tally(
    rep_set("squat", 1, 2),
    rep_set("squat", 30, 3, number=2),
    hold("plank", 60, 20.5),
    reps=tuple(rep("squat", start_s) for start_s in (1, 3, 30, 32, 34)),
)
