//! Small disks, and what is read-only: with the permissions that there are, or as root with mounts.

use std::fs::{self, Permissions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something mounted until this is dropped, which takes root.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// `None`, and why is said, where it may not be.
    pub(crate) fn new(arguments: &[&str], path: &Path) -> Option<Self> {
        let mounted = mount(arguments, path).then(|| Self(path.to_owned()));
        if mounted.is_none() {
            println!("not tested: nothing can be mounted here, which takes root");
        }
        mounted
    }
}

fn mount(arguments: &[&str], path: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: the store may have it open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// A file or a folder that is read-only, for whoever opens it from now on, until this is dropped.
pub(crate) struct ReadOnly {
    path: PathBuf,
    before: Permissions,
    /// Permissions mean nothing to root. What is there is shown again under its own name, read-only.
    _mount: Option<Mount>,
}

impl ReadOnly {
    /// `None`, and why is said, where it cannot be done.
    pub(crate) fn make(path: &Path) -> Option<Self> {
        let before = fs::metadata(path).unwrap().permissions();
        let mut read_only = before.clone();
        read_only.set_readonly(true);
        let mounted = if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            let mounted = Mount::new(&["--bind", path.to_str()?], path)?;
            assert!(mount(&["-o", "remount,bind,ro"], path));
            Some(mounted)
        } else {
            fs::set_permissions(path, read_only).unwrap();
            None
        };
        Some(Self { path: path.to_owned(), before, _mount: mounted })
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // Of what is mounted, there is nothing to change.
        let _ = fs::set_permissions(&self.path, self.before.clone());
    }
}
