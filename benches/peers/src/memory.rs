//! W6: what an entry costs.

use std::ops::Range;

use crate::alloc::counted;
use crate::calls::{self, Subject, Visit};
use crate::table::{Facts, Table};
use crate::timed::runtime;

const ENTRIES: u64 = 1_000_000;

struct Fill<'a>(Table, &'a mut Facts);

impl Visit for Fill<'_> {
    fn call<R>(&mut self, subject: Subject, call: impl Fn(u64) -> R + Copy + Send + Sync + 'static)
    where
        R: Future<Output = u64> + Send + 'static,
    {
        let of_calls = |keys: Range<u64>| {
            let ((), allocated) = counted(|| {
                runtime().block_on(async {
                    for key in keys {
                        call(key).await;
                    }
                });
            });
            [allocated.bytes, allocated.peak].map(|bytes| bytes as f64 / ENTRIES as f64)
        };
        let [bytes, peak] = of_calls(0..ENTRIES);
        // What an order remembers of those that left comes with the first of them.
        let later = subject.bounded.then(|| bytes + of_calls(ENTRIES..2 * ENTRIES)[0]);
        let cells = [Some(bytes), Some(peak), later];
        self.0.row(subject.name, cells.map(|cell| cell.map(|cell| format!("{cell:.1}")).unwrap_or_default()));
        self.1.add("W6", subject.name, later.unwrap_or(bytes));
    }
}

pub(crate) fn w6(facts: &mut Facts) {
    let title = "W6: memory, 1,000,000 keys u64 -> u64 into room for 1,000,000 (16 B of data each)";
    let mut fill = Fill(Table::new(title, &["variant", "B/entry", "at the peak", "after a million more"]), facts);
    calls::million::bounded(&mut fill);
    calls::million_by_order::all(&mut fill);
    calls::unbounded::fill(&mut fill);
    println!("{}", fill.0);
}
