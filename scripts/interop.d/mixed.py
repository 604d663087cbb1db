"""RPC between different clients: our command line, which is our Go client, with
the published Python clients and with the reference's command line."""
import subprocess
import tempfile

import calls
from peers import AsyncPeer, SyncPeer, fresh
from report import until, want

WAIT = 20


def called(cli, sock, target, method, *params):
    """(exit code, stdout, stderr) of a call that a command line makes."""
    done = subprocess.run([cli, "-s", sock, "rpc", "call", target, method, *params], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stdout, done.stderr


class Listener:
    """`rpc listen` of a command line: every call gets an empty result."""

    def __init__(self, cli, sock):
        self.name = fresh("listener")
        self._out = tempfile.TemporaryFile()
        self._process = subprocess.Popen([cli, "-n", self.name, sock, "rpc", "listen"], stdin=subprocess.DEVNULL,
                                         stdout=self._out, stderr=subprocess.DEVNULL)
        until(lambda: b"Listening to" in self.text(), "listening")

    def text(self):
        self._out.seek(0)
        return self._out.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._out.close()


def python_answers(cli, sock, kind):
    peer = kind(sock, fresh("answers"), calls.handler(kind.Error))
    try:
        want((0, '{"a":1,"b":"x"}\n'), called(cli, sock, peer.name, "echo", "a=1", "b=x")[:2])
        want((1, "", ""), called(cli, sock, peer.name, "fail"), "an error of the handler, silent")
    finally:
        peer.close()


def python_calls(cli, sock, kind):
    peer = kind(sock, fresh("calls"), calls.handler(kind.Error))
    try:
        with Listener(cli, sock) as listener:
            want(b"", peer.call(listener.name, "some.method", b"\x81\xa1a\x01"))
            until(lambda: b"method: some.method" in listener.text(), "the call is printed")
    finally:
        peer.close()


def tools(caller, answerer, sock):
    with Listener(answerer, sock) as listener:
        want((0, " \n"), called(caller, sock, listener.name, "some.method", "a=1")[:2])
        until(lambda: b"method: some.method" in listener.text(), "the call is printed")


def python_checks(report, cli, broker):
    for kind in SyncPeer, AsyncPeer:
        report.run("our rpc call → %s handler" % kind.kind, python_answers, cli, broker.sock, kind)
        report.run("%s call → our rpc listen" % kind.kind, python_calls, cli, broker.sock, kind)


def reference_checks(report, reference, cli, broker):
    report.run("our rpc call → the reference's rpc listen", tools, cli, reference, broker.sock)
    report.run("the reference's rpc call → our rpc listen", tools, reference, cli, broker.sock)
