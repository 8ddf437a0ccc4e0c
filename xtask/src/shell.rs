//! What all chores need: commands that say what they are, and the places of the repository.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A chore ends well or says why not.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate has a folder in the repository")
}

/// Where cargo builds, and where chores leave what they make.
pub(crate) fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The cargo that runs us, in the root of the repository.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(root());
    cargo
}

/// A command, as one would type it.
pub(crate) fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Says what it runs, and runs it.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", typed(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status})", typed(command))),
        Err(error) => Err(format!("`{}` did not start: {error}", typed(command))),
    }
}

/// Adds the path to an error of the file system.
pub(crate) fn at<T, E: fmt::Display>(path: &Path, result: Result<T, E>) -> Outcome<T> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file, and the folders it is in.
pub(crate) fn write(path: &Path, text: &str) -> Outcome {
    at(path, path.parent().map_or(Ok(()), std::fs::create_dir_all))?;
    at(path, std::fs::write(path, text))
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> Outcome {
    if folder.exists() { at(folder, std::fs::remove_dir_all(folder)) } else { Ok(()) }
}
