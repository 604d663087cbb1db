"""A broker that says what it is told to: what real ones say only now and then."""
import pathlib
import shutil
import socket
import struct
import tempfile
import threading

ACK, MESSAGE = 0xFE, 0x12
WANTS_ACK, OPERATION = 0x40, 0x3F  # of the flags
PING = bytes(9)
OK, NO_ACK = 0x01, 0  # NO_ACK: the operation stays unanswered


class FakeBroker:
    """Serves one client after the other at a unix path.

    hello is the answer to a name; None says nothing at all. ack is the code of
    every ack. results has the results of the methods of `.broker`; a method that
    is missing stays unanswered. hang_up closes after the first operation.
    """

    def __init__(self, hello=OK, ack=OK, results=None, hang_up=False):
        self._hello, self._ack, self._results, self._hang_up = hello, ack, results or {}, hang_up
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="fake."))
        self.sock = str(self.dir / "b.sock")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.sock)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def path(self, _transport):
        return self.sock

    def kill(self):
        self._listener.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _serve(self):
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._client, args=(conn,), daemon=True).start()

    def _client(self, conn):
        with conn, conn.makefile("rb") as stream:
            try:
                self._session(conn, stream)
            except (OSError, struct.error):
                pass  # the client has left

    def _session(self, conn, stream):
        conn.sendall(b"\xeb\x01\x00")
        stream.read(3)
        conn.sendall(bytes([OK]))
        stream.read(*struct.unpack("<H", stream.read(2)))
        if self._hello is None:
            stream.read()
            return
        conn.sendall(bytes([self._hello]))
        while self._hello == OK:
            header = stream.read(9)
            if len(header) < 9:
                return
            if header == PING:
                continue
            op_id, flags, length = struct.unpack("<IBI", header)
            body = stream.read(length)
            if self._hang_up:
                return
            if flags & WANTS_ACK and self._ack != NO_ACK:
                conn.sendall(struct.pack("<BIB", ACK, op_id, self._ack))
            if flags & OPERATION == MESSAGE and self._ack == OK:
                self._reply(conn, body)

    def _reply(self, conn, body):
        target, payload = body.split(b"\0", 1)
        if target != b".broker" or payload[:1] != b"\x01":
            return
        call_id, method = payload[1:5], payload[5:].split(b"\0")[0].decode()
        if method in self._results:
            reply = b"\x11" + call_id + self._results[method]
            body = b".broker\0" + reply
            conn.sendall(struct.pack("<BIB", MESSAGE, len(body), 0) + body)
