//! Runs the examples: each asserts what it shows.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::servers::Servers;
use crate::shell::{Outcome, at, cargo, root, target, typed};

/// Longer than any example takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(names: &[String]) -> Outcome {
    let mut examples = build()?;
    let name = |example: &PathBuf| stem(example).to_owned();
    if let Some(unlisted) = sources()?.into_iter().find(|source| !examples.iter().any(|built| name(built) == *source)) {
        return Err(format!("examples/{unlisted}.rs is not run: list it in examples/Cargo.toml"));
    }
    if let Some(unknown) = names.iter().find(|wanted| !examples.iter().any(|built| name(built) == **wanted)) {
        return Err(format!("there is no example {unknown}"));
    }
    examples.retain(|example| names.is_empty() || names.contains(&name(example)));

    let servers = Servers::start();
    let failed: Vec<String> = examples.iter().filter(|example| !shown(example, &servers)).map(name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("these examples failed: {}", failed.join(", "))) }
}

/// Builds all examples of the workspace, with the features that the tests build them with, and finds their executables.
fn build() -> Outcome<Vec<PathBuf>> {
    let arguments =
        ["build", "--workspace", "--all-features", "--examples", "--message-format=json-render-diagnostics"];
    let mut build = cargo(arguments);
    let output = build.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", typed(&build), output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let examples = messages.lines().filter(|message| message.contains(r#""kind":["example"]"#));
    let mut executables: Vec<PathBuf> = examples.filter_map(executable).collect();
    executables.sort();
    Ok(executables)
}

/// The executable in one of cargo's messages.
fn executable(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once(r#""executable":""#)?;
    let (path, _) = rest.split_once('"')?;
    Some(path.replace(r"\\", r"\").into())
}

/// The names of the files in `examples/`.
fn sources() -> Outcome<Vec<String>> {
    let folder = root().join("examples");
    let files = at(&folder, fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>))?;
    let sources = files.iter().map(fs::DirEntry::path).filter(|file| file.extension() == Some(OsStr::new("rs")));
    Ok(sources.map(|file| stem(&file).to_owned()).collect())
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(OsStr::to_str).unwrap_or_default()
}

/// Runs one and says how it went; what it printed is shown if it went wrong.
fn shown(example: &Path, servers: &Servers) -> bool {
    let log = target().join("examples").join(stem(example)).with_extension("log");
    let begin = Instant::now();
    let result = prepare(example, &log, servers).and_then(|mut child| wait(&mut child, begin + PATIENCE));
    match &result {
        Ok(()) => println!("ok      {:<20} {:.2?}", stem(example), begin.elapsed()),
        Err(error) => {
            println!("FAILED  {:<20} {error}", stem(example));
            println!("{}", fs::read_to_string(&log).unwrap_or_default());
        }
    }
    result.is_ok()
}

fn prepare(example: &Path, log: &Path, servers: &Servers) -> Outcome<Child> {
    at(log, log.parent().map_or(Ok(()), fs::create_dir_all))?;
    let output = at(log, File::create(log))?;
    let errors = at(log, output.try_clone())?;
    let mut run = Command::new(example);
    at(example, run.envs(servers.variables()).stdin(Stdio::null()).stdout(output).stderr(errors).spawn())
}

fn wait(child: &mut Child, until: Instant) -> Outcome {
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(status.to_string()),
            None if Instant::now() < until => sleep(Duration::from_millis(10)),
            None => {
                // It may have ended just now; then there is nothing to kill.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {PATIENCE:?}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_of_a_message_is_found() {
        let message = r#"{"target":{"kind":["example"]},"executable":"C:\\examples\\weather.exe","fresh":true}"#;
        assert_eq!(executable(message), Some(r"C:\examples\weather.exe".into()));
        assert_eq!(executable(r#"{"executable":null}"#), None);
    }
}
