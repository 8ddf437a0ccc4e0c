//! W6: what an entry costs.

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
        let ((), allocated) = counted(|| {
            runtime().block_on(async {
                for key in 0..ENTRIES {
                    call(key).await;
                }
            });
        });
        let bytes = allocated.bytes as f64 / ENTRIES as f64;
        let peak = allocated.peak as f64 / ENTRIES as f64;
        self.0.row(subject.name, [format!("{bytes:.1}"), format!("{peak:.1}")]);
        self.1.add("W6", subject.name, bytes);
    }
}

pub(crate) fn w6(facts: &mut Facts) {
    let title = "W6: memory, 1,000,000 keys u64 -> u64 into room for 1,000,000 (16 B of data each)";
    let mut fill = Fill(Table::new(title, &["variant", "B/entry", "at the peak"]), facts);
    calls::million::bounded(&mut fill);
    calls::million_by_order::all(&mut fill);
    calls::unbounded::fill(&mut fill);
    println!("{}", fill.0);
}
