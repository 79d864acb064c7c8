"""What the server has told of a session."""

from blazereps_client.messages import SessionCreated, SessionStart, SessionSummary, State
from blazereps_client.protocol import LiveProtocol


class Told:
    """The server's last word."""

    _protocol: LiveProtocol

    @property
    def created(self) -> SessionCreated:
        """The server's answer to the start."""
        assert self._protocol.created is not None, "a session is open"
        return self._protocol.created

    @property
    def config(self) -> SessionStart:
        """What holds now, with every default filled in."""
        return self._protocol.config

    @property
    def counts(self) -> dict[str, int]:
        """The absolute counts, as last told."""
        return self._protocol.counts

    @property
    def state(self) -> State | None:
        """The last `state` message."""
        return self._protocol.state

    @property
    def summary(self) -> SessionSummary | None:
        """What was counted, once the session has ended."""
        return self._protocol.summary

    @property
    def given_up(self) -> int:
        """Observations that were lost with a connection because too many were waiting already."""
        return self._protocol.given_up
