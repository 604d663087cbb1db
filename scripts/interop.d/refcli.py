"""The reference's command line on our broker, compared with what it prints on its own."""
import itertools
import re
import subprocess
import tempfile

from broker import Broker
from report import Wrong, until, want

WAIT = 20
TRANSPORTS = ("unix", "tcp")
VARIES = (  # what differs from run to run, or from one broker to another
    (re.compile(r"^\[[0-9T:-]+Z ", re.M), "[TIME "),
    (re.compile(r"/\S*/bus\.[^/]+/b\.sock"), "PATH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDR"),
    (re.compile(r'"t": \d+'), '"t": T'),
    (re.compile(r"^( (?:author|version|uptime) ) .*$", re.M), r"\1"),
)

# What each command prints, as an expression; the exit code; the arguments.
ONE_SHOT = (
    (r'"ok": true', 0, "broker test"),
    (r"^ w_bytes ", 0, "broker stats"),
    (r"^ \.broker +internal ", 0, "broker client.list"),
    (r"^OK$", 0, "publish a/b hello"),
    (r"^OK$", 0, "send nobody.* hello"),
    (r"", 101, "send nobody hello"),
    (r"", 101, "rpc notify nobody hello"),
    (r"", 101, "rpc call0 nobody method a=1"),
    (r"RPC Error -32113", 1, "rpc call nobody method"),
    (r"RPC Error -32601", 1, "rpc call .broker no.such.method"),
    (r"RPC Error -32602", 1, "rpc call .broker test a=1"),
    (r'"ok": true', 0, "rpc call .broker test"),
    (r"^OK$", 0, "rpc notify .broker hello"),
    (r"^OK$", 0, "rpc call0 .broker test"),
    (r'"b": "x"', 0, "rpc call .broker benchmark.test a=1 b=x c=true d=1.5"),
    (r'"name": "\.broker"', 0, "rpc call .broker client.list filter=^.broker$"),
)
INFO = (r"^ version", 0, "broker info")  # last: brokers have authors and versions of other lengths, which their counters show
TO_LISTENER = (  # arguments, stdin
    ("publish a/b hello", None),
    ("publish a/x excluded", None),
    ("publish c/d unheard", None),
    ('send {l} {"b":1,"a":[]}', None),
    ("send * all", None),
    ("send {l}", b"\x82\xa1a\x01\xa1b\x02"),
    ("send {l}", bytes(range(256)) * 4096),
    ("publish a/b", b""),
)
TO_RPC_LISTENER = (
    ("rpc notify {l} note", None),
    ("rpc call {l} method a=1 b=x", None),
    ("rpc call {l} method", None),
    ("rpc call0 {l} method0 -", b"from stdin"),
    ("publish r/t topic", None),
)


def normal(text):
    for pattern, put in VARIES:
        text = pattern.sub(put, text)
    # a table is as wide as its longest cell
    return re.sub(r"^-{5,}$", "-----", re.sub(r"[ \t]+$", "", text, flags=re.M), flags=re.M)


class Cli:
    """The command line on one broker."""

    def __init__(self, binary, broker):
        self._binary, self.broker = binary, broker

    def _words(self, name, transport, words):
        return [self._binary, "-n", name, self.broker.path(transport), *words]

    def run(self, line, transport="unix", stdin=None, name="cli"):
        """(exit code, what it printed)"""
        words = self._words(name, transport, line.split(" "))
        done = subprocess.run(words, input=stdin or b"", capture_output=True, timeout=WAIT)
        return done.returncode, normal(done.stdout.decode(errors="replace"))


class Listener:
    """A `listen` or `rpc listen` that runs beside."""

    def __init__(self, cli, name, line):
        self._out = tempfile.TemporaryFile()
        words = cli._words(name, "unix", line.split(" "))
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.DEVNULL)
        until(lambda: "Listening to" in self.text(), "%s does not listen" % line)

    def text(self):
        self._out.seek(0)
        return normal(self._out.read().decode(errors="replace"))

    def has(self, events):
        """Waits until so many events were printed; each ends with a line of dashes."""
        until(lambda: len(re.findall(r"^----$", self.text(), re.M)) > events, "%d events" % events)

    def wait(self):
        try:
            return self._process.wait(WAIT)
        except subprocess.TimeoutExpired:
            raise Wrong("listener: still there %d s after the broker" % WAIT) from None

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._out.close()


def one_shot(cli, transport, expression, code, line):
    got = cli.run(line, transport)
    want(code, got[0], "exit code")
    if not re.search(expression, got[1], re.M):
        raise Wrong("no %r in %r" % (expression, got[1]))
    return got


def listening(cli, name, listen, lines, events):
    """What the senders and the listener print."""
    listener = Listener(cli, name, listen)
    try:
        sent = [cli.run(line.replace("{l}", name), stdin=stdin) for line, stdin in lines]
        listener.has(events)
        return sent, listener.text()
    finally:
        listener.stop()


def farewell(cli):
    """A listener hears of the shutdown, and ends with 0 [BUSRT-A2]."""
    listener = Listener(cli, "last", "listen")
    try:
        cli.broker.terminate()
        want(0, listener.wait(), "exit code of listen")
        text = listener.text()
        if '"s": "shutdown"' not in text:
            raise Wrong("no notice in %r" % text)
        want(0, cli.broker.wait(), "exit code of the broker")
        return re.sub(r"^.* client reader error: Eof\n", "", text, flags=re.M)  # logged before the notice or after it
    finally:
        listener.stop()


def checks():
    """(name, function of a Cli) of everything that is checked and compared, in this order."""
    for transport, (expression, code, line) in [
            *itertools.product(TRANSPORTS, ONE_SHOT), *itertools.product(TRANSPORTS, [INFO])]:
        yield ("cli/%s %s" % (transport, line),
               lambda c, a=(transport, expression, code, line): one_shot(c, *a))
    yield "cli listen", lambda c: listening(c, "lst", "listen -t a/# -t never --exclude a/x", TO_LISTENER, 6)
    yield "cli rpc listen", lambda c: listening(c, "rls", "rpc listen -t r/#", TO_RPC_LISTENER, 5)
    yield "cli listen until the broker goes", farewell


def drive(report, binary, command, reference):
    ours = Cli(binary, Broker(command))
    theirs = reference and Cli(binary, Broker(reference))
    try:
        for name, fn in checks():
            if report.wanted(name):
                with report.check(name):
                    reference = theirs and attempt(fn, theirs)  # on both, whatever the first did: counters go on
                    got = fn(ours)
                    if theirs:
                        compare(reference, got)
    finally:
        for cli in filter(None, (ours, theirs)):
            cli.broker.kill()


def attempt(fn, cli):
    try:
        return fn(cli)
    except Wrong as e:
        return e


def compare(reference, got):
    """Reports the first line that differs."""
    if isinstance(reference, Wrong):
        raise Wrong("the reference's own broker fails: %s" % reference)
    for a, b in zip(lines(reference), lines(got)):
        want(a, b, "unlike the reference")
    want(reference, got, "unlike the reference")


def lines(value):
    if isinstance(value, str):
        return value.splitlines()
    if isinstance(value, (tuple, list)):
        return [line for v in value for line in lines(v)]
    return [value]
