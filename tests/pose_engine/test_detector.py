"""The detector: decoding, merging and mapping back, on answers made by hand."""

import numpy as np
import pytest

from pose_engine.detector import Detector, merge_overlapping
from pose_engine.landmarks import FloatArray
from tests.pose_engine.fakes import FakeNet, blank, nobody, somebody, standing


def box(x: float, y: float, size: float = 0.2) -> list[tuple[float, float]]:
    return [(x, y), (x + size, y + size), (x, y)]


def merged(*people: tuple[float, list[tuple[float, float]]]) -> list[tuple[float, FloatArray]]:
    scores = np.array([score for score, _ in people], np.float32)
    return list(merge_overlapping(scores, np.array([points for _, points in people], np.float32)))


def test_overlapping_boxes_become_their_weighted_mean_with_the_top_score() -> None:
    [(score, points)] = merged((0.6, box(0.12, 0.1)), (0.9, box(0.10, 0.1)))
    assert score == pytest.approx(0.9)
    mean = (0.9 * 0.10 + 0.6 * 0.12) / 1.5
    np.testing.assert_allclose(points, box(mean, 0.1), atol=1e-6)


def test_boxes_below_a_half_have_no_say_beside_a_surer_one() -> None:
    [(_, points)] = merged((0.49, box(0.12, 0.1)), (0.5, box(0.10, 0.1)))
    np.testing.assert_allclose(points, box(0.10, 0.1), atol=1e-6)
    [(score, points)] = merged((0.3, box(0.12, 0.1)), (0.4, box(0.10, 0.1)))
    assert score == pytest.approx(0.4)
    np.testing.assert_allclose(points, box(0.10, 0.1), atol=1e-6)


def test_boxes_apart_stay_apart_and_are_sorted_by_score() -> None:
    found = merged((0.6, box(0.1, 0.1)), (0.8, box(0.7, 0.7)), (0.7, box(0.4, 0.4)))
    assert [score for score, _ in found] == pytest.approx([0.8, 0.7, 0.6])


def test_a_little_overlap_is_not_enough() -> None:
    # two squares shifted by 0.55 of their side share 0.45 / 1.55 = 0.29 of their union
    assert len(merged((0.9, box(0.1, 0.1)), (0.8, box(0.21, 0.1)))) == 2
    # by 0.5 of it: 0.5 / 1.5 = 0.33
    assert len(merged((0.9, box(0.1, 0.1)), (0.8, box(0.20, 0.1)))) == 1


def test_a_chain_is_cut_by_overlap_with_its_best() -> None:
    found = merged((0.9, box(0.1, 0.1)), (0.8, box(0.2, 0.1)), (0.7, box(0.3, 0.1)))
    assert [score for score, _ in found] == pytest.approx([0.9, 0.7])


def test_boxes_without_area_end() -> None:
    assert len(merged((0.9, box(0.1, 0.1, 0)), (0.8, box(0.1, 0.1, 0)))) == 2


def test_nothing_in_nothing_out() -> None:
    assert list(merge_overlapping(np.zeros(0, np.float32), np.zeros((0, 6, 2), np.float32))) == []


def test_nobody_is_nobody() -> None:
    net = FakeNet(lambda image: nobody())
    assert Detector(net).detect(blank()) == []
    assert net.inputs[0].shape == (1, 224, 224, 3)
    assert (net.inputs[0] == -1).all()


def test_a_person_comes_back_in_pixels_of_the_frame() -> None:
    """64x48 is letterboxed to a square of 64 with 8 rows above and below."""
    answer = somebody((3.0, standing(x=0.5, y=0.5, reach=0.25)))
    [found] = Detector(FakeNet(lambda image: answer)).detect(blank(64, 48))
    assert found.score == pytest.approx(1 / (1 + np.exp(-3)))
    assert (found.region.x, found.region.y) == pytest.approx((32, 24), abs=1e-3)
    assert found.region.side == pytest.approx(2 * 1.25 * 16, rel=1e-4)
    assert found.region.rotation == pytest.approx(0, abs=1e-5)


def test_somebody_found_on_a_turned_frame_lies_on_the_upright_one() -> None:
    answer = somebody((3.0, standing(x=0.5, y=0.5, reach=0.25)))
    [found] = Detector(FakeNet(lambda image: answer)).detect(blank(64, 48), quarter_turns=1)
    assert (found.region.x, found.region.y) == pytest.approx((32, 24), abs=1e-3)
    assert found.region.side == pytest.approx(2 * 1.25 * 16, rel=1e-4)
    assert found.region.rotation == pytest.approx(np.pi / 2, abs=1e-5)


@pytest.mark.parametrize(("logit", "count"), [(0.01, 1), (-0.01, 0), (1000.0, 1), (-1000.0, 0)])
def test_only_scores_of_a_half_or_more_count(logit: float, count: int) -> None:
    answer = somebody((logit, standing()))
    assert len(Detector(FakeNet(lambda image: answer)).detect(blank())) == count


def test_less_sure_ones_are_found_when_asked_for() -> None:
    detector = Detector(FakeNet(lambda image: somebody((-1.38, standing()), anchor=1500)))
    assert len(detector.detect(blank(), least_score=0.2)) == 1
    assert detector.detect(blank(), least_score=0.21) == []


def test_the_best_of_several_comes_first() -> None:
    answer = somebody((1.0, standing(0.2)), (4.0, standing(0.5)), (2.0, standing(0.8)))
    found = Detector(FakeNet(lambda image: answer)).detect(blank(100, 100))
    assert [round(person.region.x) for person in found] == [50, 80, 20]
