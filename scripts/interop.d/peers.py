"""The two published Python clients behind one set of blocking methods.

SyncPeer is PyPI busrt, AsyncPeer is PyPI busrt-async on an event loop in a
thread. Both use the clients with their defaults and time limits, but for one
over TCP.
"""
import asyncio
import itertools
import queue
import threading

import busrt
import busrt_async

from report import Wrong

WAIT = 20  # seconds for whatever the clients do not limit themselves
NOP, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, EXCLUDE, UNEXCLUDE, PUBLISH_FOR = range(7)
MESSAGE, BROADCAST = 0x12, 0x13
OK, UNKNOWN = 0x01, 0x71

_numbers = itertools.count(1)


def fresh(stem):
    """A name nobody had before: a closed sync client may keep its name for a second."""
    return "%s.%d" % (stem, next(_numbers))


class Peer:
    """What both have in common: the frames, notifications and calls that came."""

    def __init__(self, path, name):
        self.path, self.name = path, name
        self.frames = queue.Queue()
        self.notes = queue.Queue()
        self.calls = queue.Queue()
        self.handler = None

    def take(self, kept):
        """The next of what came, from frames, notes or calls."""
        try:
            return kept.get(timeout=WAIT)
        except queue.Empty:
            raise Wrong("%s: nothing within %d s" % (self.name, WAIT)) from None

    def next(self):
        """(type, sender, topic, payload) of the next frame."""
        f = self.take(self.frames)
        return f.type, f.sender, f.topic, bytes(f.payload)

    def seen(self):
        """All frames that were queued for this peer before now: it sends itself
        a mark, and one receiver's frames keep their order [BUSRT-O7]."""
        mark = fresh("mark").encode()
        self.send(MESSAGE, self.name, mark, qos=1)
        frames = []
        while not frames or frames[-1][3] != mark:
            frames.append(self.next())
        return frames[:-1]

    def _answer(self, event):
        self.calls.put((event.frame.sender, bytes(event.method), bytes(event.get_payload())))
        return self.handler(bytes(event.method), bytes(event.get_payload()))

    def _noted(self, event):
        self.notes.put((event.frame.sender, bytes(event.get_payload())))


class SyncPeer(Peer):
    kind = "sync"
    Error = busrt.rpc.RpcException

    def __init__(self, path, name, handler=None):
        super().__init__(path, name)
        self._client = busrt.client.Client(path, name)
        if not path.startswith("/"):
            # With its default, one second for a whole write out of an 8 KiB
            # socket buffer, it cannot send 4 MiB over TCP, whoever reads
            # (measured: 1.6 s to a bare sink, 0.1 s for 1 MiB).
            self._client.timeout = 10
        self._client.on_frame = self.frames.put
        self._client.connect()
        if handler:
            self.handler = handler
            self._rpc = busrt.rpc.Rpc(self._client)
            self._rpc.on_frame = self.frames.put
            self._rpc.on_call = self._answer
            self._rpc.on_notification = self._noted

    def send(self, op, target, payload=b"", qos=0):
        """The ack's code; OK without a wait if qos asks for none."""
        frame = busrt.client.Frame(payload, tp=op, qos=qos)
        return self._client.send(target, frame).wait_completed(timeout=WAIT)

    def topics(self, op, topics, qos=1):
        frame = busrt.client.Frame(tp=op, qos=qos)
        frame.topic = topics
        return self._client.send(None, frame).wait_completed(timeout=WAIT)

    def call(self, target, method, params=b""):
        return bytes(self._rpc.call(target, busrt.rpc.Request(method, params)).wait_completed(timeout=WAIT).get_payload())

    def calls_at_once(self, target, method, params):
        events = [self._rpc.call(target, busrt.rpc.Request(method, p)) for p in params]
        return [bytes(e.wait_completed(timeout=WAIT).get_payload()) for e in events]

    def call0(self, target, method, params=b""):
        return self._rpc.call0(target, busrt.rpc.Request(method, params)).wait_completed(timeout=WAIT)

    def notify(self, target, payload):
        return self._rpc.notify(target, busrt.rpc.Notification(payload)).wait_completed(timeout=WAIT)

    def connected(self):
        return self._client.is_connected()

    def close(self):
        self._client.disconnect()


class Loop:
    """The event loop of all async peers. A daemon: a client that spins must not keep the process."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, WAIT), self._loop)
        return future.result(WAIT + 5)


class AsyncPeer(Peer):
    kind = "async"
    Error = busrt_async.rpc.RpcException
    loop = Loop()

    def __init__(self, path, name, handler=None):
        super().__init__(path, name)
        self.loop.run(self._open(handler))

    async def _open(self, handler):
        self._client = busrt_async.client.Client(self.path, self.name)
        self._client.on_frame = self._framed
        await self._client.connect()
        if handler:
            self.handler = handler
            self._rpc = busrt_async.rpc.Rpc(self._client)
            self._rpc.on_frame = self._framed
            self._rpc.on_call = self._answer_soon
            self._rpc.on_notification = self._noted_soon

    async def _framed(self, frame):
        self.frames.put(frame)

    async def _answer_soon(self, event):
        return self._answer(event)

    async def _noted_soon(self, event):
        self._noted(event)

    async def _acked(self, target, frame):
        return await (await self._client.send(target, frame)).wait_completed(timeout=WAIT)

    def send(self, op, target, payload=b"", qos=0):
        return self.loop.run(self._acked(target, busrt_async.client.Frame(payload, tp=op, qos=qos)))

    def topics(self, op, topics, qos=1):
        frame = busrt_async.client.Frame(tp=op, qos=qos)
        frame.topic = topics
        return self.loop.run(self._acked(None, frame))

    async def _call(self, target, request):
        event = await self._rpc.call(target, request)
        await event.wait_completed(timeout=WAIT)
        return bytes(event.get_payload())

    def call(self, target, method, params=b""):
        return self.loop.run(self._call(target, busrt_async.rpc.Request(method, params)))

    async def _together(self, target, method, params):
        return await asyncio.gather(*(self._call(target, busrt_async.rpc.Request(method, p)) for p in params))

    def calls_at_once(self, target, method, params):
        return self.loop.run(self._together(target, method, params))

    def call0(self, target, method, params=b""):
        async def run():
            sent = await self._rpc.call0(target, busrt_async.rpc.Request(method, params))
            return await sent.wait_completed(timeout=WAIT)
        return self.loop.run(run())

    def notify(self, target, payload):
        async def run():
            sent = await self._rpc.notify(target, busrt_async.rpc.Notification(payload))
            return await sent.wait_completed(timeout=WAIT)
        return self.loop.run(run())

    def connected(self):
        return self._client.is_connected()

    def close(self):
        self.loop.run(self._client.disconnect())
