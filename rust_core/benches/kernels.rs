//! Speed of the kernels, in units per second on one thread: random words, and whole trials of the benchmark.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use limitlaw_core::rng::{Stream, purpose};
use limitlaw_core::run::Control;
use limitlaw_core::sampling::draw::run::Run;
use limitlaw_core::sampling::draw::simulate;
use limitlaw_core::sampling::record::Wanted;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::spec::parse;

const KEY: [u64; 2] = [3, 5];
const WORDS: usize = 1 << 16;
const TASKS: usize = 164;
const TRIALS: u64 = 1 << 15;

fn random_words(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("philox");
    group.throughput(Throughput::Bytes(4 * WORDS as u64));
    let mut words = vec![0u32; WORDS];
    let stream = Stream::new(KEY, 0, purpose::ACCEPTANCE, 0);
    group.bench_function("fill_u32", |b| b.iter(|| stream.fill_u32(0, black_box(&mut words))));
    group.finish();
}

/// Tasks from hard to easy, a verifier that errs more on the hard ones.
fn scenario(most: u64) -> SamplingScenario {
    let success = (0..TASKS).map(|i| ((i as f64 + 0.5) / TASKS as f64).powi(2)).collect();
    let false_positive = (0..TASKS).map(|i| 0.1 * (1.0 - i as f64 / TASKS as f64)).collect();
    #[allow(clippy::disallowed_methods, reason = "where a benchmark looks, not what it finds")]
    let mut grid: Vec<u64> = (0..=30).map(|i| (most as f64).powf(f64::from(i) / 30.0).round() as u64).collect();
    grid.dedup();
    let json = format!(
        r#"{{"kind":"sampling","tasks":{{"kind":"fixed","success":{{"array":0}}}},
        "verifier":{{"kind":"rates","false_positive_rate":{{"array":1}},"false_negative_rate":0.02}},
        "policies":[{{"kind":"first_accepted","fallback":"abstain"}}],"max_attempts":{grid:?},"utility":null}}"#
    );
    parse(&json, &[success, false_positive]).expect("the scenario is valid")
}

fn first_accepted(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("first accepted");
    group.throughput(Throughput::Elements(TRIALS)).measurement_time(Duration::from_secs(4)).sample_size(20);
    for most in [10, 1000, 1_000_000] {
        let scenario = scenario(most);
        for (name, coverage) in [("with coverage", true), ("without coverage", false)] {
            let wanted =
                Wanted { coverage, share_counts: [true, false, false], utility_counts: false, bill_counts: [false; 3] };
            let run = Run { trials: TRIALS, key: KEY, replicate: 0, threads: 1, wanted, kept: None };
            group.bench_function(format!("{most} attempts, {name}"), |b| {
                b.iter(|| simulate(&scenario, run, &Control::default(), |_, _, row| drop(black_box(row))));
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    random_words(&mut criterion);
    first_accepted(&mut criterion);
    criterion.final_summary();
}
