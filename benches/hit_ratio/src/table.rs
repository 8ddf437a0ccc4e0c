//! The results as tables, in Markdown.

use std::fmt::{self, Display};

use crate::contest::{Contender, LRU, OPTIMUM, Result};
use crate::trace::Trace;

/// What counts as clearly behind, in points.
const CLEARLY: f64 = 2.0;

pub(crate) struct Table<'a> {
    pub(crate) traces: &'a [Trace],
    pub(crate) contenders: &'a [Contender],
    pub(crate) results: &'a [Result],
}

impl Table<'_> {
    fn rows(&self) -> impl Iterator<Item = &Result> {
        self.results.iter().filter(|result| result.row)
    }

    fn mean(&self, value: impl Fn(&Result) -> f64) -> f64 {
        self.rows().map(value).sum::<f64>() / self.rows().count() as f64
    }

    /// The ratio to the optimum, averaged over the rows.
    fn of_optimum(&self, contender: usize) -> f64 {
        self.mean(|row| row.percent[contender] / row.percent[OPTIMUM])
    }

    /// How far above LRU, by row, the worst first.
    fn above_lru(&self, contender: usize) -> Vec<(f64, &Result)> {
        let mut rows: Vec<_> = self.rows().map(|row| (row.percent[contender] - row.percent[LRU], row)).collect();
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows
    }
}

impl Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.contenders.iter().map(|contender| contender.name).collect();
        writeln!(f, "| hit ratio, percent | entries | {} |", names.join(" | "))?;
        writeln!(f, "|---|---:|{}", "---:|".repeat(names.len()))?;
        for row in self.rows() {
            write!(f, "| {} | {} |", self.traces[row.trace].name, row.size)?;
            row.percent.iter().try_for_each(|percent| write!(f, " {percent:.1} |"))?;
            writeln!(f)?;
        }
        write!(f, "| **mean** | |")?;
        (0..names.len()).try_for_each(|number| write!(f, " {:.1} |", self.mean(|row| row.percent[number])))?;
        write!(f, "\n| **mean of (policy / optimum)** | |")?;
        (0..names.len()).try_for_each(|number| write!(f, " {:.3} |", self.of_optimum(number)))?;

        let count = self.rows().count();
        write!(f, "\n\n| beside lru, points | worst | where | best | where | rows more than {CLEARLY} under |")?;
        writeln!(f, "\n|---|---:|---|---:|---|---:|")?;
        for (number, name) in names.iter().enumerate().skip(LRU + 1) {
            let above = self.above_lru(number);
            let behind = above.iter().filter(|(points, _)| *points < -CLEARLY).count();
            let [(worst, worst_row), .., (best, best_row)] = above[..] else { continue };
            let place = |row: &Result| format!("{} at {}", self.traces[row.trace].name, row.size);
            writeln!(
                f,
                "| {name} | {worst:+.1} | {} | {best:+.1} | {} | {behind} of {count} |",
                place(worst_row),
                place(best_row)
            )?;
        }
        Ok(())
    }
}
