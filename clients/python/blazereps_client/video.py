"""Timed JPEGs out of a clip or a camera; needs the extra `blazereps-client[video]`."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from blazereps_client.media import ImageAt
from blazereps_client.thinning import Thinning

JPEG_QUALITY = 85
_MOST_ASPECT = 4


class CaptureError(RuntimeError):
    """A clip or a camera that cannot be opened or gives no picture."""


def clip_images(path: Path, *, fps: float) -> Iterator[ImageAt]:
    """The frames of a clip, at most `fps` a second; raises CaptureError, at once if it can.

    Times are from the first frame on; what cannot be decoded is left out.
    """
    try:
        container = av.open(path)
    except (FFmpegError, OSError) as error:
        raise CaptureError(f"{path} is not a readable video ({error.strerror or error})") from error
    film = _film(container)
    if film is None:
        container.close()
        raise CaptureError(f"{path} has no video in it")
    return _clip_images(container, film, fps)


def camera_images(number: int, *, fps: float) -> Iterator[ImageAt]:
    """The pictures of a camera, at most `fps` a second, for ever; raises CaptureError.

    Times are from the first picture on.
    """
    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise CaptureError(f"camera {number} cannot be opened")
    return _camera_images(camera, fps)


def _film(container: InputContainer) -> VideoStream | None:
    """The video that a player shows."""
    cover = Disposition.attached_pic
    films = [one for one in container.streams.video if not one.disposition & cover]
    default = (one for one in films if one.disposition & Disposition.default)
    return next(default, films[0] if films else None)


def _clip_images(container: InputContainer, film: VideoStream, fps: float) -> Iterator[ImageAt]:
    thinning = Thinning(fps)
    sample_aspect = _sample_aspect(film)
    with container:
        for at_s, frame in _timed(container, film):
            if thinning.takes(at_s):
                pixels = _square(frame, sample_aspect)
                yield ImageAt(at_s, _jpeg(pixels), rotation=_clockwise(frame))


def _timed(container: InputContainer, film: VideoStream) -> Iterator[tuple[float, VideoFrame]]:
    """Each frame with its seconds from the first one on.

    AVI keeps no times of showing, and with B-frames those that FFmpeg makes up go back and forth;
    its frames come evenly, in the order of decoding.
    """
    decoded = _decoded(container, film)
    rate = film.average_rate
    if container.format.name == "avi" and rate:
        yield from ((float(number / rate), one) for number, one in enumerate(decoded))
        return
    start_s: float | None = None
    for frame in decoded:
        if frame.time is not None:
            start_s = frame.time if start_s is None else start_s
            yield frame.time - start_s, frame


def _decoded(container: InputContainer, film: VideoStream) -> Iterator[VideoFrame]:
    film.thread_type = "AUTO"
    packets = container.demux(film)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            return  # the file ends in rubbish
        if packet is None:
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        yield from (frame for frame in frames if not frame.is_corrupt)


def _sample_aspect(film: VideoStream) -> Fraction:
    """The width of its pixels over their height; more than fourfold is a mistake."""
    said = film.sample_aspect_ratio
    return said if said and max(said, 1 / said) <= _MOST_ASPECT else Fraction(1)


def _square(frame: VideoFrame, sample_aspect: Fraction) -> cv2.typing.MatLike:
    """The pixels, once they are as wide as high; none is made larger."""
    width, height = frame.width, frame.height
    if sample_aspect > 1:
        height = round(height / sample_aspect)
    else:
        width = round(width * sample_aspect)
    return frame.to_ndarray(format="bgr24", width=width, height=height)


def _clockwise(frame: VideoFrame) -> int:
    """The turn that makes it upright; FFmpeg says it the other way round."""
    return -90 * round(frame.rotation / 90) % 360


def _camera_images(camera: cv2.VideoCapture, fps: float) -> Iterator[ImageAt]:
    thinning = Thinning(fps)
    first_s: float | None = None
    try:
        while True:
            taken, pixels = camera.read()
            if not taken:
                raise CaptureError("the camera gives no more pictures")
            now_s = time.monotonic()
            first_s = now_s if first_s is None else first_s
            if thinning.takes(now_s - first_s):
                yield ImageAt(now_s - first_s, _jpeg(pixels))
    finally:
        camera.release()


def _jpeg(pixels: cv2.typing.MatLike) -> bytes:
    _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return data.tobytes()
