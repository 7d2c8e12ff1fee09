"""A relay of bytes in front of a server, that counts its connections and can cut them all."""

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from urllib.parse import urlsplit


@dataclass
class Relay:
    """Where it listens, how many connections it took, and those that are open."""

    url: str
    count: int = 0
    open: list[socket.socket] = field(default_factory=list)
    taken: Condition = field(default_factory=Condition)

    def wait_for(self, count: int) -> bool:
        """Return whether it took so many: a client's connection stands before it is taken."""
        with self.taken:
            return self.taken.wait_for(lambda: self.count >= count, 10)

    def cut(self) -> None:
        """End all connections, as a server does that has heard nothing for long."""
        for one in self.open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.open.clear()


@contextmanager
def relay(target: str) -> Iterator[Relay]:
    """Run a relay to a server on a free port of the loopback; end it with the block."""
    address = urlsplit(target)
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Relay(f"http://127.0.0.1:{server.getsockname()[1]}")

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _ = server.accept()
                    far = socket.create_connection((address.hostname or "", address.port or 0))
                    with made.taken:
                        made.count += 1
                        made.open += [near, far]
                        made.taken.notify_all()
                    for one, other in ((near, far), (far, near)):
                        Thread(target=_pass_on, args=(one, other), daemon=True).start()

        thread = Thread(target=accept)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            made.cut()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
