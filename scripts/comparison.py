"""What the scripts share that compare programs, in turn, on one machine."""
import os
import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def build(package, path):
    """Builds a program of this tree."""
    subprocess.run(["go", "build", "-o", path, package], cwd=ROOT, env=dict(os.environ, CGO_ENABLED="0"), check=True)


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
