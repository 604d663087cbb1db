//! Time and numbers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One operation in so many is timed, as a clock costs like a message.
const TIMED_EVERY: u64 = 64;

/// Says when no more operations are begun. It is raised by a thread that is none
/// of the runtime's, for a task that never waits would hold a timer up.
#[derive(Clone, Default)]
pub struct Flag(Arc<AtomicBool>);

impl Flag {
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn raise_after(&self, duration: Duration) {
        std::thread::sleep(duration);
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Times of some operations.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// When operation n begins, if it is to be timed.
    pub fn begin(n: u64) -> Option<Instant> {
        n.is_multiple_of(TIMED_EVERY).then(Instant::now)
    }

    pub fn end(&mut self, begun: Option<Instant>) {
        if let Some(t) = begun {
            self.0.push(t.elapsed());
        }
    }

    /// Nanoseconds that a share of the operations did not exceed; sorted.
    fn quantile(&self, share: f64) -> u128 {
        let last = self.0.len() - 1;
        self.0[(last as f64 * share).round() as usize].as_nanos()
    }
}

/// What came out of a stage.
pub struct Outcome {
    pub operations: u64,
    pub elapsed: Duration,
    pub latencies: Latencies,
}

impl Outcome {
    /// A line of JSON.
    pub fn line(mut self, stage: &str) -> String {
        let seconds = self.elapsed.as_secs_f64();
        let rate = self.operations as f64 / seconds;
        let operations = self.operations;
        let mut line = format!(
            r#"{{"stage":"{stage}","operations":{operations},"seconds":{seconds:.6},"rate":{rate:.1}"#
        );
        if !self.latencies.0.is_empty() {
            self.latencies.0.sort_unstable();
            let [p50, p99] = [0.5, 0.99].map(|share| self.latencies.quantile(share));
            line += &format!(r#","p50_ns":{p50},"p99_ns":{p99}"#);
        }
        line + "}"
    }
}
