"""The client's words are the core's, and the lengths too; neither imports the other."""

import subprocess
import sys
import typing
from enum import StrEnum

import pytest
from typing_extensions import TypeAliasType

from blazereps_client import wire, words
from classifiers import events
from pose_engine.landmarks import LANDMARK_COUNT

WORDS = [
    (words.Phase, events.Phase),
    (words.Reason, events.Reason),
    (words.Unit, events.Unit),
    (words.Grade, events.Grade),
    (words.Advice, events.Advice),
]


@pytest.mark.parametrize(("mine", "theirs"), WORDS, ids=lambda one: one.__name__)
def test_the_words_are_the_cores(mine: TypeAliasType, theirs: type[StrEnum]) -> None:
    literal, *_ = typing.get_args(mine.__value__)
    assert typing.get_args(literal) == tuple(theirs)


def test_as_many_landmarks() -> None:
    assert wire.LANDMARK_COUNT == LANDMARK_COUNT


def test_it_loads_nothing_of_the_server() -> None:
    foreign = ("numpy", "service", "classifiers", "pose_engine", "fastapi")
    block = f"import sys; sys.modules.update(dict.fromkeys({foreign!r}))"
    script = f"{block}; import blazereps_client.messages"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
