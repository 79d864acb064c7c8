"""Where a stream's person was last seen, and where he can be by now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from pose_engine import candidates
from pose_engine.course import Course
from pose_engine.geometry import Region

# How far a person's region gets, in sides (some 2.4 m) and in sides a second. On 65 real clips,
# sped-up ones included, it was never more than 0.1 in 1/15 s; people side by side are 0.2 apart.
_JUMP = 0.08
_SPEED = 1.2
_GROWTH = 0.25
"""And how much it grows or shrinks, as a logarithm, beside as much a second as it moves."""
_REACH = 0.35
_DRIFT = 0.3
"""The same while nobody is seen: whoever is found farther off may be another person."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when the person was last seen, and how he was going."""

    region: Region
    at: float
    course: Course

    @classmethod
    def first(cls, region: Region, at: float) -> Self:
        """Of somebody of whom nothing else is known."""
        return cls(region, at, Course.begun(region, at))

    def then(self, region: Region, at: float) -> "Sighting":
        """The next one."""
        return Sighting(region, at, self.course.after(region, at))

    def enlarged(self, times: float) -> "Sighting":
        """The same in a picture so many times as large."""
        return replace(self, region=self.region.enlarged(times), course=self.course.enlarged(times))

    def leads_to(self, region: Region, at: float) -> bool:
        """Whether he can have got there while he was followed."""
        most = _SPEED * (at - self.at)
        growth = abs(math.log(max(region.side, 1.0) / max(self.region.side, 1.0)))
        moved = candidates.distance(self.region, region)
        return moved <= _JUMP + most and growth <= _GROWTH + most

    def off(self, region: Region, at: float) -> float:
        """How far somebody found there is from where he would be by now, in sides."""
        expected = replace(self.region, x=self.course.expected(at))
        return candidates.distance(expected, region)

    def near(self, region: Region, at: float) -> bool:
        """Whether somebody found there after a while can be taken for him."""
        return self.off(region, at) <= _REACH + _DRIFT * (at - self.at)

    @classmethod
    def restored(cls, snapshot: Mapping[str, Any]) -> Self:
        """The one that `asdict` made plain data of."""
        region, course = Region(**snapshot["region"]), Course(**snapshot["course"])
        return cls(region, snapshot["at"], course)
