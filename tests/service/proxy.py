"""A TCP proxy that cuts what goes through it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

_PIECE = 1024


class Proxy:
    """Passes on to `target`; cuts its connections in turn after so many bytes to the target."""

    def __init__(self, target: str, cuts: Sequence[int]) -> None:
        host, port = target.rsplit(":", 1)
        self._target = host, int(port)
        self._cuts = [*cuts]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[socket.socket] = set()
        self.down = False
        """Whether it cuts whoever connects."""
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def connections(self) -> int:
        """So many have been made."""
        return len(self._pairs)

    def cut(self) -> None:
        """Cut all that are open."""
        for ends in self._pairs:
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Swallow what goes through those that are open, and keep them open."""
        for ends in self._pairs:
            self._silent.update(ends)

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.down:
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                self._pairs.append((client, server))
                limit = self._cuts.pop(0) if self._cuts else None
                self._start(client, server, limit)
                self._start(server, client, None)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for ends in self._pairs:
            for end in ends:
                end.close()

    def _start(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        thread = threading.Thread(target=self._pass_on, args=(source, sink, limit))
        thread.start()
        self._threads.append(thread)

    def _pass_on(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(_PIECE):
                if source not in self._silent:
                    sink.sendall(data)
                passed += len(data)
                if limit is not None and passed >= limit:
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(target: str, *cuts: int) -> Iterator[Proxy]:
    """A proxy before an address, on a free port."""
    proxy = Proxy(target, cuts)
    accepting = threading.Thread(target=proxy.accept)
    accepting.start()
    try:
        yield proxy
    finally:
        proxy.close()
        accepting.join()
