// The cursor helpers of the published crate, at both ends of our own:
//
//	cursors-interop serve PATH          answers "rows", N and NB as "peer"
//	cursors-interop call PATH N BULK    has "rows" give N rows, prints each; BULK 0: one by one
use busrt::ipc::{Client, Config};
use busrt::rpc::{Rpc, RpcClient, RpcError, RpcEvent, RpcHandlers, RpcResult};
use busrt::{async_trait, cursors, QoS};
use std::sync::Mutex;
use std::time::Duration;

type Fault = Box<dyn std::error::Error>;

struct Numbers {
    left: Mutex<std::ops::Range<u64>>,
    meta: cursors::Meta,
}

#[async_trait]
impl cursors::Cursor for Numbers {
    async fn next(&self) -> Result<Option<Vec<u8>>, RpcError> {
        let next = self.left.lock().unwrap().next();
        if next.is_none() {
            self.meta.mark_finished();
        }
        Ok(next.map(|n| rmp_serde::to_vec(&n).unwrap()))
    }
    async fn next_bulk(&self, count: usize) -> Result<Vec<u8>, RpcError> {
        let rows: Vec<u64> = self.left.lock().unwrap().by_ref().take(count).collect();
        if rows.len() < count {
            self.meta.mark_finished();
        }
        Ok(rmp_serde::to_vec_named(&rows).unwrap())
    }
    fn meta(&self) -> &cursors::Meta {
        &self.meta
    }
}

struct Handlers(cursors::Map);

#[async_trait]
impl RpcHandlers for Handlers {
    async fn handle_call(&self, event: RpcEvent) -> RpcResult {
        match event.parse_method()? {
            "rows" => {
                let n: u64 = rmp_serde::from_slice(event.payload()).unwrap();
                let meta = cursors::Meta::new(Duration::from_secs(30));
                let id = self.0.add(Numbers { left: Mutex::new(0..n), meta }).await;
                Ok(Some(rmp_serde::to_vec_named(&cursors::Payload::from(id)).unwrap()))
            }
            "N" => {
                let p: cursors::Payload = rmp_serde::from_slice(event.payload()).unwrap();
                self.0.next(p.uuid()).await
            }
            "NB" => {
                let p: cursors::Payload = rmp_serde::from_slice(event.payload()).unwrap();
                self.0.next_bulk(p.uuid(), p.bulk_number()).await
            }
            _ => Err(RpcError::method(None)),
        }
    }
}

async fn serve(path: &str) -> Result<(), Fault> {
    let client = Client::connect(&Config::new(path, "peer")).await?;
    let rpc = RpcClient::new(client, Handlers(cursors::Map::new(Duration::from_secs(30))));
    println!("ready");
    while rpc.is_connected() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn call(path: &str, rows: u64, bulk: usize) -> Result<(), Fault> {
    let rpc = RpcClient::new0(Client::connect(&Config::new(path, "peer")).await?);
    let params = rmp_serde::to_vec(&rows)?;
    let opened = rpc.call("rows", "rows", params.as_slice().into(), QoS::Processed).await?;
    let mut cursor: cursors::Payload = rmp_serde::from_slice(opened.payload())?;
    if bulk > 0 {
        cursor.set_bulk_number(bulk);
    }
    let params = rmp_serde::to_vec_named(&cursor)?;
    loop {
        let method = if bulk > 0 { "NB" } else { "N" };
        let reply = rpc.call("rows", method, params.as_slice().into(), QoS::Processed).await?;
        let rows: Vec<u64> = match reply.payload() {
            [] => break,
            b if bulk > 0 => rmp_serde::from_slice(b)?,
            b => vec![rmp_serde::from_slice(b)?],
        };
        for row in &rows {
            println!("{row}");
        }
        if rows.len() < bulk {
            break;
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", path] => serve(path).await,
        ["call", path, rows, bulk] => call(path, rows.parse()?, bulk.parse()?).await,
        _ => Err("serve PATH, or call PATH N BULK".into()),
    }
}
