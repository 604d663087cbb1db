"""What the scripts share that measure and compare programs on one machine."""
import contextlib
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

GREETING = b"\xeb\x01\x00"
ROOT = pathlib.Path(__file__).resolve().parent.parent
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def build(package, path):
    """Builds a program of this tree."""
    subprocess.run(["go", "build", "-o", path, package], cwd=ROOT, env=dict(os.environ, CGO_ENABLED="0"), check=True)


@contextlib.contextmanager
def broker(command, sock):
    """Runs a broker, words with {sock} for the path of its socket, which is there when the block begins."""
    process = subprocess.Popen([w.format(sock=sock) for w in command], **QUIET)
    try:
        end = time.monotonic() + 10
        while not os.path.exists(sock):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit("%s: no broker at %s: %s" % (sys.argv[0], sock, " ".join(process.args)))
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def need_files(n):
    """Lets this process, and what it starts, have n files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(n, soft), max(n, hard)))
    except (ValueError, OSError):
        sys.exit("%s: %d open files are needed, and no more than %d allowed (ulimit -Hn)" % (sys.argv[0], n, hard))


def connect(path, name):
    """A socket on which that client is registered."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(GREETING + struct.pack("<H", len(name)) + name.encode())
    if s.recv(5, socket.MSG_WAITALL) != GREETING + b"\x01\x01":
        sys.exit("%s: %s was refused" % (sys.argv[0], name))
    return s


def alternate(rounds, sides):
    """The results of each side, a function of the round, which counts from 1.

    Whoever goes first in one round goes last in the next.
    """
    results = [[] for _ in sides]
    for n in range(1, rounds + 1):
        for side, got in list(zip(sides, results))[::1 if n % 2 else -1]:
            got.append(side(n))
    return results


def exit_with(main):
    """Ends the program with what main returns; a signal still cleans up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
