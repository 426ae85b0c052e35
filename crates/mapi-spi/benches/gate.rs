//! What a call through the gate costs, beside the same call without it and beside the two counted atomics that
//! a gate with one counter would need; and what it costs to open and close an object while others are open.
//!
//! What is shown is the quickest of many short rounds: a machine that does something else at one moment
//! does not at each.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on panics")]

use criterion::{Criterion, criterion_group, criterion_main};
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObjects};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Calls of one round.
const ROUND: u64 = 500;

/// What so many calls would take if all were as quick as those of the quickest round.
fn quickest(calls: u64, mut call: impl FnMut()) -> Duration {
    let mut round = || {
        let began = Instant::now();
        (0..ROUND).for_each(|_| call());
        began.elapsed()
    };
    let best = (0..calls.div_ceil(ROUND).max(20)).map(|_| round()).min().unwrap();
    Duration::from_secs_f64(best.as_secs_f64() * calls as f64 / ROUND as f64)
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gate");
    let mut bench = |name: &str, call: &mut dyn FnMut()| {
        group.bench_function(name, |bencher| bencher.iter_custom(|calls| quickest(calls, &mut *call)));
    };
    let counter = AtomicU64::new(0);
    bench("two_counted_atomics", &mut || {
        black_box(&counter).fetch_add(1, Ordering::Acquire);
        black_box(&counter).fetch_sub(1, Ordering::Release);
    });
    let gate = Arc::new(Gate::new(1));
    bench("enter_and_leave", &mut || drop(black_box(&gate).enter().unwrap()));
    let book = Arc::new(OpenObjects::default());
    let object = Arc::new(7_u32);
    bench("call_without_a_gate", &mut || {
        black_box(*black_box(&object).as_ref());
    });
    let open = || Handle::new(object.clone(), gate.clone(), &book, "INumber", String::new());
    let handle = open();
    bench("call_through_a_handle", &mut || {
        black_box(*black_box(&handle).live().unwrap());
    });
    let kept: Vec<_> = (0..100_000).map(|_| open()).collect();
    bench("open_and_close_beside_100000", &mut || drop(black_box(open())));
    drop(kept);
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
