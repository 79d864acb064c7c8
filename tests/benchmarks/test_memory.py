"""What sessions cost in memory, by how many there were."""

from benchmarks.memory import Memory, session_rows

ONE, ELEVEN = Memory(2048, 1024), Memory(3048, 1524)


def test_each_session_beyond_the_first_is_told() -> None:
    *told, beyond = session_rows("JPEGs", {1: ONE, 11: ELEVEN})
    assert [row[0] for row in told] == ["1 of JPEGs", "11 of JPEGs"]
    assert beyond[1] == "100 KB resident, 50 KB private"


def test_one_number_of_sessions_says_nothing_of_those_beyond() -> None:
    assert [*session_rows("JPEGs", {1: ONE})] == [
        ("1 of JPEGs", "2.0 MB resident, 1.0 MB private", "–")
    ]
