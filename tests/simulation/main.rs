//! The whole line in one process, driven by a seed: the real worker, broker and ledger between the two
//! simulated platforms, without sockets, with faults, crashes, outages and webhooks that come twice, late, in
//! another order or never.
//!
//! A seed decides what people do and what goes wrong; how the threads take turns it does not. `SHIPBRIDGE_SEED=7`
//! plays one scenario with its log, `SHIPBRIDGE_SEEDS=1000` plays so many. [`lanes`] holds the worker's own
//! tests over the same platforms, one behaviour each, and [`control`] shows that the checker can turn red.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bridge;
mod checker;
mod control;
mod cuttable;
#[expect(dead_code, reason = "the store's client asks without looking at headers")]
#[path = "../support/http.rs"]
mod http;
mod lanes;
#[expect(dead_code, reason = "the lanes need only some of its manners")]
#[path = "../support/mail_server.rs"]
mod mail_server;
mod process;
mod scenario;
mod store;
#[expect(dead_code, reason = "an importer looks at a part of what is read")]
#[path = "../support/store_reader.rs"]
mod store_reader;
mod story;
mod transport;
mod trouble;
mod webhooks;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use scenario::{Figures, Plan, play};

/// Seeds of a run in the suite.
const SEEDS: u64 = 72;
/// Scenarios at a time: most of the time each of them waits.
const AT_A_TIME: usize = 12;

type Failures = Vec<(u64, Vec<String>)>;

#[test]
fn whatever_goes_wrong_every_order_ends_where_it_belongs_once_and_then_all_is_silent() {
    if let Some(seed) = number_of("SHIPBRIDGE_SEED") {
        let filter = "worker=debug,broker=info,ledger=info";
        tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().init();
        let figures = play(Plan::of(seed)).unwrap_or_else(|complaints| panic!("{}", told(seed, &complaints)));
        println!("seed {seed}: {figures:?}");
        return;
    }
    let seeds = number_of("SHIPBRIDGE_SEEDS").unwrap_or(SEEDS);
    let begun = Instant::now();
    let (total, failures) = play_all(seeds);
    println!(
        "{seeds} seeds in {:.1} s: {} orders, {} calls, {} of them in trouble, {} crashes, {} webhooks accepted, {} writes, {} calls that wrote freight",
        begun.elapsed().as_secs_f32(),
        total.orders,
        total.calls,
        total.troubles,
        total.crashes,
        total.events,
        total.writes,
        total.freights
    );
    let told: Vec<_> = failures.iter().map(|(seed, complaints)| told(*seed, complaints)).collect();
    assert!(told.is_empty(), "{} of {seeds} seeds failed\n{}", told.len(), told.join("\n"));
}

/// Plays the seeds from 1 on, some at a time.
fn play_all(seeds: u64) -> (Figures, Failures) {
    let (next, results) = (AtomicU64::new(1), Mutex::new((Figures::default(), Failures::new())));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        return;
                    }
                    let played = play(Plan::of(seed));
                    let mut results = results.lock().unwrap();
                    match played {
                        Ok(figures) => results.0.add(&figures),
                        Err(complaints) => results.1.push((seed, complaints)),
                    }
                }
            });
        }
    });
    results.into_inner().unwrap()
}

fn told(seed: u64, complaints: &[String]) -> String {
    format!("seed {seed} (SHIPBRIDGE_SEED={seed} plays it again):\n  {}", complaints.join("\n  "))
}

fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var_os(variable)?.into_string().unwrap();
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not `{text}`")))
}
