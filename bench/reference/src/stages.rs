//! The work that is measured. Whatever goes wrong ends the program: its panics
//! abort.

use std::time::{Duration, Instant};

use busrt::async_trait;
use busrt::broker::{Broker, Client};
use busrt::client::AsyncClient;
use busrt::rpc::{DummyHandlers, Rpc, RpcClient, RpcEvent, RpcHandlers, RpcResult};
use busrt::{EventChannel, QoS};
use tokio::runtime::Runtime;

use crate::measure::{Flag, Latencies, Outcome};

const RECEIVER: &str = "receiver";
const METHOD: &str = "benchmark.selftest";

/// The bits of a frame's number that its sender has.
const SENDER_SHIFT: u32 = 56;

/// Senders send to one receiver as fast as its queue has room. Payloads begin
/// with the number of the sender and of the frame, so that the receiver sees
/// what is lost or out of order; the last of a sender is a byte longer.
pub fn gather(
    runtime: &Runtime,
    broker: &Broker,
    senders: usize,
    size: usize,
    duration: Duration,
) -> Outcome {
    let (_receiver, events) = receiver(runtime, broker);
    let clients: Vec<_> = (0..senders)
        .map(|i| register(runtime, broker, &format!("sender-{i}")))
        .collect();
    let over = Flag::default();
    let start = Instant::now();
    let received = runtime.spawn(receive(events, senders, size));
    let sending: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(i, client)| runtime.spawn(send(client, i as u64, size, over.clone())))
        .collect();
    over.raise_after(duration);
    for task in sending {
        runtime.block_on(task).expect("a sender");
    }
    let operations = runtime.block_on(received).expect("the receiver");
    Outcome {
        operations,
        elapsed: start.elapsed(),
        latencies: Latencies::default(),
    }
}

async fn send(mut client: Client, sender: u64, size: usize, over: Flag) {
    let mut payload = vec![0xEE_u8; size + 1];
    let mut n = 0;
    while !over.raised() {
        number(&mut payload, sender, n);
        client
            .send(RECEIVER, payload[..size].into(), QoS::No)
            .await
            .expect("send");
        n += 1;
    }
    number(&mut payload, sender, n);
    client
        .send(RECEIVER, payload[..].into(), QoS::No)
        .await
        .expect("send");
}

fn number(payload: &mut [u8], sender: u64, n: u64) {
    payload[..8].copy_from_slice(&(sender << SENDER_SHIFT | n).to_le_bytes());
}

async fn receive(events: EventChannel, senders: usize, size: usize) -> u64 {
    let mut next = vec![0_u64; senders];
    let mut ended = 0;
    while ended < senders {
        let frame = events.recv().await.expect("the channel of events");
        let payload = frame.payload();
        let number = u64::from_le_bytes(payload[..8].try_into().expect("8 bytes"));
        let sender = (number >> SENDER_SHIFT) as usize;
        let n = number & ((1 << SENDER_SHIFT) - 1);
        assert_eq!(
            n, next[sender],
            "frame of sender {sender}: lost, or out of order"
        );
        if payload.len() == size {
            next[sender] += 1;
        } else {
            ended += 1;
        }
    }
    next.iter().sum()
}

/// A message there and one back, one at a time.
pub fn ping_pong(runtime: &Runtime, broker: &Broker, size: usize, duration: Duration) -> Outcome {
    let (receiver, events) = receiver(runtime, broker);
    let mut sender = register(runtime, broker, "sender");
    let pongs = sender.take_event_channel().expect("taken once");
    let over = Flag::default();
    runtime.spawn(echo(receiver, events));
    let start = Instant::now();
    let pinging = runtime.spawn(ping(sender, pongs, size, over.clone()));
    over.raise_after(duration);
    let (operations, latencies) = runtime.block_on(pinging).expect("ping");
    Outcome {
        operations,
        elapsed: start.elapsed(),
        latencies,
    }
}

async fn ping(
    mut client: Client,
    pongs: EventChannel,
    size: usize,
    over: Flag,
) -> (u64, Latencies) {
    let mut payload = vec![0xEE_u8; size];
    let mut latencies = Latencies::default();
    let mut n = 0;
    while !over.raised() {
        let begun = Latencies::begin(n);
        number(&mut payload, 0, n);
        client
            .send(RECEIVER, payload[..].into(), QoS::Realtime)
            .await
            .expect("send");
        let pong = pongs.recv().await.expect("the channel of events");
        assert_eq!(pong.payload(), payload, "reply {n}");
        latencies.end(begun);
        n += 1;
    }
    (n, latencies)
}

async fn echo(mut client: Client, events: EventChannel) {
    while let Ok(frame) = events.recv().await {
        client
            .send(frame.sender(), frame.payload().into(), QoS::Realtime)
            .await
            .expect("send");
    }
}

/// Calls whose method returns what it is given, one at a time.
pub fn rpc_call(runtime: &Runtime, broker: &Broker, size: usize, duration: Duration) -> Outcome {
    let _entered = runtime.enter(); // an RPC client spawns tasks
    let callee = register(runtime, broker, RECEIVER);
    let _callee = RpcClient::new(callee, SelfTest);
    let caller = register(runtime, broker, "sender");
    let caller = RpcClient::new(caller, DummyHandlers {});
    let over = Flag::default();
    let start = Instant::now();
    let calling = runtime.spawn(call(caller, size, over.clone()));
    over.raise_after(duration);
    let (operations, latencies) = runtime.block_on(calling).expect("call");
    Outcome {
        operations,
        elapsed: start.elapsed(),
        latencies,
    }
}

async fn call(caller: RpcClient, size: usize, over: Flag) -> (u64, Latencies) {
    let params = vec![0xEE_u8; size];
    let mut latencies = Latencies::default();
    let mut n = 0;
    while !over.raised() {
        let begun = Latencies::begin(n);
        let result = caller
            .call(RECEIVER, METHOD, params[..].into(), QoS::No)
            .await
            .expect("call");
        assert_eq!(result.payload(), params, "result {n}");
        latencies.end(begun);
        n += 1;
    }
    (n, latencies)
}

struct SelfTest;

#[async_trait]
impl RpcHandlers for SelfTest {
    async fn handle_call(&self, event: RpcEvent) -> RpcResult {
        Ok(Some(event.payload().to_vec()))
    }
}

/// A client that receives, and where.
fn receiver(runtime: &Runtime, broker: &Broker) -> (Client, EventChannel) {
    let mut client = register(runtime, broker, RECEIVER);
    let events = client.take_event_channel().expect("taken once");
    (client, events)
}

fn register(runtime: &Runtime, broker: &Broker, name: &str) -> Client {
    runtime
        .block_on(broker.register_client(name))
        .expect("a name that is free")
}
