//! A broker of the reference that serves WebSocket at the address it is given, which its own
//! server cannot. It ends on SIGTERM.
use busrt::broker::{Broker, ServerConfig};
use tokio::signal::unix::{signal, SignalKind};

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("HOST:PORT");
    let mut term = signal(SignalKind::terminate()).expect("SIGTERM");
    let mut broker = Broker::new();
    broker.init_default_core_rpc().await.expect("core RPC");
    broker
        .spawn_websocket_server(&address, ServerConfig::new(), None)
        .await
        .expect("WebSocket");
    term.recv().await;
}
