"""The binary layout, byte by byte and back again."""

import struct
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazereps_client.wire import (
    MAX_CAPTURE_US,
    MAX_SEQ,
    POINTS_BYTES,
    WORLD_BYTES,
    Header,
    Kind,
    WireError,
    marked_late,
    pack_landmarks,
    unpack,
)

headers = st.builds(
    Header,
    st.sampled_from(Kind),
    st.integers(0, MAX_SEQ),
    st.integers(0, MAX_CAPTURE_US),
    st.sampled_from([0, 90, 180, 270]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(headers, st.binary(max_size=64))
def test_a_header_comes_back(header: Header, payload: bytes) -> None:
    assert unpack(header.pack() + payload) == (header, payload)


@given(headers, st.binary(max_size=64))
def test_only_that_it_is_late_is_marked(header: Header, payload: bytes) -> None:
    assert unpack(marked_late(header.pack() + payload)) == (replace(header, late=True), payload)


def test_the_documented_bytes() -> None:
    header = Header(Kind.IMAGE, 7, 1_500_000, rotation=90, mirrored=True)
    assert header.pack().hex(" ") == "01 01 05 00 07 00 00 00 60 e3 16 00 00 00 00 00"
    assert header.at_s == 1.5


@given(st.binary(max_size=100))
def test_rubbish_is_refused_or_understood_but_never_a_crash(data: bytes) -> None:
    with suppress(WireError):
        unpack(data)


WORLD = [[0.5, 0.25, -0.5]] * 33


def test_landmarks_are_rows_of_float32() -> None:
    rows = [[float(i), 2, 3, 0.5, 0.25] for i in range(33)]
    packed = pack_landmarks(rows, WORLD)
    assert len(packed) == POINTS_BYTES + WORLD_BYTES
    assert [*struct.iter_unpack("<5f", packed[:POINTS_BYTES])] == [tuple(row) for row in rows]
    assert [*struct.iter_unpack("<3f", packed[POINTS_BYTES:])] == [tuple(row) for row in WORLD]


def test_nobody_is_an_empty_payload() -> None:
    assert pack_landmarks(None) == b""


def test_visibility_and_presence_may_be_left_out() -> None:
    assert pack_landmarks([[1, 2, 3]] * 33) == pack_landmarks([[1, 2, 3, 1, 1]] * 33)
    assert pack_landmarks([[1, 2, 3, 0.5]] * 33) == pack_landmarks([[1, 2, 3, 0.5, 0.5]] * 33)


@pytest.mark.parametrize("columns", [2, 6])
def test_rows_of_another_length_are_refused(columns: int) -> None:
    with pytest.raises(WireError, match="points must have 33 rows"):
        pack_landmarks([[0.0] * columns] * 33)


def test_fewer_or_more_rows_are_refused() -> None:
    with pytest.raises(WireError, match="points must have 33 rows"):
        pack_landmarks([[0, 0, 0]] * 32)
    with pytest.raises(WireError, match="world must have 33 rows"):
        pack_landmarks(WORLD, WORLD * 2)


def test_what_is_no_number_of_float32_is_refused() -> None:
    for value in (1e60, "1"):
        with pytest.raises(WireError, match="world must be numbers of float32"):
            pack_landmarks([[0, 0, 0]] * 33, [[value, 0, 0]] * 33)  # type: ignore[list-item]
