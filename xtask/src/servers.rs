//! The servers that tests and examples need: started on free ports of this machine, and stopped when they are done with.

use std::env;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::shell::{Outcome, run as shell, target};

/// Longer than a server takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A kind of server.
struct Kind {
    /// The variable that tells the tests where it is.
    variable: &'static str,
    scheme: &'static str,
    /// The programs that will do, the best first.
    programs: &'static [&'static str],
    /// The package that has one, for Debian and its relatives.
    package: &'static str,
    arguments: fn(u16) -> Vec<String>,
}

const KINDS: &[Kind] = &[
    Kind {
        variable: "CACHETOOLS_REDIS_URL",
        scheme: "redis",
        programs: &["redis-server", "valkey-server"],
        package: "redis-server",
        arguments: |port| words(&format!("--port {port} --bind 127.0.0.1 --appendonly no --loglevel warning --save ")),
    },
    Kind {
        variable: "CACHETOOLS_MEMCACHED_URL",
        scheme: "memcached",
        programs: &["memcached"],
        package: "memcached",
        // As root it will not run, and it asks for a user then; another's wish is of no interest to it.
        arguments: |port| words(&format!("-l 127.0.0.1 -p {port} -U 0 -m 64 -u nobody")),
    },
];

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Servers that run as long as this lives.
pub(crate) struct Servers {
    running: Vec<(&'static Kind, u16, Child)>,
}

impl Servers {
    /// Starts what is there, after an attempt to install what is not. What cannot be had is said, and left out: the tests of it say
    /// so too.
    pub(crate) fn start() -> Self {
        let mut running = Vec::new();
        for kind in KINDS.iter().filter(|kind| env::var_os(kind.variable).is_none()) {
            match program(kind).and_then(|program| start(kind, &program)) {
                Ok((port, child)) => running.push((kind, port, child)),
                Err(error) => println!("no {}: {error}", kind.scheme),
            }
        }
        Self { running }
    }

    /// What tells the tests where the servers are.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.running.iter().map(|(kind, port, _)| (kind.variable, format!("{}://127.0.0.1:{port}", kind.scheme)))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (_, _, child) in &mut self.running {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The program of a server, installed if need be.
fn program(kind: &Kind) -> Outcome<PathBuf> {
    let find = || kind.programs.iter().find_map(|program| on_path(program));
    if let Some(program) = find() {
        return Ok(program);
    }
    install(kind.package)?;
    find().ok_or_else(|| format!("{} has no {}", kind.package, kind.programs[0]))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian puts some servers where only root looks.
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Installs a package of Debian or Ubuntu, as root or by sudo without a password.
fn install(package: &str) -> Outcome {
    let by_hand = || format!("install {package} (Debian, Ubuntu: `sudo apt-get install {package}`)");
    let apt = on_path("apt-get").filter(|_| Path::new("/etc/debian_version").exists()).ok_or_else(by_hand)?;
    let as_root = |arguments: &[&str]| {
        let mut command = Command::new(if root() { apt.as_os_str() } else { "sudo".as_ref() });
        if !root() {
            command.arg("-n").arg(&apt);
        }
        // Nothing to answer, and nothing to restart.
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("NEEDRESTART_SUSPEND", "1");
        shell(command.stdin(Stdio::null()))
    };
    let installed = as_root(&["update", "-qq"])
        .and_then(|()| as_root(&["install", "-qq", "--yes", "--no-install-recommends", package]));
    installed.map_err(|error| format!("{error}: {}", by_hand()))
}

fn root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn start(kind: &Kind, program: &Path) -> Outcome<(u16, Child)> {
    let port = free_port().map_err(|error| error.to_string())?;
    let folder = target().join("servers");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let arguments: Vec<OsString> = (kind.arguments)(port).into_iter().map(OsString::from).collect();
    let mut server = Command::new(program);
    server.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = server.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    match ready(&mut child, port) {
        Ok(()) => Ok((port, child)),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("{}: {error}", program.display()))
        }
    }
}

/// A port that nobody has right now.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until the server takes connections.
fn ready(child: &mut Child, port: u16) -> Outcome {
    let until = Instant::now() + PATIENCE;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("it ended at once ({status})"));
        }
        if TcpStream::connect_timeout(&address, PATIENCE).is_ok() {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("it took no connection within {PATIENCE:?}"));
        }
        sleep(Duration::from_millis(10));
    }
}
