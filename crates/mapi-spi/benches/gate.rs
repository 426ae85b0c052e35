//! What a call through the gate costs, beside the same call without it; and what it costs to open and close
//! an object while others are open.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on panics")]

use criterion::{Criterion, criterion_group, criterion_main};
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObjects};
use std::hint::black_box;
use std::sync::Arc;

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gate");
    let gate = Gate::new(1);
    group.bench_function("enter_and_leave", |bencher| {
        bencher.iter(|| drop(black_box(&gate).enter().unwrap()));
    });
    let book = Arc::new(OpenObjects::default());
    let object = Arc::new(7_u32);
    let gate = Arc::new(gate);
    let handle = Handle::new(object.clone(), gate.clone(), &book, "INumber", String::new());
    group.bench_function("call_without_a_gate", |bencher| bencher.iter(|| *black_box(&object).as_ref()));
    group.bench_function("call_through_a_handle", |bencher| {
        bencher.iter(|| *black_box(&handle).live().unwrap());
    });
    let open = || Handle::new(object.clone(), gate.clone(), &book, "INumber", String::new());
    let kept: Vec<_> = (0..100_000).map(|_| open()).collect();
    group.bench_function("open_and_close_beside_100000", |bencher| bencher.iter(|| drop(black_box(open()))));
    drop(kept);
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
