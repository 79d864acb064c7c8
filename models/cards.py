"""The model cards: what each variant is, where it comes from, and what it is good for.

Accuracy and intended use are those that Google publishes in its model card of BlazePose GHUM 3D and
in MediaPipe's documentation, and so are the limits, but for the last: poses seen end on are ours.
"""

from dataclasses import dataclass
from types import MappingProxyType

from models.converted import INPUT
from models.manifest import BLAZEPOSE, DETECTOR, VARIANTS, Network


@dataclass(frozen=True)
class Tensor:
    """An input or output: float32, with a free batch dimension in front of `shape`."""

    name: str
    shape: tuple[int, ...]
    meaning: str


@dataclass(frozen=True)
class NetworkCard:
    """One network: where it comes from, what goes in and what comes out."""

    name: str
    package: str
    registry: str
    licence: str
    member: str
    sha256: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class Card:
    """A variant: its networks, and what they are and are not for.

    `pck` is the published share of landmarks within 0.2 torso lengths of the truth, in percent,
    over 17 landmarks, on Google's validation sets of yoga, dance and high-intensity training
    (human annotators reach 97.2).
    """

    variant: str
    detector: NetworkCard
    landmarker: NetworkCard
    pck: dict[str, float]
    intended: tuple[str, ...]
    not_intended: tuple[str, ...]
    limits: tuple[str, ...]


_INPUT_MEANING = {
    DETECTOR.name: "RGB, -1 to 1; the picture fitted in with its ratio kept, black around it",
    **dict.fromkeys(
        (network.name for network in VARIANTS.values()),
        "RGB, 0 to 1; the person upright, mid-hip in the centre",
    ),
}
_OUTPUTS = (
    Tensor(
        "boxes",
        (2254, 12),
        "per anchor: face box (centre, size), then 4 keypoints (mid-hip, size and rotation of the "
        "body, mid-shoulder, of the upper body), in pixels off the anchor",
    ),
    Tensor("scores", (2254, 1), "per anchor: logit of there being a person"),
    Tensor(
        "landmarks",
        (195,),
        "39 x (x, y, z, visibility, presence): pixels of the input, z relative to the hips, two "
        "logits; 33 landmarks, 2 auxiliary ones, 4 unused",
    ),
    Tensor("flag", (1,), "probability that the person is there"),
    Tensor("heatmap", (64, 64, 39), "per landmark, logits of its place, on a grid of 4 pixels"),
    Tensor("world", (117,), "39 x (x, y, z) in metres from mid-hip, in the input's orientation"),
)
_PCK = MappingProxyType(
    {
        "lite": {"yoga": 90.2, "dance": 92.5, "hiit": 93.5},
        "full": {"yoga": 95.5, "dance": 96.3, "hiit": 95.7},
        "heavy": {"yoga": 96.4, "dance": 97.2, "hiit": 97.5},
    }
)
_INTENDED = (
    "the pose of one person in video from a phone, a webcam or a file",
    "fitness: counting repetitions, comparing angles and tempo",
)
_NOT_INTENDED = (
    "recognising who somebody is, or surveillance of any kind",
    "medical diagnosis, or any decision in which a wrong pose could hurt somebody",
    "several people at once: one is followed",
    "measurements that need metric depth: z and the world metres are estimates of a model",
)
_LIMITS = (
    "the detector looks for a face: with the head out of view it may not find the person",
    "people further than about 4 metres away become too small",
    "landmarks that are hidden or out of the picture are guessed: heed their visibility",
    "poses end on to the camera (a push-up with the feet towards it) are the least accurate",
)


def card(variant: str) -> Card:
    """The card of a variant; ValueError names the known ones."""
    detector, landmarker = BLAZEPOSE.pick(variant)
    return Card(
        variant=variant,
        detector=_network_card(detector),
        landmarker=_network_card(landmarker),
        pck=_PCK[variant],
        intended=_INTENDED,
        not_intended=_NOT_INTENDED,
        limits=_LIMITS,
    )


def _network_card(network: Network) -> NetworkCard:
    outputs = {tensor.name: tensor for tensor in _OUTPUTS}
    return NetworkCard(
        name=network.name,
        package=str(network.package),
        registry=network.package.registry,
        licence=network.package.licence,
        member=network.member,
        sha256=network.sha256,
        inputs=(Tensor(INPUT, (network.side, network.side, 3), _INPUT_MEANING[network.name]),),
        outputs=tuple(outputs[name] for name in network.outputs),
    )
