"""Faults on the command line: what the user can mend is told in one line, without a stack trace."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from blazereps_client.errors import LiveError
from blazereps_client.video import CaptureError
from classifiers.exercise_file import ExerciseError
from classifiers.samples import SamplesError
from classifiers.teaching import TeachingError
from models.store import ModelsMissing
from pose_engine.footage import ClipError
from service.errors import ServiceError, said
from service.settings import Settings
from service.shown import faults
from service.startup import KeysNeeded
from service.terminal import harmless

err: Final = Console(stderr=True, highlight=False)

_MENDABLE: Final = (
    *(ModelsMissing, ExerciseError, SamplesError, TeachingError, KeysNeeded),
    *(ServiceError, ClipError, CaptureError, LiveError, OSError),
)


@contextmanager
def explained() -> Iterator[None]:
    """Ends the command with status 1 where something in it fails that the user can mend."""
    try:
        yield
    except SettingsError as error:
        _fail_for(error)
    except ValidationError as error:
        if error.title == Settings.__name__:
            _fail_for(error)
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        fail(f"{name}: {said(first)}")
    except _MENDABLE as error:
        fail(str(error))


def _fail_for(error: ValidationError | SettingsError) -> NoReturn:
    for fault in faults(error, os.environ):
        tell(fault)
    raise typer.Exit(1) from None


def tell(message: str) -> None:
    """Say something on standard error."""
    err.print(harmless(f"blazereps: {message}"), markup=False, soft_wrap=True)


def fail(message: str) -> NoReturn:
    """Say it, and end with status 1."""
    tell(message)
    raise typer.Exit(1)
