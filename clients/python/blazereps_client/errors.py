"""What ends a live session early."""


class LiveError(RuntimeError):
    """The session could not begin, or ended before its summary."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        recoverable: bool = False,
        close_code: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        """The server's own code, or `cannot_connect`, `connection_lost`, `invalid_answer`,
        `session_ended` or `session_left`."""
        self.message = message
        self.recoverable = recoverable
        """Whether it may pass: trying again is worth it."""
        self.close_code = close_code
        """That of the WebSocket, where there was one."""
        self.retry_after_s = retry_after_s
        """In how many seconds to come again, where the server has said so."""
