"""What is asked of a session besides media."""

from types import EllipsisType

from blazereps_client.messages import (
    Arm,
    CountingPause,
    CountingReset,
    CountingResume,
    Outputs,
    Ping,
    SessionUpdate,
    Subject,
)
from blazereps_client.protocol import Control


class Asked:
    """Each takes its turn among the media."""

    async def update(
        self,
        *,
        exercise: str | None = None,
        subject: Subject | EllipsisType | None = ...,
        outputs: Outputs | None = None,
    ) -> None:
        """From here on count, follow or tell something else; what is left out stays as it is.

        `subject`: None for the most prominent.
        """
        update = SessionUpdate(exercise=exercise, outputs=outputs)
        if not isinstance(subject, EllipsisType):
            update = update.model_copy(update={"subject": subject})
        await self._say(update)

    async def pause(self) -> None:
        """Nothing counts from here on."""
        await self._say(CountingPause())

    async def resume(self, arm: Arm | None = None) -> None:
        """Everything counts from here on, or once what is to happen first has happened."""
        await self._say(CountingResume(arm=arm))

    async def reset(self, arm: Arm | None = None) -> None:
        """All counts go back to zero."""
        await self._say(CountingReset(arm=arm))

    async def ping(self, nonce: str = "") -> None:
        """Ask for a `pong`."""
        await self._say(Ping(nonce=nonce))

    async def _say(self, message: Control) -> None:
        raise NotImplementedError
