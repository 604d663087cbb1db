"""A broker process under test."""
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile

from report import Wrong, until


class Broker:
    """One process with a unix socket and a TCP port of its own, and one for WebSocket if the command wants it."""

    def __init__(self, command):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bus."))
        self.sock = str(self.dir / "b.sock")
        self.tcp = "127.0.0.1:%d" % free_port()
        self.ws = "127.0.0.1:%d" % free_port()
        self._log = self.dir / "log"
        words = [w.format(sock=self.sock, tcp=self.tcp, ws=self.ws) for w in shlex.split(command)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            for path in (self.sock, self.tcp):
                until(lambda: self._answers(path), "broker at " + path)
        except BaseException as e:
            self.kill()
            raise Wrong("%s\n%s" % (e, self.log())) from e

    def path(self, transport):
        return self.sock if transport == "unix" else self.tcp

    def log(self):
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def alive(self):
        return self._process.poll() is None

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds=10):
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Wrong("the broker is still there %d s after SIGTERM" % seconds) from None

    def kill(self):
        if self.alive():
            self._process.kill()
        self._process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _answers(self, path):
        if not self.alive():
            raise Wrong("the broker ended with code %d" % self._process.returncode)
        try:
            with dial(path) as s:
                return s.recv(3, socket.MSG_WAITALL) == b"\xeb\x01\x00"
        except OSError:
            return False


def dial(path):
    if path.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(2)
        s.connect(path)
        return s
    host, port = path.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 2)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
