"""Where somebody would be by now, had he gone on as before."""

import math
from dataclasses import dataclass, replace
from typing import Self

from pose_engine.geometry import Region

_TIME_CONSTANT_S = 2.0
_LEAST_S = 1.0
"""Of whom was seen for less, no more is known than where he was last."""
_TOLERANCE = 0.12
"""How far off, in sides of the region, somebody still is on his course."""


@dataclass(frozen=True, slots=True)
class Course:
    """A steady way across the picture: the line through where somebody was, the old fading out.

    Across alone: up and down goes the exercise, who passes by goes from side to side. Least squares
    discounted over time (R. G. Brown, 1962): the sums, over all sights, of weight, weight x time,
    weight x time squared, weight x place and weight x place x time; places in pixels, times in
    seconds before `at`, the last one.
    """

    since: float
    at: float
    x: float
    """The last place."""
    w: float
    wt: float
    wtt: float
    wx: float
    wxt: float

    @classmethod
    def begun(cls, region: Region, at: float) -> Self:
        """The course of somebody who was seen once."""
        return cls(at, at, region.x, 1.0, 0.0, 0.0, region.x, 0.0)

    def after(self, region: Region, at: float) -> "Course":
        """The course once he has been seen there, too, at a later time."""
        t = at - self.at
        keep = math.exp(-t / _TIME_CONSTANT_S)
        return Course(
            since=self.since,
            at=at,
            x=region.x,
            w=keep * self.w + 1,
            wt=keep * (self.wt - t * self.w),
            wtt=keep * (self.wtt - 2 * t * self.wt + t * t * self.w),
            wx=keep * self.wx + region.x,
            wxt=keep * (self.wxt - t * self.wx),
        )

    def enlarged(self, times: float) -> "Course":
        """The same in a picture so many times as large."""
        return replace(self, x=times * self.x, wx=times * self.wx, wxt=times * self.wxt)

    def expected(self, at: float) -> float:
        """Where across the picture he would be at `at` seconds, in pixels."""
        if self.at - self.since < _LEAST_S:
            return self.x
        spread = self.w * self.wtt - self.wt**2
        speed = (self.w * self.wxt - self.wt * self.wx) / spread
        return (self.wx - speed * self.wt) / self.w + speed * (at - self.at)

    def leads_to(self, region: Region, at: float) -> bool:
        """Whether somebody who is there at `at` seconds has gone on as before."""
        return abs(region.x - self.expected(at)) <= _TOLERANCE * region.side
