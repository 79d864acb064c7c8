"""REST: a still image in, the 33 landmarks of the person in it out."""

import math
from io import BytesIO

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import Field

from blazereps_client.results import Document
from pose_engine.frames import Frame, read_image
from pose_engine.geometry import Region
from pose_engine.landmarks import Landmark, Pose
from pose_engine.regions import regions_of
from service.access import MayCount
from service.core import Core
from service.errors import problems
from service.settings import Settings
from service.state import State
from service.uploads import save_upload, upload_schema

router = APIRouter(prefix="/v1/poses", tags=["poses"])


class FoundLandmark(Document):
    """One landmark, in the upright image and in metres around the hips' middle."""

    name: str = Field(examples=["left_knee"])
    x: float = Field(description="Share of the width, 0 left to 1 right", examples=[0.53])
    y: float = Field(description="Share of the height, 0 top to 1 bottom", examples=[0.71])
    x_px: float = Field(examples=[339.2])
    y_px: float = Field(examples=[340.8])
    z_px: float = Field(description="Smaller towards the camera", examples=[-12.5])
    x_m: float | None = Field(examples=[0.11])
    y_m: float | None = Field(examples=[0.38])
    z_m: float | None = Field(examples=[-0.05])
    visibility: float = Field(description="0 to 1: in view and not hidden", examples=[0.99])
    presence: float = Field(description="0 to 1: within the image", examples=[1.0])


class FoundRegion(Document):
    """A rotated square of the upright image; it may reach beyond."""

    x: float = Field(description="Its middle, as a share of the width", examples=[0.52])
    y: float = Field(description="As a share of the height", examples=[0.125])
    width: float = Field(description="Its side, as a share of the width", examples=[0.1])
    height: float = Field(description="Its side, as a share of the height", examples=[0.13333])
    x_px: float = Field(examples=[332.8])
    y_px: float = Field(examples=[60.0])
    width_px: float = Field(examples=[64.0])
    height_px: float = Field(examples=[64.0])
    rotation_degrees: float = Field(
        description="Clockwise from the image's up to its own, -180 to 180: from the mouth to the "
        "eyes, or from the wrist to the fingers",
        examples=[-12.5],
    )


class FoundRegions(Document):
    """Where the face and the hands are; null where their landmarks are not seen well enough."""

    face: FoundRegion | None
    left_hand: FoundRegion | None = Field(description="The person's own left")
    right_hand: FoundRegion | None


class FoundPose(Document):
    """One person."""

    landmarks: tuple[FoundLandmark, ...] = Field(description="33, in BlazePose's order")
    regions: FoundRegions
    confidences: dict[str, float] = Field(
        description="How sure each class of posture is", examples=[{"squat_down": 0.9, "none": 0.1}]
    )


class ImagePose(Document):
    """What was found in an image; `pose` is null when nobody was."""

    width_px: int = Field(description="Of the upright image", examples=[640])
    height_px: int = Field(examples=[480])
    pose: FoundPose | None


@router.post(
    "",
    responses=problems(
        "too_many_bytes",
        "too_many_pixels",
        "side_too_long",
        "side_too_short",
        "unsupported_format",
        "damaged",
        "invalid_request",
        "over_capacity",
    ),
    openapi_extra=upload_schema("image/jpeg", "image/png", "image/webp"),
)
async def find_pose(request: Request, state: State, caller: MayCount) -> ImagePose:
    """Find the pose in a JPEG, PNG or WebP, sent raw or as the multipart field `file`."""
    image = BytesIO()
    with state.posts.taken(caller):
        await save_upload(request, image, max_bytes=state.settings.max_frame_bytes)
        async with state.stills:
            return await to_thread.run_sync(
                _find, image.getvalue(), state.core, state.settings, limiter=state.inference
            )


def _find(data: bytes, core: Core, settings: Settings) -> ImagePose:
    frame = read_image(data, limits=settings.image_limits)
    pose = core.engine.find(frame)
    found = None if pose is None else _found(pose, frame, core)
    return ImagePose(width_px=frame.width, height_px=frame.height, pose=found)


def _found(pose: Pose, frame: Frame, core: Core) -> FoundPose:
    session = core.library.session("auto")
    session.observe(pose, 0.0)
    regions = regions_of(pose)
    return FoundPose(
        landmarks=tuple(_landmark(pose, frame, landmark) for landmark in Landmark),
        regions=FoundRegions(
            face=_region(regions.face, frame),
            left_hand=_region(regions.left_hand, frame),
            right_hand=_region(regions.right_hand, frame),
        ),
        confidences={name: round(float(c), 3) for name, c in session.confidences.items()},
    )


def _landmark(pose: Pose, frame: Frame, landmark: Landmark) -> FoundLandmark:
    x, y, z = (round(float(value), 2) for value in pose.image[landmark])
    world = (None,) * 3 if pose.world is None else pose.world[landmark].astype(float).round(4)
    return FoundLandmark(
        name=landmark.name.lower(),
        x=round(x / frame.width, 5),
        y=round(y / frame.height, 5),
        x_px=x,
        y_px=y,
        z_px=z,
        x_m=world[0],
        y_m=world[1],
        z_m=world[2],
        visibility=round(float(pose.visibility[landmark]), 3),
        presence=round(float(pose.presence[landmark]), 3),
    )


def _region(region: Region | None, frame: Frame) -> FoundRegion | None:
    if region is None:
        return None
    return FoundRegion(
        x=round(region.x / frame.width, 5),
        y=round(region.y / frame.height, 5),
        width=round(region.side / frame.width, 5),
        height=round(region.side / frame.height, 5),
        x_px=round(region.x, 2),
        y_px=round(region.y, 2),
        width_px=round(region.side, 2),
        height_px=round(region.side, 2),
        rotation_degrees=round(math.degrees(region.rotation), 1),
    )
