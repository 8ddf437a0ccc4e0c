//! Callers of one key that nobody has, with a store behind: what reaches the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cachetools::Cache;
use cachetools::store::{Hook, Operation, Outcome, TypedStore};
use tokio::runtime::Builder;

use crate::measure::Table;

const CALLERS: u32 = 10_000;

#[derive(Default)]
struct Requests {
    reads: AtomicU32,
    writes: AtomicU32,
}

impl Hook for Requests {
    fn after(&self, operation: Operation, _: &Outcome<'_>) {
        let counter = if operation == Operation::Get { &self.reads } else { &self.writes };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn table(stores: &[(&'static str, TypedStore)]) -> Table {
    let mut table = Table::new(&["10,000 callers of one key", "reads", "writes", "runs", "all are answered after"]);
    for (name, store) in stores {
        for which in ["", ", another process"] {
            let (requests, runs, took) = stampede(store.clone());
            let counts = [&requests.reads, &requests.writes, &*runs].map(|count| count.load(Ordering::Relaxed));
            let cells = counts.map(|count| count.to_string()).into_iter().chain([format!("{} ms", took.as_millis())]);
            table.row(&format!("{name}{which}"), cells);
        }
    }
    table
}

/// On two threads; the body takes 20 ms.
fn stampede(store: TypedStore) -> (Arc<Requests>, Arc<AtomicU32>, Duration) {
    let (requests, runs) = (Arc::new(Requests::default()), Arc::new(AtomicU32::new(0)));
    let cache = Cache::<u32, u64>::builder().name("stampede").store(store.hook(requests.clone())).build();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let took = runtime.block_on(async {
        let begin = Instant::now();
        let calls = (0..CALLERS).map(|_| {
            let (cache, runs) = (cache.clone(), runs.clone());
            tokio::spawn(async move {
                let load = async {
                    runs.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    7
                };
                cache.get_with(1, load).await
            })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.expect("no panic"), 7);
        }
        begin.elapsed()
    });
    (requests, runs, took)
}
