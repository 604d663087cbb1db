"""Connecting, staying and leaving."""
import time

from kit import mp
from peers import MESSAGE, OK, PUBLISH, AsyncPeer, SyncPeer, UNKNOWN, fresh
from report import Wrong, until, want

KINDS = (SyncPeer, AsyncPeer)
TRANSPORTS = ("unix", "tcp")
IDLE = 7  # seconds; more than the header wait [BUSRT-T1] of a broker with the default timeout of 5 s


def refused(kind, path, name, code):
    try:
        peer = kind(path, name)
    except RuntimeError as e:
        want("Server response: 0x%x" % code, str(e))
        return
    peer.close()
    raise Wrong("%r was let in" % name)


def names(kind, path):
    first = kind(path, fresh("name"))
    refused(kind, path, first.name, 0x76)
    for bad in ("", ".hidden"):
        refused(kind, path, bad, 0x72)
    refused(kind, path, fresh("nobody") + "%%1", 0x71)
    want(OK, first.send(MESSAGE, first.name, b"still here", 1))
    first.close()


def secondaries(kind, path):
    primary = kind(path, fresh("primary"))
    second = kind(path, primary.name + "%%2")
    want(OK, primary.send(MESSAGE, second.name, b"x", 1))
    want([(MESSAGE, primary.name, None, b"x")], second.seen())
    want(OK, second.send(MESSAGE, primary.name, b"y", 1))
    want([(MESSAGE, second.name, None, b"y")], primary.seen())
    second.close()
    primary.close()


def leaving(kind, path):
    """A name is free again once its client has left; the sync client's thread
    keeps the closed socket for up to a second more."""
    other, first = kind(path, fresh("other")), kind(path, fresh("leaves"))
    first.close()
    until(lambda: other.send(MESSAGE, first.name, b"x", 1) == UNKNOWN, "the name is not free")
    again = kind(path, first.name)
    want(OK, other.send(MESSAGE, again.name, b"x", 1))
    again.close()
    other.close()


def all_checks(report, broker):
    for kind in KINDS:
        for transport in TRANSPORTS:
            for fn in (names, secondaries, leaving):
                report.run("%s/%s %s" % (kind.kind, transport, fn.__name__), fn, kind, broker.path(transport))


class Idlers:
    """One client of each kind and transport that sends nothing but its pings."""

    def __init__(self, broker):
        self._since = time.monotonic()
        self._peers = [(kind, t, kind(broker.path(t), fresh("idle"))) for kind in KINDS for t in TRANSPORTS]

    def still_there(self, report):
        if report.wanted("idle"):
            time.sleep(max(0, self._since + IDLE - time.monotonic()))  # time itself is what is tested
        for kind, transport, peer in self._peers:
            report.run("%s/%s idle for %d s" % (kind.kind, transport, IDLE), self._one, peer)

    @staticmethod
    def _one(peer):
        want(True, peer.connected(), "connected")
        want([], peer.seen())

    def shutdown(self, report, broker):
        """SIGTERM: everybody hears of it, then the broker is gone with code 0."""
        broker.terminate()
        for kind, transport, peer in self._peers:
            report.run("%s/%s shutdown notice" % (kind.kind, transport), self._notice, peer)
        report.run("broker exits 0 on SIGTERM", lambda: want(0, broker.wait(), "exit code"))

    @staticmethod
    def _notice(peer):
        kind, sender, topic, payload = peer.next()
        want((PUBLISH, ".broker", ".broker/warn"), (kind, sender, topic))
        notice = mp.unpack(payload)
        want((["s", "t"], "shutdown"), (list(notice), notice["s"]))
