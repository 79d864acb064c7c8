"""What a person wears and how he looks: cuts, colours, skin and hair."""

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]
"""Linear red, green, blue, 0..1."""

_SKINS: tuple[Colour, ...] = (
    (0.62, 0.42, 0.33), (0.58, 0.37, 0.28), (0.50, 0.31, 0.22),
    (0.44, 0.28, 0.19), (0.30, 0.17, 0.11), (0.17, 0.09, 0.06),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (0.012, 0.010, 0.010), (0.035, 0.022, 0.015), (0.10, 0.05, 0.025),
    (0.28, 0.18, 0.08), (0.22, 0.22, 0.22),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outfit:
    """Shirt, trousers and shoes over skin, and hair.

    `sleeve`: where sleeves end, 0 shoulder, 1 elbow, 2 wrist. `leg`: where trousers end, 0 hip,
    1 knee, 2 ankle. `loose`: metres between cloth and skin. `hair`: its thickness on the scalp,
    metres. `long_hair`: 0 short .. 1 down the back.
    """

    sleeve: float = 0.55
    leg: float = 0.75
    loose: float = 0.010
    striped: bool = False
    hair: float = 0.016
    long_hair: float = 0.0
    skin: Colour = _SKINS[2]
    hair_colour: Colour = _HAIRS[1]
    shirt: Colour = (0.06, 0.10, 0.30)
    trousers: Colour = (0.03, 0.03, 0.035)
    shoes: Colour = (0.45, 0.45, 0.48)
    iris: Colour = (0.10, 0.06, 0.03)

    @classmethod
    def random(cls, rng: np.random.Generator, *, feminine: bool = False) -> "Outfit":
        """Gym clothes in random cuts and colours; darker hair with darker skin."""
        tone = int(rng.integers(len(_SKINS)))
        tights = rng.random() < (0.6 if feminine else 0.25)
        return cls(
            sleeve=float(rng.choice((0.12, 0.5, 0.6, 1.9))),
            leg=1.88 if tights else float(rng.choice((0.5, 0.7, 0.85, 1.85))),
            loose=0.006 if tights else rng.uniform(0.008, 0.016),
            striped=bool(rng.random() < 0.2),
            hair=rng.uniform(0.005, 0.02),
            long_hair=float(rng.choice((0.3, 0.6, 1.0))) if feminine else 0.0,
            skin=_SKINS[tone],
            hair_colour=_HAIRS[int(rng.integers(len(_HAIRS) - min(tone, 3)))],
            shirt=_colour(rng, 0.5),
            trousers=_colour(rng, 0.16),
            shoes=_colour(rng, 0.55),
        )


def _colour(rng: np.random.Generator, brightest: float) -> Colour:
    """A random colour, its strongest channel at most `brightest`."""
    red, green, blue = rng.uniform(0.08, 1, 3) ** 1.5 * rng.uniform(0.15, brightest)
    return red, green, blue
