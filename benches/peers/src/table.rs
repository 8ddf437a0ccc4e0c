//! What is printed, and what the scoreboard is made from.

use std::collections::HashMap;
use std::fmt;

use crate::calls::Subject;
use crate::measure::Series;

/// A table as Markdown wants it.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Self { title: title.to_owned(), rows: vec![columns.iter().map(|&column| column.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.title)?;
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                // Numbers stand to the right.
                if column == 0 { write!(f, "| {cell:<width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    write!(f, "|{}{}", "-".repeat(width + 1), if column == 0 { "-" } else { ":" })?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

pub(crate) fn nanos(nanos: f64) -> String {
    format!("{nanos:.1}")
}

pub(crate) fn ratio(ratio: f64) -> String {
    if ratio.is_nan() { String::new() } else { format!("{ratio:.2}") }
}

/// All that was measured, by workload and variant.
#[derive(Default)]
pub(crate) struct Facts {
    series: HashMap<(&'static str, &'static str), Series>,
    numbers: HashMap<(&'static str, &'static str), f64>,
}

impl Facts {
    pub(crate) fn add_series(&mut self, workload: &'static str, name: &'static str, series: Series) {
        self.series.insert((workload, name), series);
    }

    pub(crate) fn add(&mut self, what: &'static str, name: &'static str, number: f64) {
        self.numbers.insert((what, name), number);
    }

    pub(crate) fn series(&self, workload: &'static str, subject: Subject) -> Option<&Series> {
        self.series.get(&(workload, subject.name))
    }

    pub(crate) fn number(&self, what: &'static str, subject: Subject) -> Option<f64> {
        self.numbers.get(&(what, subject.name)).copied()
    }

    /// The median ratio of two variants.
    pub(crate) fn ratio(&self, workload: &'static str, ours: Subject, peer: Subject) -> Option<(f64, f64)> {
        Some(self.series(workload, ours)?.ratio(self.series(workload, peer)?))
    }
}
