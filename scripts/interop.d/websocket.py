"""WebSocket: the reference's command line on our broker, ours on a broker of the reference."""
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess

from broker import Broker, free_port
from report import Wrong, until, want

WAIT = 20
TOKEN = "secret"
BUILD = 900  # seconds for the reference's crate and all it needs
HERE = pathlib.Path(__file__).resolve().parent
LARGE = b"0123456789abcdef" * (4 << 16)  # 4 MiB


def run(cli, address, line, stdin=b"", name="ws", token=None, buffer=None):
    """(exit code, what it printed)"""
    options = ["-s", "-n", name]
    options += ["--token", token] if token else []
    options += ["--buf-size", str(buffer)] if buffer else []  # more than twice that the reference cannot send over WebSocket
    done = subprocess.run([cli, *options, address, *shlex.split(line)], input=stdin, capture_output=True, timeout=WAIT)
    return done.returncode, done.stdout


def works(cli, address, **options):
    """What a client does, but for large frames."""
    want((0, b'{"ok":true}\n'), run(cli, address, "rpc call .broker test", **options))
    want((0, b"OK\n"), run(cli, address, "publish a/b hello", **options))
    want((0, b"OK\n"), run(cli, address, "send ? hello", **options))
    code, table = run(cli, address, "broker client.list", **options)
    want(0, code, "exit code of client.list")
    if b".broker" not in table:
        raise Wrong("no .broker in %r" % table)


def large(cli, address, **options):
    want((0, b" " + LARGE + b"\n"), run(cli, address, "rpc call .broker benchmark.test -", LARGE, buffer=8 << 20, **options))


def refused(cli, address, **options):
    code, out = run(cli, address, "rpc call .broker test", **options)
    if code == 0 or out:
        raise Wrong("exit code %d, %r" % (code, out))


def both(one, other, address):
    """A message from one command line to the other."""
    listener = subprocess.Popen([other, "-s", "-n", "ws.listener", address, "listen"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        want(b"----\n", listener.stdout.readline())
        listener.stdout.readline()  # listening
        want((0, b"OK\n"), run(one, address, "send ws.listener hello"))
        want([b"Message from ws (ws)\n", b"STR:  hello\n"], [listener.stdout.readline() for _ in range(2)])
    finally:
        listener.kill()
        listener.wait()
        listener.stdout.close()


def drive(report, reference, ours):
    broker = Broker(ours + " server -B ws://{ws} -B {sock} -B {tcp}")
    try:
        address = "ws://" + broker.ws
        report.run("reference/ws", works, reference, address)
        report.run("reference/ws 4 MiB", large, reference, address)
        report.run("reference/ws → this/ws", both, reference, ours, address)
        report.run("this/ws → reference/ws", both, ours, reference, address)
    finally:
        broker.kill()
    tokens = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "tokens"
    tokens.write_text(TOKEN + "\n")
    broker = Broker("%s server -B ws://{ws} --ws-token-file %s -B {sock} -B {tcp}" % (ours, tokens))
    try:
        address = "ws://" + broker.ws
        report.run("reference/ws with a token", lambda: works(reference, address, token=TOKEN))
        report.run("reference/ws with a wrong token", lambda: refused(reference, address, token="wrong"))
        report.run("reference/ws without a token", lambda: refused(reference, address))
    finally:
        broker.kill()
    theirs(report, ours)


def theirs(report, ours):
    """Our command line on the reference's WebSocket, which its server does not offer, but its crate does."""
    if not report.wanted("this/ws on the reference's broker"):
        return
    binary = build(report)
    if not binary:
        return
    at = "127.0.0.1:%d" % free_port()
    process = subprocess.Popen([binary, at], stdin=subprocess.DEVNULL)
    try:
        until(lambda: listening(at), "the reference's WebSocket broker")
        report.run("this/ws on the reference's broker", works, ours, "ws://" + at)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT)


def listening(at):
    host, port = at.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2).close()
        return True
    except OSError:
        return False


def build(report):
    """The program of wsbroker/, built once for all runs."""
    if not shutil.which("cargo"):
        report.notice("the reference's WebSocket broker skipped: no cargo on PATH")
        return None
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "busrt-interop" / "wsbroker"
    shutil.copytree(HERE / "wsbroker", cache, dirs_exist_ok=True)
    built = subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=cache, stdin=subprocess.DEVNULL, capture_output=True, timeout=BUILD)
    if built.returncode:
        report.notice("the reference's WebSocket broker skipped: it cannot be built:\n" + built.stderr.decode(errors="replace")[-2000:])
        return None
    return str(cache / "target" / "release" / "wsbroker")
