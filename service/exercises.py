"""REST: the exercises that can be counted or timed."""

from fastapi import APIRouter
from pydantic import Field

from blazereps_client.results import Document
from classifiers.exercise import Kind
from service.errors import ServiceError, problems
from service.state import State

router = APIRouter(prefix="/v1/exercises", tags=["exercises"])


class ExerciseInfo(Document):
    """One exercise."""

    name: str = Field(examples=["squat"])
    title: str = Field(examples=["Squat"])
    description: str = Field(examples=["Down until the thighs are level, and up again."])
    kind: Kind = Field(description="`reps` are counted, a `hold` is timed", examples=["reps"])
    needs_legs: bool = Field(
        description="Counted or timed only with the legs in view", examples=[True]
    )


class Exercises(Document):
    """All of them."""

    exercises: tuple[ExerciseInfo, ...]


@router.get("")
async def list_exercises(state: State) -> Exercises:
    """Every exercise; `auto` elsewhere stands for all of them."""
    found = state.core.library.exercises
    return Exercises(exercises=tuple(ExerciseInfo.model_validate(one) for one in found))


@router.get("/{name}", responses=problems("unknown_exercise"))
async def get_exercise(name: str, state: State) -> ExerciseInfo:
    """One exercise."""
    for exercise in state.core.library.exercises:
        if exercise.name == name:
            return ExerciseInfo.model_validate(exercise)
    names = ", ".join(one.name for one in state.core.library.exercises)
    raise ServiceError("unknown_exercise", f"no exercise is called {name!r}; known are {names}")
