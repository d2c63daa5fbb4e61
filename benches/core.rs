//! The core alone: how long the rules take over a recorded run.
#![allow(clippy::disallowed_methods, reason = "reads a recording")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use netpath::observe::recording::Recording;
use netpath::render::{Format, Style, render};

fn replay(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/not-published.yaml");
    let recording = Recording::read(&path).expect("the demo is a recording");
    let answers = netpath::drive::replay(&recording);
    criterion.bench_function("the loop over a recording", |bench| {
        bench.iter(|| netpath::drive::replay(black_box(&recording)));
    });
    criterion.bench_function("one pass", |bench| {
        bench.iter(|| netpath::core::wants(black_box(&recording.request), &answers).len());
    });
    let outcomes = netpath::core::report(&recording.request, &answers).expect("a report");
    criterion.bench_function("text", |bench| {
        bench.iter(|| render(black_box(&outcomes), Format::Text, &Style::default()).len());
    });
}

criterion_group!(benches, replay);
criterion_main!(benches);
