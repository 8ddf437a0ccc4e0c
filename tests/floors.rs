//! The floors of the house: a file imports only lower floors, and its own.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const FLOORS: [&str; 7] = ["ground", "policy", "table", "flight", "cache", "handle", "store"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The floor that a name stands for.
fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == name)
}

/// What a source says of other floors: the words behind `crate::`, in lists too. Comments and unit tests do not count.
fn mentioned(source: &str) -> Vec<String> {
    let code: String = source
        .split("\n#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ");
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(list) = rest.strip_prefix('{') {
            // The first word of each item on the list's own level.
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(word(std::mem::take(&mut item).trim())),
                    _ if depth == 0 => item.push(c),
                    _ => {}
                }
            }
            names.push(word(item.trim()));
        } else {
            names.push(word(rest));
        }
    }
    names
}

#[test]
fn a_file_imports_only_lower_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut looked_at = 0;
    let mut wrong = Vec::new();
    for path in &files {
        let inner = path.strip_prefix(&root).expect("under the root");
        let first = inner.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        // `lib.rs` stands above all.
        let Some(own) = floor(first.trim_end_matches(".rs")) else {
            assert_eq!(first, "lib.rs", "{} stands on no floor", inner.display());
            continue;
        };
        for name in mentioned(&fs::read_to_string(path).expect("a source")) {
            match floor(&name) {
                Some(other) if other <= own => looked_at += 1,
                Some(_) => wrong.push(format!("{} imports {name}, which is above", inner.display())),
                None => wrong.push(format!("{} imports crate::{name}, which is no floor", inner.display())),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(looked_at > 50, "{looked_at} imports were looked at");
}

#[test]
fn what_a_source_says_of_other_floors_is_found() {
    let source = "use crate::ground::clock::{Moment, Time};\nuse crate::{table, flight::Seat};\n// crate::handle\nfn f() { crate::cache::g() }";
    assert_eq!(mentioned(source), ["ground", "table", "flight", "cache"]);
}

#[test]
fn no_file_is_longer_than_four_hundred_lines_without_its_tests() {
    let mut files = Vec::new();
    for folder in ["../runtime/src", "../macros/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    for path in files {
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source");
        let lines = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count();
        assert!(lines <= 400, "{}: {lines} lines", path.display());
    }
}
