"""Where the face and the hands are, by the landmarks of the body alone."""

import math
from dataclasses import dataclass

import numpy as np

from pose_engine.geometry import Region
from pose_engine.landmarks import FloatArray, Landmark, Pose

SEEN = 0.5
"""The visibility and presence that each landmark a region hangs on has at least."""

_LEAST_PX = 1.0
"""What is smaller is no region."""
_HAND_SCALE, _FACE_SCALE = 2.7, 2.0
_SHIFT = 0.1
"""Upwards, as a share of the height of what is widened."""
_L = Landmark
_FACE = tuple(Landmark(i) for i in range(11))
_FACE_SEEN = (_L.LEFT_EYE, _L.RIGHT_EYE, _L.MOUTH_LEFT, _L.MOUTH_RIGHT, _L.NOSE)


@dataclass(frozen=True, slots=True)
class Regions:
    """The face and the person's own left and right hand, each None where it is not seen.

    They may reach beyond the picture.
    """

    face: Region | None
    left_hand: Region | None
    right_hand: Region | None


def regions_of(pose: Pose) -> Regions:
    """The regions of one pose, in pixels of its picture."""
    return Regions(
        face=_face(pose),
        left_hand=_hand(pose, _L.LEFT_WRIST, _L.LEFT_PINKY, _L.LEFT_INDEX),
        right_hand=_hand(pose, _L.RIGHT_WRIST, _L.RIGHT_PINKY, _L.RIGHT_INDEX),
    )


def _hand(pose: Pose, *landmarks: Landmark) -> Region | None:
    """Around the middle finger's knuckle, its up from the wrist to there.

    The knuckle lies two thirds of the way from the little finger's to the index finger's. The size
    is fitted by the lengths of the palm and of the row of knuckles, of which one stays when the
    other is foreshortened (MediaPipe, `hand_detections_from_pose_to_rects_calculator.cc`; widened
    and shifted as in its `holistic_hand_tracking.cc`).
    """
    if not _seen(pose, landmarks):
        return None
    wrist, pinky, index = _points(pose, landmarks)
    middle = (2 * index + pinky) / 3
    side = 0.79494 * math.hypot(*middle - wrist) + 0.49580 * math.hypot(*index - pinky)
    tight = Region(float(middle[0]), float(middle[1]), side, _rotation(middle - wrist))
    return _widened(tight, side, _HAND_SCALE)


def _face(pose: Pose) -> Region | None:
    """Around the eyes, ears, nose and mouth, its up from the mouth to the eyes.

    Widened and shifted to cover the whole face, as MediaPipe does around these points of a face
    (`face_detection_front_detections_to_roi.pbtxt`). There the line of the eyes gives the rotation;
    in profile, as most exercises are filmed, it vanishes.
    """
    if not _seen(pose, _FACE_SEEN):
        return None
    left_eye, right_eye, *mouth = _points(pose, _FACE_SEEN[:4])
    rotation = _rotation(left_eye + right_eye - mouth[0] - mouth[1])
    upright = Region(0, 0, 1, rotation)
    points = upright.to_crop(_points(pose, _FACE))
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = upright.to_image((low + high)[None] / 2)[0].tolist()
    width, height = (high - low).tolist()
    return _widened(Region(x, y, max(width, height), rotation), height, _FACE_SCALE)


def _seen(pose: Pose, landmarks: tuple[Landmark, ...]) -> bool:
    certainty = np.minimum(pose.visibility, pose.presence)
    return bool((certainty[[*landmarks]] >= SEEN).all())


def _points(pose: Pose, landmarks: tuple[Landmark, ...]) -> FloatArray:
    return pose.image[[*landmarks], :2]


def _rotation(up: FloatArray) -> float:
    """Of a region whose up is that direction in the picture."""
    return math.atan2(float(up[0]), -float(up[1]))


def _widened(tight: Region, height: float, scale: float) -> Region | None:
    """`scale` times as large, around a point that lies a share of the `height` further up."""
    if tight.side < _LEAST_PX:
        return None
    shift = _SHIFT * height
    x = tight.x + shift * math.sin(tight.rotation)
    y = tight.y - shift * math.cos(tight.rotation)
    return Region(x, y, scale * tight.side, tight.rotation)
