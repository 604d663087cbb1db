"""The two command lines, the reference's and ours, on the same brokers: stdout
must be the same byte for byte but for the reference's log lines, which ours
writes to stderr, and the exit codes must be those of docs/cli.md."""
import os
import re
import subprocess
import tempfile

from broker import Broker
from fakebroker import NO_ACK, FakeBroker
from kit import mp
from report import Wrong, until, want

WAIT = 20
LOG = re.compile(rb"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [A-Z]+ +busrt\S*\] .*\n", re.M)
PANIC = 101  # of the reference, where ours has a code for what went wrong
FAILED, USAGE, UNCONNECTED, TIMED_OUT, DENIED, UNDELIVERED, CONFIG = 1, 2, 3, 4, 5, 6, 78
PATH = "{}"  # in a command line

# The command lines: arguments, exit code (of the reference, ours; or of both),
# stdin.
LINES = (
    ("{} broker test", 0, b""),
    ("-s {} broker test", 0, b""),
    ("{} -s broker test", 0, b""),
    ("-n=both {} broker test", 0, b""),
    ("-nboth {} broker test", 0, b""),
    ("-vs --name=both --buf-size 100 --queue-size=10 --timeout 2.5 --token T {} broker test", 0, b""),
    ("{} publish a/b hello", 0, b""),
    ("-s {} publish a/b hello", 0, b""),
    ("{} publish a/b", 0, b"from stdin"),
    ("{} publish a/b -- -x", 0, b""),
    ("{} publish a/b ''", 0, b""),
    ("{} publish -- a/b -x", 0, b""),
    ("{} send nobody.* hello", 0, b""),
    ("{} send ? hello", 0, b""),
    ("{} send .broker hello", 0, b""),
    ("{} send .broker hello --", 0, b""),
    ("{} send nobody hello", (PANIC, UNDELIVERED), b""),
    ("{} rpc notify .broker hello", 0, b""),
    ("{} rpc notify .broker", 0, b"from stdin"),
    ("{} rpc notify nobody hello", (PANIC, UNDELIVERED), b""),
    ("{} rpc call0 .broker test", 0, b""),
    ("{} rpc call0 .broker test -", 0, b"x"),
    ("{} rpc call0 nobody test a=1", (PANIC, UNDELIVERED), b""),
    ("{} rpc call0 .broker test a", (PANIC, USAGE), b""),
    ("{} rpc call .broker test", 0, b""),
    ("-s {} rpc call .broker test", 0, b""),
    ("{} rpc call .broker benchmark.test", 0, b""),
    ("{} rpc call .broker benchmark.test -", 0, b"from stdin"),
    ("{} rpc call .broker benchmark.test -- -", 0, b"from stdin"),
    ("-s {} rpc call .broker benchmark.test ''", 0, b""),
    ("-s {} rpc call .broker benchmark.test a=1 '' b=x a=2 =3 c=", 0, b""),
    ("-s {} rpc call .broker benchmark.test t=true f=false T=True n=null h=0x10", 0, b""),
    ("-s {} rpc call .broker benchmark.test a=-5 b=+5 c=007 d=1.5 e=1e3 f=.5 g=5. h=inf i=nan", 0, b""),
    ("-s {} rpc call .broker benchmark.test a=9223372036854775807 b=9223372036854775808 c=-9223372036854775809", 0, b""),
    ("-s {} rpc call .broker benchmark.test a=é é=1 -- -b=2", 0, b""),
    ("{} rpc call .broker benchmark.test a=1 -", (PANIC, USAGE), b""),
    ("{} rpc call .broker benchmark.test a", (PANIC, USAGE), b""),
    ("{} rpc call .broker no.such.method", FAILED, b""),
    ("-s {} rpc call .broker no.such.method", FAILED, b""),
    ("-s {} rpc call .broker test a=1", FAILED, b""),
    ("{} rpc call nobody method", FAILED, b""),
    ("-s {} rpc call nobody method", FAILED, b""),
    # wrong usage: nothing on stdout
    ("", USAGE, b""),
    ("{}", USAGE, b""),
    ("-s {}", USAGE, b""),
    ("{} what", USAGE, b""),
    ("{} broker", USAGE, b""),
    ("{} broker what", USAGE, b""),
    ("{} broker test x", USAGE, b""),
    ("{} rpc", USAGE, b""),
    ("{} rpc what", USAGE, b""),
    ("{} send", USAGE, b""),
    ("{} send a b c", USAGE, b""),
    ("{} send a -x", USAGE, b""),
    ("{} send a -5", USAGE, b""),
    ("{} send -s a b", USAGE, b""),
    ("{} send -V", USAGE, b""),
    ("{} publish", USAGE, b""),
    ("{} publish a b c", USAGE, b""),
    ("{} listen a", USAGE, b""),
    ("{} listen -t", USAGE, b""),
    ("{} rpc listen --exclude a", USAGE, b""),
    ("{} rpc notify", USAGE, b""),
    ("{} rpc notify a b c", USAGE, b""),
    ("{} rpc call a", USAGE, b""),
    ("{} rpc call0 a", USAGE, b""),
    ("{} rpc call a b -x=1", USAGE, b""),
    ("-s -s {} broker test", USAGE, b""),
    ("-s {} -s broker test", USAGE, b""),
    ("--timeout -1 {} broker test", USAGE, b""),
    ("--timeout x {} broker test", USAGE, b""),
    ("--buf-size x {} broker test", USAGE, b""),
    ("--what {} broker test", USAGE, b""),
    ("-- {} broker test", USAGE, b""),
    ("{} -- broker test", USAGE, b""),
    ("{} benchmark x", USAGE, b""),
    # what cannot work
    ("--buf-size 0 {} broker test", (PANIC, USAGE), b""),
    ("--queue-size 0 {} broker test", (PANIC, USAGE), b""),
    ("{} benchmark -w 0", (PANIC, USAGE), b""),
    ("-n '' {} broker test", (PANIC, CONFIG), b""),
    ("-n .hidden {} broker test", (PANIC, UNCONNECTED), b""),
    ("-n nobody%%1 {} broker test", (PANIC, UNCONNECTED), b""),
    ("{}.not-there.sock broker test", (PANIC, UNCONNECTED), b""),
    ("localhost:1 broker test", (PANIC, UNCONNECTED), b""),
    ("nonsense broker test", (PANIC, UNCONNECTED), b""),
)

# Payloads whose printing is compared, loud and silent; the tests of cmd/busrt
# have many more.
PAYLOADS = (
    b"", b"text", "ünïcode 😀".encode(), b"\x1b[1m\x7f\t", b"a\n", b"[1]", b"5", b"{} x", b'{"a":1',
    b'{"b":{"c":[],"a":{}},"a":[1,null,true,"\\u0001\\ud83d\\ude00"]}', b'{"a":"\\ud800"}', b'{"a":1e400}',
    b'{"a":0.1,"b":1e3,"c":-0,"d":1e16,"e":1e-6,"f":18446744073709551616,"g":978428690182318365.63376299710335145e-10}',
    b"\x81\xa2ok\xc3", b"\x05\xc1", b"\x93\xc4\x02\x07\xff\xa2\xff\xfe\xd4\x05\x07", b"\xca\x3d\xcc\xcc\xcd", b"\xcb\x7f\xf0\0\0\0\0\0\0",
    b"\x86\xcd\x00\x01\x01\x01\x02\xc3\x03\xff\x04\xa1a\x05\xca\x3f\xc0\0\0\x06", b"\x81\xc4\x01\x07\x01", b"\x81\xc0\x01",
    b"\x92\x01", b"\xc1\xff", b"\xc1" * 256, b"\xc1" * 257, bytes(range(256)),
)

# What is sent to a listener, {l}.
TO_LISTENER = (
    ("publish a/b hello", b""),
    ("publish a/x excluded", b""),
    ("publish c/d unheard", b""),
    ("publish a/b", b""),
    ('send {l} {"b":1,"a":[]}', b""),
    ("send * all", b""),
    ("send {l}", b"\x82\xa1a\x01\xa1b\x02"),
    ("send {l}", bytes(range(256)) * 4096),
)
TO_RPC_LISTENER = (
    ("rpc notify {l} note", b""),
    ("rpc call {l} method a=1 b=x", b""),
    ("rpc call {l} method", b""),
    ("rpc call0 {l} method0 -", b"from stdin"),
    ("publish r/t topic", b""),
    ("send ?.listener broadcast", b""),
)

# Results of a broker that answers these to both.
RESULTS = {
    "info": mp.pack({"author": "somebody", "version": "é 名前"}),
    "stats": mp.pack({"uptime": 1, "r_frames": 1234567, "r_bytes": 2**63, "w_frames": 0, "w_bytes": 12}),
    "client.list": mp.pack({"clients": [
        {"name": name, "kind": kind, "source": source, "port": port, "r_frames": n, "r_bytes": 10 * n, "w_frames": 100 * n,
         "w_bytes": 1000 * n, "queue": n, "instances": 1 + n % 3}
        for n, name, kind, source, port in (
            (0, "z", "internal", None, None), (999, "both", "tcp", "never", "shown"), (1000, "a.é", "tcp", "[::1]:1", "[::]:9924"),
            (123456, "名前", "websocket", "", ""), (7, ".broker", "local_ipc", None, "/var/run/bus.sock"))]}),
    "test": mp.pack({"ok": True}),
}
FAKES = (  # what the broker does, the command line, exit codes
    ({"results": RESULTS}, "{} broker info", 0),
    ({"results": RESULTS}, "{} broker stats", 0),
    ({"results": RESULTS}, "-n both {} broker client.list", 0),
    ({"results": RESULTS}, "-s -n both {} broker client.list", 0),
    ({"results": RESULTS}, "{} broker test", 0),
    ({"hello": 0x76}, "{} broker test", (PANIC, UNCONNECTED)),
    ({"hello": 0x71}, "{} broker test", (PANIC, UNCONNECTED)),
    ({"hello": 0x79}, "{} broker test", (PANIC, DENIED)),
    ({"hello": None}, "--timeout 0.3 {} broker test", (PANIC, TIMED_OUT)),
    ({}, "--timeout 0.3 {} broker info", (PANIC, TIMED_OUT)),
    ({}, "--timeout 0.3 {} rpc call .broker method", (PANIC, TIMED_OUT)),
    ({"ack": NO_ACK}, "--timeout 0.3 {} send a b", (PANIC, TIMED_OUT)),
    ({"ack": NO_ACK}, "--timeout 0.3 {} publish a b", (PANIC, TIMED_OUT)),
    ({"ack": 0x79}, "{} publish a b", (PANIC, DENIED)),
    ({"ack": 0x79}, "{} listen -t a", (PANIC, DENIED)),
    ({"ack": 0x79}, "{} rpc call a b", FAILED),
    ({"ack": 0x77}, "{} send a b", (PANIC, UNDELIVERED)),
    ({"ack": 0x77}, "{} rpc call0 a b", (PANIC, UNDELIVERED)),
    ({"ack": 0x77}, "{} rpc call a b", FAILED),
    ({"hang_up": True}, "{} send a b", (PANIC, FAILED)),
    ({"hang_up": True}, "{} rpc call a b", (PANIC, FAILED)),
)


def words(line):
    return [w.replace("''", "") for w in line.split(" ")] if line else []


class Tool:
    """One of the two command lines."""

    def __init__(self, binary):
        self._binary = binary

    def argv(self, line, path):
        return [self._binary] + [w.replace(PATH, path) for w in words(line)]

    def run(self, line, path, stdin=b""):
        """(exit code, stdout without log lines)"""
        done = subprocess.run(self.argv(line, path), input=stdin, capture_output=True, timeout=WAIT, env=environment())
        return done.returncode, LOG.sub(b"", done.stdout)


def environment():
    return {k: v for k, v in os.environ.items() if k not in ("CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR")}


class Listener:
    """A `listen` that runs beside."""

    def __init__(self, tool, line, path):
        self._out = tempfile.TemporaryFile()
        self._process = subprocess.Popen(tool.argv(line, path), stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.DEVNULL,
                                         env=environment())
        until(lambda: b"Listening to" in self.text(), line + " does not listen")

    def text(self):
        self._out.seek(0)
        return LOG.sub(b"", self._out.read())

    def has(self, events):
        until(lambda: len(re.findall(rb"^----$", self.text(), re.M)) > events, "%d events" % events)

    def wait(self):
        return self._process.wait(WAIT)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._out.close()


def codes(code):
    return code if isinstance(code, tuple) else (code, code)


def same(reference, ours, line, path, code, stdin=b""):
    """Both give their exit code, and the same on stdout."""
    theirs, mine = (tool.run(line, path, stdin) for tool in (reference, ours))
    want(codes(code)[0], theirs[0], "exit code of the reference")
    want(codes(code)[1], mine[0], "exit code")
    want(theirs[1], mine[1], "stdout")


def printing(reference, ours, path, payload):
    for silent in ("", "-s "):
        same(reference, ours, silent + PATH + " rpc call .broker benchmark.test -", path, 0, payload)


def listening(listener, sender, path, listen, lines, events):
    """What the senders and the listener print."""
    heard = Listener(listener, "-n a.listener {} " + listen, path)
    try:
        sent = [sender.run("-n a.sender {} " + line.replace("{l}", "a.listener"), path, stdin) for line, stdin in lines]
        heard.has(events)
        return sent, heard.text()
    finally:
        heard.stop()


def same_listening(reference, ours, path, listen, lines, events):
    """Each listens to each other, and to itself."""
    results = [listening(a, b, path, listen, lines, events) for a in (reference, ours) for b in (reference, ours)]
    for sent, heard in results[1:]:
        want(results[0][0], sent, "what the senders print")
        want(results[0][1], heard, "what the listener prints")


def farewell(tool, command):
    """(exit code of a listener whose broker goes, what it printed)"""
    broker = Broker(command)
    try:
        heard = Listener(tool, "-n last {} listen", broker.sock)
        try:
            broker.terminate()
            code = heard.wait()
            return code, re.sub(rb'"t": \d+', b'"t": T', heard.text())
        finally:
            heard.stop()
    finally:
        broker.kill()


def fake(reference, ours, options, line, code):
    broker = FakeBroker(**options)
    try:
        same(reference, ours, line, broker.sock, code)
    finally:
        broker.kill()


def drive(report, reference, ours, brokers):
    """brokers: whose → command."""
    tools = Tool(reference), Tool(ours)
    for name, command in brokers.items():
        broker = Broker(command)
        try:
            for line, code, stdin in LINES:
                report.run("both on %s broker: %s" % (name, line), same, *tools, line, broker.sock, code, stdin)
            report.run("both on %s broker: TCP" % name, same, *tools, PATH + " broker test", broker.tcp, 0)
            for payload in PAYLOADS:
                report.run("both on %s broker: print %s" % (name, payload[:16].hex(" ") or "nothing"),
                           printing, *tools, broker.sock, payload)
            report.run("both on %s broker: listen" % name, same_listening, *tools, broker.sock,
                       "listen -t a/# -t never --exclude a/x", TO_LISTENER, 6)
            report.run("both on %s broker: rpc listen" % name, same_listening, *tools, broker.sock,
                       "rpc listen -t r/#", TO_RPC_LISTENER, 6)
        finally:
            broker.kill()
        report.run("both on %s broker: listen until it goes" % name,
                   lambda c=command: want(farewell(tools[0], c), farewell(tools[1], c)))
    for options, line, code in FAKES:
        told = ", ".join("%s %s" % (k, v if k != "results" else "given") for k, v in options.items()) or "no reply"
        report.run("both on a broker with %s: %s" % (told, line), fake, *tools, options, line, code)
