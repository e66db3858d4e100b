"""A command in a process that `tests.warm_server` becomes. `warm_client.py PLACE WORD ...` is `stateward WORD ...`."""

import json
import os
import signal
import socket
import sys


class Warm:
    """A process, with what tests want of `subprocess.Popen`."""

    def __init__(self, place: str, words: list[str], folder: str, environment: dict[str, str], *files: int) -> None:
        """`files`: its standard input, output and errors."""
        self.returncode: int | None = None
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(f"\0{place}")
        socket.send_fds(self._line, [json.dumps([words, folder, environment]).encode()], files)
        self.pid = int(self._line.recv(100))

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except (TimeoutError, BlockingIOError):
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            self.returncode = int(self._line.recv(100))
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(Warm(sys.argv[1], sys.argv[2:], os.getcwd(), dict(os.environ), 0, 1, 2).wait())
