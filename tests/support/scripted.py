"""A server on loopback that says what a script says, byte for byte, whatever is asked of it."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

# What one connection does after the head of each request: bytes to send, or one of these.
CLOSE, RESET, HANG = b"<close>", b"<reset>", b"<hang>"
Script = Sequence[bytes]

_WHOLE = re.compile(rb"(?s).*?content-length: (\d+)\r\n(?:.*?\r\n)?\r\n")


class ScriptedServer:
    """`requests` are what came, whole: one per step of the scripts."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.requests: list[bytes] = []
        self.ended = Event()
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serve one connection per script, one after the other."""
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                self._act(connection, script)

    def stop(self) -> None:
        """Let go of everything."""
        self.ended.set()
        # A listener that is only closed would leave `accept` waiting.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _act(self, connection: socket.socket, script: Script) -> None:
        for step in script:
            self.requests.append(_request(connection))
            for part in step.split(b"|"):
                if part == HANG:
                    self.ended.wait()
                elif part == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                elif part == CLOSE:
                    return
                else:
                    connection.sendall(part)


def _request(connection: socket.socket) -> bytes:
    """Return one request, or what there is of it at the connection's end."""
    data = bytearray()
    while not (found := _WHOLE.match(data)) or len(data) < found.end() + int(found[1]):
        more = connection.recv(1 << 20)
        if not more:
            break
        data += more
    return bytes(data)


@contextmanager
def scripted(*scripts: Script) -> Iterator[ScriptedServer]:
    """Serve the scripts until the block ends."""
    server = ScriptedServer(scripts)
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
