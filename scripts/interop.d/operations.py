"""Messages, broadcasts, publishes and subscriptions between two peers.

Ops 04, 05 and 06 have no method in the published clients; they go through the
clients' general send, whose "target NUL payload" is also two topics, or a
topic and what follows it.
"""
import random

from peers import (BROADCAST, EXCLUDE, MESSAGE, OK, PUBLISH, PUBLISH_FOR, SUBSCRIBE, UNEXCLUDE, UNKNOWN, UNSUBSCRIBE,
                   fresh)
from report import want

SIZES = (0, 1, 8191, 8192, 8193, 64 << 10, 1 << 20, 4 << 20)
BURST = 1000


def data(size):
    return random.Random(size).randbytes(size)


def arrived(a, b):
    """What b got of all that a sent until now, acked or not."""
    a.seen()
    return b.seen()


def message(a, b, qos):
    want(OK, a.send(MESSAGE, b.name, b"hello", qos), "ack")
    want([(MESSAGE, a.name, None, b"hello")], arrived(a, b))


def message_unknown(a, b):
    for qos in (1, 3):
        want(UNKNOWN, a.send(MESSAGE, fresh("nobody"), b"hello", qos), "ack")
    want([], arrived(a, b))


def message_self(a, b):
    want(OK, a.send(MESSAGE, a.name, b"me", 1), "ack")
    want([(MESSAGE, a.name, None, b"me")], a.seen())
    want([], b.seen())


def broadcast(a, b, qos):
    stem = a.name.rpartition(".")[0]
    for mask in (stem + ".*", stem + ".?"):
        want(OK, a.send(BROADCAST, mask, b"all", qos), "ack")
        want([(BROADCAST, a.name, None, b"all")], a.seen(), "sender")
        want([(BROADCAST, a.name, None, b"all")], b.seen(), "receiver")


def broadcast_exact(a, b):
    want(OK, a.send(BROADCAST, b.name, b"one", 1), "ack")
    want([(BROADCAST, a.name, None, b"one")], arrived(a, b))


def broadcast_nobody(a, b):
    want(OK, a.send(BROADCAST, fresh("nobody") + ".*", b"x", 1), "ack")
    want([], arrived(a, b))


def publish(a, b, qos):
    want(OK, b.topics(SUBSCRIBE, ["news/a", "news/b"], qos), "subscribe")
    b.seen()
    for topic in ("news/a", "news/b", "news/c"):
        want(OK, a.send(PUBLISH, topic, topic.encode(), qos), "ack")
    want([(PUBLISH, a.name, t, t.encode()) for t in ("news/a", "news/b")], arrived(a, b))
    want(OK, b.topics(UNSUBSCRIBE, ["news/a", "news/b"], qos), "unsubscribe")
    b.seen()
    a.send(PUBLISH, "news/a", b"late", qos)
    want([], arrived(a, b), "after unsubscribe")


def wildcards(a, b):
    patterns = ["w/+/x", "w/#", "w/1/x"]
    want(OK, b.topics(SUBSCRIBE, patterns), "subscribe")
    for topic in ("w/1/x", "w/2", "w", "v/1/x"):
        a.send(PUBLISH, topic, b"", 1)
    want([(PUBLISH, a.name, t, b"") for t in ("w/1/x", "w/2")], arrived(a, b), "one copy each")
    want(OK, b.topics(UNSUBSCRIBE, patterns), "unsubscribe")


def publish_self(a, b):
    want(OK, a.topics(SUBSCRIBE, "own"), "subscribe")
    want(OK, a.send(PUBLISH, "own", b"me", 1), "ack")
    want([(PUBLISH, a.name, "own", b"me")], a.seen())
    want(OK, a.topics(UNSUBSCRIBE, "own"), "unsubscribe")
    want([], b.seen())


def exclude(a, b):
    want(OK, b.topics(SUBSCRIBE, "e/#"), "subscribe")
    want(OK, b.send(EXCLUDE, "e/no", b"e/never/#", 1), "exclude")
    for topic in ("e/yes", "e/no", "e/never/x"):
        a.send(PUBLISH, topic, b"", 1)
    want([(PUBLISH, a.name, "e/yes", b"")], arrived(a, b))
    want(OK, b.send(UNEXCLUDE, "e/no", b"e/never/#", 1), "unexclude")
    a.send(PUBLISH, "e/no", b"", 1)
    want([(PUBLISH, a.name, "e/no", b"")], arrived(a, b), "after unexclude")
    want(OK, b.topics(UNSUBSCRIBE, "e/#"), "unsubscribe")


def publish_for(a, b):
    for peer in (a, b):
        want(OK, peer.topics(SUBSCRIBE, "for"), "subscribe")
    want(OK, a.send(PUBLISH_FOR, "for", b.name.encode() + b"\0only", 1), "ack")
    want(OK, a.send(PUBLISH_FOR, "for", b"nobody\0none", 1), "ack for nobody")
    want([], a.seen(), "sender")
    want([(PUBLISH, a.name, "for", b"only")], b.seen(), "receiver")
    for peer in (a, b):
        want(OK, peer.topics(UNSUBSCRIBE, "for"), "unsubscribe")


def order(a, b):
    """A burst without acks, of two kinds, keeps its order."""
    want(OK, b.topics(SUBSCRIBE, "burst"), "subscribe")
    for i in range(BURST):
        op, target = (MESSAGE, b.name) if i % 2 else (PUBLISH, "burst")
        a.send(op, target, i.to_bytes(4, "little"))
    want(list(range(BURST)), [int.from_bytes(f[3], "little") for f in arrived(a, b)])
    want(OK, b.topics(UNSUBSCRIBE, "burst"), "unsubscribe")


def sizes(a, b, size):
    body = data(size)
    want(OK, b.topics(SUBSCRIBE, "size"), "subscribe")
    want(OK, a.send(MESSAGE, b.name, body, 1), "ack of the message")
    want(OK, a.send(PUBLISH, "size", body, 1), "ack of the publish")
    want([(MESSAGE, a.name, None, body), (PUBLISH, a.name, "size", body)], arrived(a, b))
    want(OK, b.topics(UNSUBSCRIBE, "size"), "unsubscribe")


def all_checks(report, label, a, b):
    for fn in (message, broadcast, publish):
        for qos in range(4):
            report.run("%s %s qos %d" % (label, fn.__name__, qos), fn, a, b, qos)
    for fn in (message_unknown, message_self, broadcast_exact, broadcast_nobody, wildcards, publish_self, exclude,
               publish_for, order):
        report.run("%s %s" % (label, fn.__name__.replace("_", " ")), fn, a, b)
    for size in SIZES:
        report.run("%s payload of %d bytes" % (label, size), sizes, a, b, size)
