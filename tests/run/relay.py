"""A line to a server on this machine that can be cut, and mended."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Listens on `port` and passes bytes to and from a server; `cut` is as if that were gone."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._open: list[socket.socket] = []
        self._listening = self._listen(0)
        self.port = int(self._listening.getsockname()[1])

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wait_for_capacity, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self._server))
                self._open += [wait_for_capacity, far]
                for one, other in ((wait_for_capacity, far), (far, wait_for_capacity)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while content := one.recv(65536):
                other.sendall(content)
        self._end(one)
        self._end(other)

    def _end(self, one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def truncated(self) -> None:
        self._end(self._listening)
        while self._open:
            self._end(self._open.pop())

    def mend(self) -> None:
        self._listening = self._listen(self.port)
