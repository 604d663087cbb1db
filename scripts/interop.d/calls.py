"""RPC: calls to the broker, and between two peers in both directions."""
import re

from kit import mp
from operations import SIZES, data
from peers import OK, UNKNOWN, fresh
from report import Wrong, want


def handler(error):
    """Answers the calls of the checks; error is the client library's exception."""
    def handle(method, params):
        if method == b"echo":
            return params
        if method == b"empty":
            return None
        if method == b"fail":
            raise error("it went wrong", code=-32042)
        if method == b"crash":
            raise ValueError("out of order")
        raise error("no such method", code=-32601)
    return handle


def refused(peer, code, target, method, params=b""):
    """The text of the error that a call must end with."""
    try:
        result = peer.call(target, method, params)
    except peer.Error as e:
        want(code, e.rpc_error_code, "code")
        text = e.rpc_error_payload
        return text if isinstance(text, str) else bytes(text).decode()
    raise Wrong("result %r instead of error %d" % (result, code))


def broker_test(a):
    want(b"\x81\xa2ok\xc3", a.call(".broker", "test"))
    want("", refused(a, -32602, ".broker", "test", b"\x80"), "text")
    want("", refused(a, -32601, ".broker", "no.such.method"), "text")


def broker_info(a):
    want(["author", "version"], list(mp.unpack(a.call(".broker", "info"))))


def broker_stats(a):
    first, second = (mp.unpack(a.call(".broker", "stats")) for _ in range(2))
    want(["uptime", "r_frames", "r_bytes", "w_frames", "w_bytes"], list(first))
    if second["r_frames"] <= first["r_frames"]:
        raise Wrong("the call itself was not counted: %s, %s" % (first, second))


def broker_clients(a):
    names = [c["name"] for c in mp.unpack(a.call(".broker", "client.list"))["clients"]]
    want(sorted(names, key=str.encode), names, "order")
    for name in (a.name, ".broker"):
        want(True, name in names, name + " is listed")
    params = mp.pack({"filter": "^%s$" % re.escape(a.name)})
    (row,) = mp.unpack(a.call(".broker", "client.list", params))["clients"]
    unix = a.path.startswith("/")
    want((a.name, "local_ipc" if unix else "tcp", a.path, 1), (row["name"], row["kind"], row["port"], row["instances"]))
    want(unix, row["source"] is None, "source is nil")


def broker_echo(a):
    for size in SIZES:
        body = data(size)
        want(body, a.call(".broker", "benchmark.test", body), "%d bytes" % size)


def result(a, b):
    want(b"params", a.call(b.name, "echo", b"params"))
    want((a.name, b"echo", b"params"), b.take(b.calls))
    want(b"", a.call(b.name, "empty"))


def error(a, b):
    want("it went wrong", refused(a, -32042, b.name, "fail"), "text")
    want("out of order", refused(a, -32603, b.name, "crash"), "text")
    want("no such method", refused(a, -32601, b.name, "other"), "text")


def nobody(a, b):
    refused(a, -32000 - UNKNOWN, fresh("nobody"), "echo")
    want(UNKNOWN, a.notify(fresh("nobody"), b"x"), "ack of a notification")
    want(UNKNOWN, a.call0(fresh("nobody"), "echo"), "ack of a call without reply")


def oneself(a, b):
    want(b"me", a.call(a.name, "echo", b"me"))


def no_reply(a, b):
    want(OK, a.call0(b.name, "echo", b"quiet"), "ack")
    want((a.name, b"echo", b"quiet"), b.take(b.calls))


def notification(a, b):
    want(OK, a.notify(b.name, b"note"), "ack")
    want((a.name, b"note"), b.take(b.notes))


def many(a, b):
    params = [b"%d" % i for i in range(100)]
    want(params, a.calls_at_once(b.name, "echo", params))


def sizes(a, b, size):
    body = data(size)
    want(body, a.call(b.name, "echo", body))


def forget(b):
    while not b.calls.empty():
        b.calls.get_nowait()


def broker_checks(report, label, a):
    for fn in (broker_test, broker_info, broker_stats, broker_clients, broker_echo):
        report.run("%s rpc %s" % (label, fn.__name__.replace("_", " ")), fn, a)


def all_checks(report, label, a, b):
    for x, y, arrow in ((a, b, "there"), (b, a, "back")):
        for fn in (result, error, nobody, oneself, no_reply, notification, many):
            forget(y)
            report.run("%s rpc %s %s" % (label, fn.__name__.replace("_", " "), arrow), fn, x, y)
        for size in SIZES:
            report.run("%s rpc payload of %d bytes %s" % (label, size, arrow), sizes, x, y, size)
