//! The reference's in-process clients, measured as bench/inprocess measures
//! ours. README.md says what was chosen, and why.

mod measure;
mod stages;

use std::time::Duration;

use busrt::broker::Broker;
use clap::{Parser, ValueEnum};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measures the in-process clients of the reference's broker")]
struct Options {
    /// Only this one; may be given more than once
    #[arg(long, value_enum)]
    stage: Vec<Stage>,
    /// Seconds for each stage
    #[arg(long, default_value_t = 2.0)]
    duration: f64,
    /// Threads of the runtime
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Frames that the broker keeps for a client
    #[arg(long, default_value_t = busrt::DEFAULT_QUEUE_SIZE)]
    queue_size: usize,
    /// Bytes
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(8..))]
    payload_size: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    OneToOne,
    FourToOne,
    PingPong,
    RpcCall,
}

fn main() {
    let options = Options::parse();
    let stages = match options.stage.as_slice() {
        [] => Stage::value_variants(),
        chosen => chosen,
    };
    for &stage in stages {
        let outcome = run(stage, &options);
        let name = stage.to_possible_value().expect("no stage is hidden");
        println!("{}", outcome.line(name.get_name()));
    }
}

/// Runs a stage with a runtime and a broker of its own.
fn run(stage: Stage, options: &Options) -> measure::Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.workers)
        .build()
        .expect("a runtime");
    let mut broker = Broker::new();
    broker.set_queue_size(options.queue_size);
    let size = options.payload_size as usize;
    let duration = Duration::from_secs_f64(options.duration);
    match stage {
        Stage::OneToOne => stages::gather(&runtime, &broker, 1, size, duration),
        Stage::FourToOne => stages::gather(&runtime, &broker, 4, size, duration),
        Stage::PingPong => stages::ping_pong(&runtime, &broker, size, duration),
        Stage::RpcCall => stages::rpc_call(&runtime, &broker, size, duration),
    }
}
