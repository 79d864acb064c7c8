"""What the documents say of workouts is so: each command is run, each field and column told."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from service.erasures import Erased, ReceiptInfo
from service.export import COLUMNS
from service.statistics import By
from service.tenants import new_key
from service.totals import MAX_DAYS, StatisticsInfo, Totals
from service.workout_store import MAX_CORRECTIONS, MAX_SETS
from service.workouts import MAX_COUNT, WorkoutWithTally
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.test_workouts import count, token

TEXT = Path(__file__).parents[2].joinpath("docs", "workouts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
KEY = new_key()


@pytest.fixture(scope="module")
def environment(serve: Serve) -> Iterator[dict[str, str]]:
    with serve(keys={"acme": KEY}) as address, calling(address, KEY) as client:
        workout_id = count(address, token(client, "user-42"))
        yield os.environ | {"KEY": KEY, "HOST": address, "ID": workout_id, "no_proxy": "*"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_each_command_answers_what_it_says(environment: dict[str, str]) -> None:
    assert len(BLOCKS) == 5
    for block in BLOCKS:
        (parts,) = re.finditer(r"\A\$ (.*?[^\\])\n([{\[].*)?\Z", block, re.DOTALL)
        command, told = parts.groups()
        said = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, check=True
        ).stdout
        assert "problem-type" not in said, said
        if told:
            assert shape(json.loads(said)) == shape(json.loads(told))


def shape(document: Any) -> Any:
    """Its names, whatever their values are."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items()}
    return [shape(one) for one in document] if isinstance(document, list) else None


def names(heading: str) -> set[str]:
    """What the rows of the tables below a heading begin with."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    first = (line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `"))
    return {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}


def test_every_field_and_column_is_explained() -> None:
    assert WorkoutWithTally.model_fields.keys() <= names("Read")
    assert Totals.model_fields.keys() == names("Statistics")
    assert {*COLUMNS} == names("Export")
    assert ReceiptInfo.model_fields.keys() == names("Erase an end user")
    for field in (*Erased.model_fields, *StatisticsInfo.model_fields, "reps_a_week"):
        assert f"`{field}`" in TEXT or field == "first"


def test_every_limit_is_the_one_in_force() -> None:
    for number in (MAX_SETS, MAX_COUNT):
        assert f"{number:,}" in TEXT
    assert f"at most {MAX_DAYS} days" in TEXT
    assert f"up to {MAX_CORRECTIONS} exercises" in TEXT
    assert all(f"`{by}`" in TEXT for by in get_args(By))
