"""Which exercise a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding import columns
from classifiers.exercise import Exercise, Hold
from classifiers.lifter import Lift, as_they_are
from classifiers.samples import SamplesError, SampleSet
from pose_engine.landmarks import FloatArray

NONE = "none"
"""The class of poses that belong to no exercise."""
NEAR = "near"
"""The class of poses that come near a hold and are none; holds alone look at it."""

_NEIGHBOURS = 15
_CANDIDATES = 24
_BLOCK = 8
_SOME, _FAR = 400, 1000.0
_ROUNDING = 0.01  # of a squared distance by products in float32, which are off by 0.0001 at most
_REACH, _HELD_REACH = 1.5, 1.1
"""How far a sample may be to have a vote; nearer for a hold, for no movement speaks for it too."""
_SHARED_NEIGHBOURS = 3
_LEAST_SAMPLES = _NEIGHBOURS // 2 + 1
"""Of a class: fewer would never have most of the votes."""
_SHARED_REACH, _LEGLESS_SHARED_REACH = 0.5, 0.6
"""How near to a shared class a pose of anything else has no say. Without the legs less tells them
apart: on straight arms all fours, a dog and a push-up differ in the slope of the trunk alone."""
_LEAST_SPREAD = 0.05
_TRUST = 0.7
_FLOOR = 0.02
"""What a number is taken to vary by at least: one that is always the same would decide alone."""


class PoseClassifier:
    """Fitted once on a sample set and shared: classifying changes nothing in it.

    Its classes are `up` and `down` of every exercise, and `none`. Each exercise asks in its own
    parts of the body, so that squats do not depend on the arms; without the legs in view it asks
    in the rest, and an exercise about the legs has no say.

    Poses that are held stand apart: a chair pose is the bottom of a squat as well, and only time
    tells which. So they are asked for by themselves, and their samples have no say in an exercise.

    `lift`: what is done with the points of samples, and is to be done with those that are asked
    about. Raises SamplesError where a class has no samples.
    """

    def __init__(
        self,
        exercises: Sequence[Exercise | Hold],
        samples: SampleSet,
        lift: Lift = as_they_are,
    ) -> None:
        self.lift = lift
        counted = [one for one in exercises if isinstance(one, Exercise)]
        holds = [one for one in exercises if isinstance(one, Hold)]
        self.classes = (*(name for e in counted for name in e.classes), NONE)
        vectors, labels = samples.vectors(lift), np.array(samples.labels)
        self._holds = {hold.name: hold.classes for hold in holds}
        held = [
            _Neighbourhood(
                hold.classes, hold.classes, hold.parts, vectors, labels, reach=_HELD_REACH
            )
            for hold in holds
        ]
        seen = ~np.isin(labels, [NEAR, *(name for hold in holds for name in hold.classes)])
        vectors, labels = vectors[seen], labels[seen]
        self._counted = [
            _Neighbourhood(e.classes, _shared(e), e.parts, vectors, labels, all_within=e.reach)
            for e in counted
        ]
        legless = [
            _Neighbourhood(
                e.classes,
                _shared(e),
                set(e.parts) - {"legs", "weight"},
                vectors,
                labels,
                shared_reach=_LEGLESS_SHARED_REACH,
                all_within=e.reach,
            )
            for e in counted
            if not e.needs_legs
        ]
        self._whole = _Neighbourhoods([*self._counted, *held])
        self._legless = _Neighbourhoods([*legless, *held])

    def classify(
        self, vectors: FloatArray, legs_seen: Sequence[bool], holds: Collection[str] = ()
    ) -> list[dict[str, float]]:
        """The confidence in each class and in the pose of each of the named holds, 0..1; for each
        of (n, len(NAMES)) by `embed`. Standing may be the top of several exercises at once."""
        legs = np.array(legs_seen, bool)
        names = {*self.classes, *(name for hold in holds for name in self._holds[hold])}
        whole = iter(self._whole.shares(vectors[legs], names))
        legless = iter(self._legless.shares(vectors[~legs], names))
        return [self._confidences(next(whole if seen else legless), holds) for seen in legs_seen]

    def _confidences(self, shares: Mapping[str, float], holds: Collection[str]) -> dict[str, float]:
        classes = {name: shares.get(name, 0.0) for name in self.classes}
        classes[NONE] = max(0.0, 1 - sum(classes.values()))
        held = {hold: sum(shares[name] for name in self._holds[hold]) for hold in holds}
        return classes | held

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors, (n, len(NAMES)), any exercise has a sample in reach of."""
        near = [neighbourhood.reaches(vectors) for neighbourhood in self._counted]
        any_near: NDArray[np.bool_] = np.any(near, axis=0)
        return any_near


def _shared(exercise: Exercise) -> tuple[str, ...]:
    """Its classes that may be poses of anything: people stand at the bottom of a deadlift that was
    taught from the floor."""
    return (exercise.up,) if exercise.reach is None else exercise.classes


class _Neighbourhoods:
    """Several of them, asked at once.

    Most have no say of a pose: none of their own samples is in reach, or enough of the others are
    nearer than all of those. One product with their own and some of the others tells which.
    """

    def __init__(self, each: Iterable["_Neighbourhood"]) -> None:
        self.each = tuple(each)
        self._nothing = {name: 0.0 for one in self.each for name in one.names}
        if self.each:
            self._prepare()

    def _prepare(self) -> None:
        own = [one.own for one in self.each]
        groups = own + [one.some_others for one in self.each]
        scales = [one.scale for one in self.each]
        pairs = zip(scales * 2, groups, strict=True)
        self._scales = np.hstack(scales)
        self._products = np.hstack([-2 * scale @ group.T for scale, group in pairs])
        self._squares = np.hstack([(group**2).sum(1) for group in groups])
        self._scale_starts = _starts(scale.shape[1] for scale in scales)
        self._own_starts = _starts(map(len, own))
        self._own = sum(map(len, own))
        self._reach = np.array([one.reach for one in self.each], np.float32)

    def shares(self, vectors: FloatArray, names: Collection[str]) -> list[dict[str, float]]:
        """Of each vector, the shares of the nearest samples that are of each class, by name.

        What is not of the wanted `names` is not asked.
        """
        found = [self._nothing.copy() for _ in vectors]
        if not self.each or not found:
            return found
        for one, mask in zip(self.each, self._have_say(vectors).T, strict=True):
            (rows,) = mask.nonzero()
            if len(rows) and one.names[0] in names:
                for row, shares in zip(rows.tolist(), one.shares(vectors[rows]), strict=True):
                    found[row].update(zip(one.names, shares, strict=True))
        return found

    def _have_say(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which neighbourhoods may have a vote on which vectors, (n, neighbourhoods)."""
        scaled = vectors @ self._scales
        squares = np.add.reduceat(scaled * scaled, self._scale_starts, axis=1)
        apart = vectors @ self._products
        apart += self._squares
        own = np.minimum.reduceat(apart[:, : self._own], self._own_starts, axis=1)
        others = apart[:, self._own :].reshape(len(vectors), len(self.each), -1)
        others.partition(_NEIGHBOURS - 1)
        in_reach = own + squares < self._reach**2 + _ROUNDING
        likely: NDArray[np.bool_] = in_reach & (own < others[..., _NEIGHBOURS - 1] + _ROUNDING)
        return likely


class _Neighbourhood:
    """The samples as one exercise sees them: some numbers only, whitened by their own spread.

    A number that hardly varies within each of its own classes, such as the slope of the trunk in a
    squat, weighs more than one that does, and what two numbers say in common is said once. A
    distance is the root mean square of the differences in standard deviations.
    Poses of anything else that look like its `shared` classes (standing, before a lunge, is a
    squat's top; a push-up's top is a plank) speak neither for nor against it: they are left out.
    A sample out of reach has no vote, so that a pose unlike every sample belongs to no exercise.

    `all_within`: a reach in which all vote, the nearer the more, not the nearest alone. Of the many
    people in the other samples some are nearer to anybody than the few in its own.
    """

    def __init__(
        self,
        names: Sequence[str],
        shared: Collection[str],
        parts: Collection[str],
        vectors: FloatArray,
        labels: NDArray[np.str_],
        *,
        reach: float = _REACH,
        shared_reach: float = _SHARED_REACH,
        all_within: float | None = None,
    ) -> None:
        self.reach = all_within or reach
        self._all_vote = all_within is not None
        self.names = tuple(names)
        self._columns = columns(parts)
        each = [labels == name for name in names]
        missing = [name for name, mask in zip(names, each, strict=True) if not mask.any()]
        if missing:
            raise SamplesError(f"no sample is labelled {' or '.join(missing)}")
        few = [name for name, mask in zip(names, each, strict=True) if mask.sum() < _LEAST_SAMPLES]
        if few:
            fault = f"fewer than {_LEAST_SAMPLES} samples are labelled {' or '.join(few)}"
            raise SamplesError(fault)
        used = vectors[:, self._columns]
        self._scale = _whitening(np.mean([np.cov(used[one].T) for one in each], axis=0))
        scaled = used @ self._scale
        belongs = np.logical_or.reduce(each)
        alike = scaled[np.isin(labels, list(shared))]
        self.own, others = scaled[belongs], scaled[~belongs]
        unlike = _apart(others, alike, _SHARED_NEIGHBOURS) > shared_reach
        # Farther from all of its own, one is never nearer to a pose than those in its reach are.
        near = _apart(others, self.own, 1) < 2 * self.reach
        self._others = others[unlike & near]
        self._samples = np.concatenate([self.own, self._others])
        self._products = np.ascontiguousarray(-2 * self._samples.T)
        self._squares = (self._samples**2).sum(1)
        self._classes = np.full(len(self._samples), -1)
        for number, name in enumerate(names):
            self._classes[: len(self.own)][labels[belongs] == name] = number

    @property
    def scale(self) -> FloatArray:
        """The matrix that whitens a whole vector, (len(NAMES), numbers)."""
        scale = np.zeros((len(self._columns), self._scale.shape[1]), np.float32)
        scale[self._columns] = self._scale
        return scale

    @property
    def some_others(self) -> FloatArray:
        """`_SOME` of the others, whitened; made up with far ones where there are not so many.

        Where all vote, being nearer they would take no vote away.
        """
        some = np.full((_SOME, self.own.shape[1]), _FAR, np.float32)
        if not self._all_vote:
            found = self._others[:: 1 + len(self._others) // _SOME]
            some[: len(found)] = found
        return some

    def shares(self, vectors: FloatArray) -> list[list[float]]:
        """The shares of the samples that vote, in reach, which are of each of its own classes.

        Of (n, len(NAMES)), as (n, classes). By one product with all of them: of so many numbers a
        sample a tree prunes little. A product's rounding depends on how many are asked for, hence
        the second look at the few that matter.
        """
        scaled = np.einsum("nc,cs->ns", vectors[:, self._columns], self._scale)
        roughly = scaled @ self._products
        roughly += self._squares
        votes = self._all_votes if self._all_vote else self._votes
        return [votes(one, row) for one, row in zip(scaled, roughly, strict=True)]

    def _votes(self, scaled: FloatArray, roughly: FloatArray) -> list[float]:
        few = _least(roughly)
        squared = ((self._samples[few] - scaled) ** 2).sum(1)
        by_distance = sorted(zip(squared.tolist(), self._classes[few].tolist(), strict=True))
        reach = self.reach**2
        votes = [label for apart, label in by_distance[:_NEIGHBOURS] if apart < reach]
        return [votes.count(number) / _NEIGHBOURS for number in range(len(self.names))]

    def _all_votes(self, scaled: FloatArray, roughly: FloatArray) -> list[float]:
        """Each weighs by how near it is: the Epanechnikov kernel."""
        reach = self.reach**2
        (few,) = (roughly < reach - scaled @ scaled + _ROUNDING).nonzero()
        squared = ((self._samples[few] - scaled) ** 2).sum(1)
        near = squared < reach
        classes, weights = self._classes[few][near], 1 - squared[near] / reach
        votes = np.bincount(1 + classes, weights, 1 + len(self.names))  # the first: of the others
        shares: list[float] = (votes[1:] / max(votes.sum(), _LEAST_SAMPLES)).tolist()
        return shares

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors are in reach of a sample of its own."""
        reached: NDArray[np.bool_] = _apart(vectors @ self.scale, self.own, 1) < self.reach
        return reached


def _apart(vectors: FloatArray, samples: FloatArray, count: int) -> FloatArray:
    """The mean distance of each of the vectors to so many of the samples that are nearest, (n,)."""
    if not len(vectors):
        return np.zeros(0, np.float32)
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - takes 0.7 s, for fitting alone

    distances, _ = NearestNeighbors(n_neighbors=count).fit(samples).kneighbors(vectors)
    mean: FloatArray = distances.mean(1)
    return mean


def _least(row: FloatArray) -> NDArray[np.intp]:
    """Where the least numbers are: `_CANDIDATES` or a few more.

    They are under the bound that the least of blocks give, which are fewer to put in order.
    """
    blocks = row[: len(row) // _BLOCK * _BLOCK].reshape(_BLOCK, -1).min(0)
    if len(blocks) < _CANDIDATES:
        return np.arange(len(row))
    blocks.partition(_CANDIDATES - 1)
    least: NDArray[np.intp] = (row <= blocks[_CANDIDATES - 1]).nonzero()[0]
    return least


def _starts(lengths: Iterable[int]) -> NDArray[np.intp]:
    """Where each begins of some that follow each other."""
    return np.cumsum([0, *lengths])[:-1]


def _whitening(covariance: FloatArray) -> FloatArray:
    """The matrix, (n, n), that makes n numbers of that covariance uncorrelated.

    Squared, they then add up to 1 on average: ZCA/PCA whitening with a shrunk covariance.
    """
    spread = np.maximum(covariance.diagonal(), _LEAST_SPREAD**2)
    shrunk = _TRUST * covariance + (1 - _TRUST) * np.diag(spread)
    variances, axes = np.linalg.eigh(shrunk)
    return (axes / np.sqrt((variances + _FLOOR**2) * len(variances))).astype(np.float32)
