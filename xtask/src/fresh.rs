//! The last commit as a newcomer meets it: cloned, the main job run, and the README's first example in a crate of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::shell::{Outcome, at, cargo, remove, root, run as shell, target, write};

/// What a strict crate turns on: the expansion has to be silent under it.
const STRICT: &str = "#![deny(warnings, missing_docs, unreachable_pub, dead_code)]\n#![deny(clippy::pedantic)]\n";

/// The executors that an example may use, and how they get into a manifest.
const EXECUTORS: &[(&str, &str)] = &[
    ("tokio::", r#"tokio = { version = "1", features = ["full"] }"#),
    ("futures::", r#"futures = "0.3""#),
    ("smol::", r#"smol = "2""#),
    ("pollster::", r#"pollster = "0.4""#),
];

pub(crate) fn run(_: &[String]) -> Outcome {
    let place = target().join("fresh");
    remove(&place)?;
    at(&place, fs::create_dir_all(&place))?;
    let clone = place.join("cachetools");
    shell(Command::new("git").args(["clone", "--quiet"]).arg(root()).arg(&clone))?;
    shell(Command::new("git").args(["log", "-1", "--format=%h %s"]).current_dir(&clone))?;

    shell(&mut within(&clone, &["run", "--quiet", "--example", "quickstart"]))?;

    let user = place.join("user");
    let readme = clone.join("README.md");
    let example = first_block(&readme, "rust")?;
    let main = user.join("src/main.rs");
    write(&user.join("Cargo.toml"), &manifest(&example))?;
    write(&main, &example)?;
    let printed =
        within(&user, &["run", "--quiet"]).stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let printed = String::from_utf8_lossy(&printed.stdout);
    let promised = first_block(&readme, "text")?;
    if printed != promised {
        return Err(format!("the first example of the README prints\n{printed}\nand not\n{promised}"));
    }

    write(&main, &format!("//! The first example of the README.\n{STRICT}\n{example}"))?;
    write(
        &user.join("src/lib.rs"),
        &format!("//! Documented, public, decorated.\n{STRICT}\n{}", include_str!("fresh/strict.rs")),
    )?;
    shell(&mut within(&user, &["clippy", "--quiet", "--all-targets"]))?;
    println!("a newcomer is welcome");
    Ok(())
}

/// Cargo in another workspace, with a target folder of its own.
fn within(folder: &Path, arguments: &[&str]) -> Command {
    let mut cargo = cargo(arguments);
    cargo.current_dir(folder).env_remove("CARGO_TARGET_DIR");
    cargo
}

/// The first block of a language in a page.
fn first_block(page: &Path, language: &str) -> Outcome<String> {
    let text = at(page, fs::read_to_string(page))?;
    let opening = format!("```{language}");
    let lines = text.lines().skip_while(|line| *line != opening).skip(1);
    let block: String = lines.take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
    if block.is_empty() { Err(format!("{}: no {opening}", page.display())) } else { Ok(block) }
}

/// A crate that depends on the clone, and on nothing else but the executor that the example uses.
fn manifest(example: &str) -> String {
    let executors = EXECUTORS.iter().filter(|(path, _)| example.contains(path)).map(|(_, dependency)| *dependency);
    let dependencies: Vec<&str> =
        std::iter::once(r#"cachetools = { path = "../cachetools/runtime" }"#).chain(executors).collect();
    let dependencies = dependencies.join("\n");
    format!("[package]\nname = \"user\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n[workspace]\n")
}
