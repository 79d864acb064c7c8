"""What is left of a pose that is sent without depth."""

import numpy as np

from benchmarks.without_world import WAYS, flat
from tests.classifiers.figures import as_pose, squat


def test_each_way_sends_less_and_leaves_the_picture_as_it_is() -> None:
    pose = as_pose(squat(0.5))
    for sent in WAYS.values():
        assert sent(pose).world is None
        np.testing.assert_array_equal(sent(pose).image[:, :2], pose.image[:, :2])
    assert not flat(pose).image[:, 2].any()
    assert pose.world is not None
