"""Timed JPEGs out of a clip or a camera, for a live session."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from pose_engine.clips import Clip
from pose_engine.frames import Frame
from service.client import ImageAt

JPEG_QUALITY = 85


class CameraError(RuntimeError):
    """A camera that cannot be opened or gives no picture."""


def clip_images(path: Path, *, fps: float) -> Iterator[ImageAt]:
    """The frames of a clip, at most `fps` a second; raises ClipError, at once if it can."""
    return _clip_images(Clip.open(path), fps)


def camera_images(number: int, *, fps: float) -> Iterator[ImageAt]:
    """The pictures of a camera, at most `fps` a second, for ever; raises CameraError."""
    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise CameraError(f"camera {number} cannot be opened")
    return _camera_images(camera, fps)


def _clip_images(clip: Clip, fps: float) -> Iterator[ImageAt]:
    with clip:
        for at_s, frame in clip.frames(fps):
            yield ImageAt(at_s, encode_jpeg(frame))


def _camera_images(camera: cv2.VideoCapture, fps: float) -> Iterator[ImageAt]:
    began_s, next_s = time.monotonic(), 0.0
    try:
        while True:
            taken, pixels = camera.read()
            if not taken:
                raise CameraError("the camera gives no more pictures")
            at_s = time.monotonic() - began_s
            if at_s >= next_s:
                next_s = at_s + 1 / fps
                yield ImageAt(at_s, _jpeg(pixels))
    finally:
        camera.release()


def encode_jpeg(frame: Frame) -> bytes:
    """The frame as a JPEG."""
    return _jpeg(cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR))


def _jpeg(pixels: cv2.typing.MatLike) -> bytes:
    _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return data.tobytes()
