"""The manifest: which published networks are used, where they come from and what they must hash to.

The hashes were taken from the packages themselves. The TFLite file's hash decides; the archive's
hash is checked as well when it is downloaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.packages import Package

DETECTOR_SIDE = 224
LANDMARK_SIDE = 256

MEDIAPIPE_WHEEL = Package(
    registry="pypi",
    name="mediapipe",
    version="0.10.21",
    filename="mediapipe-0.10.21-cp312-cp312-manylinux_2_28_x86_64.whl",
    sha256="956eb1ebc275c629e61b085b2cab89c3a5b9e93bad1bb107348d98dafb5a4bb5",
    size=35_627_340,
    licence="Apache-2.0",
)
MEDIAPIPE_POSE = Package(
    registry="npm",
    name="@mediapipe/pose",
    version="0.5.1675469404",
    filename="mediapipe-pose-0.5.1675469404.tgz",
    sha256="8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84",
    size=40_985_403,
    licence="Apache-2.0",
)


@dataclass(frozen=True)
class Network:
    """One published TFLite file and what is kept of it.

    `outputs` maps our output name to the name of the tensor in the TFLite graph; what leads to no
    listed output is left out of the converted graph. `side` is the input's height and width in
    pixels, `size` the TFLite file's in bytes.
    """

    name: str
    package: Package
    member: str
    sha256: str
    size: int
    side: int
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """The detector, and a landmark network for each variant."""

    detector: Network
    variants: Mapping[str, Network]

    @property
    def networks(self) -> tuple[Network, ...]:
        """Every network there is."""
        return (self.detector, *self.variants.values())

    def pick(self, variant: str) -> tuple[Network, Network]:
        """The detector and the landmark network of a variant; ValueError names the known ones."""
        if variant not in self.variants:
            raise ValueError(f"no model variant {variant!r}; there are {', '.join(self.variants)}")
        return self.detector, self.variants[variant]


LANDMARK_OUTPUTS: Mapping[str, str] = MappingProxyType(
    {"landmarks": "Identity", "flag": "Identity_1", "heatmap": "Identity_3", "world": "Identity_4"}
)
"""Without `Identity_2`, the 256x256 segmentation mask, which costs a third of the time."""

DETECTOR = Network(
    name="pose_detection",
    package=MEDIAPIPE_WHEEL,
    member="mediapipe/modules/pose_detection/pose_detection.tflite",
    sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    size=2_959_046,
    side=DETECTOR_SIDE,
    outputs=MappingProxyType({"boxes": "Identity", "scores": "Identity_1"}),
)

VARIANTS: Mapping[str, Network] = MappingProxyType(
    {
        "lite": Network(
            name="pose_landmark_lite",
            package=MEDIAPIPE_POSE,
            member="package/pose_landmark_lite.tflite",
            sha256="f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
            size=2_819_824,
            side=LANDMARK_SIDE,
            outputs=LANDMARK_OUTPUTS,
        ),
        "full": Network(
            name="pose_landmark_full",
            package=MEDIAPIPE_WHEEL,
            member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            size=6_440_512,
            side=LANDMARK_SIDE,
            outputs=LANDMARK_OUTPUTS,
        ),
        "heavy": Network(
            name="pose_landmark_heavy",
            package=MEDIAPIPE_POSE,
            member="package/pose_landmark_heavy.tflite",
            sha256="59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
            size=27_709_200,
            side=LANDMARK_SIDE,
            outputs=LANDMARK_OUTPUTS,
        ),
    }
)

BLAZEPOSE = Manifest(DETECTOR, VARIANTS)
"""What the product uses."""
