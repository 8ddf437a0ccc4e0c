//! Recorded traces: one key a line, packed by xz or plain.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use lzma_rust2::XzReader;

use crate::trace::{Trace, mixed};

/// The traces of a folder (`*.txt`, `*.txt.xz`), by name. Of each, `most` lines at the most.
pub(crate) fn all(folder: &Path, most: usize, seed: u64) -> io::Result<Vec<Trace>> {
    let mut files: Vec<_> = folder.read_dir()?.map(|file| Ok(file?.path())).collect::<io::Result<_>>()?;
    files.sort();
    let mut traces = Vec::new();
    for file in files {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        let packed = name.strip_suffix(".xz");
        let Some(plain) = packed.unwrap_or(name).strip_suffix(".txt") else { continue };
        let mut reader: Box<dyn Read> = Box::new(File::open(&file)?);
        if packed.is_some() {
            reader = Box::new(XzReader::new(BufReader::new(reader), true));
        }
        let keys: Vec<u64> = BufReader::new(reader)
            .lines()
            .take(most)
            .map(|line| line.map(|line| key(line.trim())))
            .collect::<io::Result<_>>()?;
        traces.push(Trace::new(plain, &keys, &[], seed));
    }
    Ok(traces)
}

/// A number as it is, anything else by its letters.
fn key(line: &str) -> u64 {
    let by_letters = || line.bytes().fold(0, |key, letter| mixed(key ^ u64::from(letter)));
    line.parse().unwrap_or_else(|_| by_letters())
}
