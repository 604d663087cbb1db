"""What the checks print, and how they say what went wrong."""
import contextlib
import re
import threading
import time


class Wrong(Exception):
    """The broker, or a client, did something else than expected."""


def want(expected, got, what=""):
    if expected != got:
        raise Wrong("%s%s instead of %s" % (what and what + ": ", short(got), short(expected)))


def short(value):
    text = repr(value)
    return text if len(text) <= 120 else "%s… (%d)" % (text[:120], len(text))


def until(condition, what, seconds=10):
    """Waits for something that nobody announces."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Wrong("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)


class Report:
    """Counts checks and prints a line for each."""

    def __init__(self, only=None):
        self.passed = self.failed = 0
        self._only = re.compile(only) if only else None
        self._lock = threading.Lock()

    def wanted(self, name):
        return not self._only or self._only.search(name)

    @contextlib.contextmanager
    def check(self, name):
        """A check passes if its block raises nothing."""
        try:
            yield
        except Exception as e:  # whatever a client throws is the result of the check
            self.broke(name, e)
        else:
            self._line(name, None)

    def run(self, name, fn, *args):
        if self.wanted(name):
            with self.check(name):
                fn(*args)

    def broke(self, name, e):
        self._line(name, "%s: %s" % (type(e).__name__, e))

    def notice(self, text):
        print("note  " + text, flush=True)

    def _line(self, name, wrong):
        with self._lock:
            if wrong is None:
                self.passed += 1
                print("ok    " + name, flush=True)
            else:
                self.failed += 1
                print("FAIL  %s: %s" % (name, wrong.replace("\n", " | ")), flush=True)

    def close(self):
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0
