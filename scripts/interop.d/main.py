"""Drives a broker with the published clients; scripts/interop prepares what this needs."""
import argparse
import logging
import pathlib
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent.parent / "conformance"))  # kit.mp reads MessagePack

import bothcli  # noqa: E402
import calls  # noqa: E402
import lifetime  # noqa: E402
import mixed  # noqa: E402
import operations  # noqa: E402
import refcli  # noqa: E402
import websocket  # noqa: E402
from broker import Broker  # noqa: E402
from peers import AsyncPeer, SyncPeer, fresh  # noqa: E402
from report import Report, Wrong, want  # noqa: E402

PAIRS = (
    (SyncPeer, "unix", SyncPeer, "unix"),
    (SyncPeer, "tcp", SyncPeer, "tcp"),
    (AsyncPeer, "unix", AsyncPeer, "unix"),
    (AsyncPeer, "tcp", AsyncPeer, "tcp"),
    (SyncPeer, "unix", AsyncPeer, "tcp"),
    (AsyncPeer, "unix", SyncPeer, "tcp"),
)


class Complaints(logging.Handler):
    """What the client libraries log from level warning on."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        logging.getLogger("busrt").addHandler(self)

    def emit(self, record):
        self.lines.append(record.getMessage().strip().splitlines()[-1])


def arguments():
    p = argparse.ArgumentParser(prog="scripts/interop", allow_abbrev=False)
    p.add_argument("--broker", metavar="CMD", required=True)
    p.add_argument("--cli", metavar="PATH", required=True)
    p.add_argument("--reference", action="store_true")
    p.add_argument("--reference-cli", metavar="PATH")
    p.add_argument("--only", metavar="REGEX")
    return p.parse_args()


def pair(report, broker, a_kind, a_transport, b_kind, b_transport):
    """All checks between two clients; those with RPC take no messages, so there are two of each."""
    label = "%s/%s → %s/%s" % (a_kind.kind, a_transport, b_kind.kind, b_transport)
    peers = []

    def connect(stem, handle_a=None, handle_b=None):
        for kind, transport, suffix, handle in ((a_kind, a_transport, ".a", handle_a), (b_kind, b_transport, ".b", handle_b)):
            peers.append(kind(broker.path(transport), stem + suffix, handle))

    with report.check(label + " connect"):
        connect(fresh("it"))
        connect(fresh("rpc"), calls.handler(a_kind.Error), calls.handler(b_kind.Error))
    if len(peers) == 4:
        operations.all_checks(report, label, *peers[:2])
        calls.broker_checks(report, label, peers[2])
        calls.all_checks(report, label, *peers[2:])
    for p in peers:
        p.close()


def drive(report, command, cli):
    complaints = Complaints()
    broker = Broker(command)
    try:
        idlers = lifetime.Idlers(broker)
        lifetime.all_checks(report, broker)
        for p in PAIRS:
            pair(report, broker, *p)
        mixed.python_checks(report, cli, broker)
        idlers.still_there(report)
        report.run("the clients complain of nothing", lambda: want([], complaints.lines))
        idlers.shutdown(report, broker)
    finally:
        if report.failed:
            report.notice("the broker's log ends with:\n" + broker.log())
        broker.kill()


def reference(report, args):
    cli = args.reference_cli or shutil.which("busrt")
    if not cli or not is_reference(cli):
        what = "%s is not the reference" % cli if cli else "no busrt on PATH"
        report.notice("reference skipped: %s (cargo install busrt --version 0.5.6 --features server,rpc,cli)" % what)
        return
    beside = pathlib.Path(cli).with_name("busrtd")
    daemon = str(beside) if beside.exists() else shutil.which("busrtd")
    if not daemon:
        report.notice("no comparison with the reference's broker: no busrtd on PATH")
    brokers = {"this": args.broker}
    if daemon:
        brokers["the reference's"] = daemon + " -B {sock} -B {tcp}"
    refcli.drive(report, cli, args.broker, brokers.get("the reference's"))
    bothcli.drive(report, cli, args.cli, brokers)
    websocket.drive(report, cli, args.cli)
    broker = Broker(args.broker)
    try:
        mixed.reference_checks(report, cli, args.cli, broker)
    finally:
        broker.kill()


def is_reference(cli):
    """Ours has the same name, and knows more commands."""
    shown = subprocess.run([cli, "--help"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20).stdout
    return b"<socket path or host:port>" in shown


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(args.only)
    try:
        drive(report, args.broker, args.cli)
        if args.reference or args.reference_cli:
            reference(report, args)
    except Wrong as e:
        report.broke("broker", e)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
