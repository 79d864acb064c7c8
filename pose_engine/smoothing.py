"""Less jitter over time: the One-Euro filter, and a `PoseSmoother` made of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pose_engine.landmarker import Landmarks
from pose_engine.landmarks import FloatArray

_VISIBILITY_ALPHA = 0.1
_VISIBILITY_RATE = 30.0


@dataclass(slots=True)
class OneEuro:
    """The One-Euro filter over an array of any shape: still points rest, fast ones do not lag.

    `min_cutoff` and `derivative_cutoff` in Hz; `beta`: Hz more for each unit a second of speed
    (Casiez, Roussel, Vogel, CHI 2012). As in MediaPipe, speed is that of the unfiltered value.
    """

    min_cutoff: float
    beta: float
    derivative_cutoff: float = 1.0
    _raw: FloatArray | None = field(default=None, init=False)
    _value: FloatArray | None = field(default=None, init=False)
    _speed: FloatArray | None = field(default=None, init=False)

    def __call__(self, value: FloatArray, elapsed: float, scale: float = 1.0) -> FloatArray:
        """The filtered value, `elapsed` seconds (above 0) after the last; the first is as given.

        `scale` multiplies the speed: the inverse of an object's size makes it relative to that.
        """
        if self._raw is None or self._value is None or self._speed is None:
            self._speed, self._value = np.zeros_like(value), value
        else:
            speed = (value - self._raw) * np.float32(scale / elapsed)
            self._speed = _mix(self._speed, speed, _alpha(self.derivative_cutoff, elapsed))
            cutoff = self.min_cutoff + np.float32(self.beta) * np.abs(self._speed)
            self._value = _mix(self._value, value, _alpha(cutoff, elapsed))
        self._raw = value
        return self._value

    def enlarge(self, times: float) -> None:
        """Values are so many times as large from now on, and `scale` so many times as small."""
        if self._raw is not None and self._value is not None:
            self._raw = self._raw * np.float32(times)
            self._value = self._value * np.float32(times)

    def snapshot(self) -> dict[str, Any]:
        """What it remembers, as plain data."""
        return {
            "raw": _plain(self._raw),
            "value": _plain(self._value),
            "speed": _plain(self._speed),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over what another one remembered."""
        self._raw, self._value = _array(snapshot["raw"]), _array(snapshot["value"])
        self._speed = _array(snapshot["speed"])


@dataclass(slots=True)
class LowPass:
    """An exponential average by time: after `time_constant` seconds 63 % of a step is reached."""

    time_constant: float
    _value: FloatArray | None = field(default=None, init=False)

    def __call__(self, value: FloatArray, elapsed: float) -> FloatArray:
        """The average, `elapsed` seconds after the last value; the first is as given."""
        if self._value is None:
            self._value = value
        else:
            self._value = _mix(self._value, value, -math.expm1(-elapsed / self.time_constant))
        return self._value

    def snapshot(self) -> Any:
        """What it remembers, as plain data."""
        return _plain(self._value)

    def restore(self, snapshot: Any) -> None:
        """Take over what another one remembered."""
        self._value = _array(snapshot)


class PoseSmoother:
    """Smooths one person's landmarks; to be thrown away when the person is lost.

    The alignment points always, so that the region does not tremble; the rest with `smoothing`.
    The figures are MediaPipe 0.10.21's (`pose_landmark_filtering`); its average of visibility
    over frames is one over time here, the same at 30 frames a second.
    """

    def __init__(self, *, smoothing: bool) -> None:
        self._smoothing = smoothing
        self._image = OneEuro(min_cutoff=0.05, beta=80.0)
        self._alignment = OneEuro(min_cutoff=0.01, beta=10.0)
        self._world = OneEuro(min_cutoff=0.1, beta=40.0)
        decay = math.log1p(-_VISIBILITY_ALPHA)
        self._visibility = LowPass(time_constant=-1 / (_VISIBILITY_RATE * decay))

    def __call__(self, found: Landmarks, elapsed: float) -> Landmarks:
        """The same landmarks with less jitter, `elapsed` seconds after the last ones."""
        size = 2 * float(np.linalg.norm(found.alignment[1, :2] - found.alignment[0, :2]))
        scale = 1 / max(size, 1.0)
        steady = replace(found, alignment=self._alignment(found.alignment, elapsed, scale))
        if not self._smoothing:
            return steady
        return replace(
            steady,
            image=self._image(found.image, elapsed, scale),
            world=self._world(found.world, elapsed),
            visibility=self._visibility(found.visibility, elapsed),
        )

    def enlarge(self, times: float) -> None:
        """The picture is so many times as large from now on."""
        self._image.enlarge(times)
        self._alignment.enlarge(times)

    def snapshot(self) -> dict[str, Any]:
        """What it remembers, as plain data."""
        return {name: part.snapshot() for name, part in self._parts.items()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over what another one remembered."""
        for name, part in self._parts.items():
            part.restore(snapshot[name])

    @property
    def _parts(self) -> dict[str, OneEuro | LowPass]:
        return {
            "image": self._image,
            "alignment": self._alignment,
            "world": self._world,
            "visibility": self._visibility,
        }


def _alpha(cutoff: float | FloatArray, elapsed: float) -> FloatArray:
    """The share of the new value in a low-pass of `cutoff` Hz, `elapsed` seconds on."""
    return np.asarray(1 / (1 + 1 / (2 * math.pi * elapsed * cutoff)), np.float32)


def _mix(old: FloatArray, new: FloatArray, share: float | FloatArray) -> FloatArray:
    mixed: FloatArray = old + (new - old) * share
    return mixed


def _plain(array: FloatArray | None) -> Any:
    return None if array is None else array.tolist()


def _array(plain: Any) -> FloatArray | None:
    return None if plain is None else np.array(plain, np.float32)
