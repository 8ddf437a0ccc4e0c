//! A server of a test's own, for what would disturb the other tests.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::Folder;

/// A server that runs as long as this lives.
pub(crate) struct Server {
    program: &'static str,
    arguments: Vec<String>,
    pub(crate) port: u16,
    child: Child,
    folder: Folder,
}

impl Server {
    /// Redis, with more of its arguments; `None` if it is not installed.
    pub(crate) fn redis(more: &[&str]) -> Option<Self> {
        let port = free_port();
        let port_text = port.to_string();
        let arguments = ["--port", &port_text, "--bind", "127.0.0.1", "--appendonly", "no", "--save", ""]
            .into_iter()
            .chain(more.iter().copied());
        Self::start("redis-server", port, arguments.map(str::to_owned).collect())
    }

    /// Redis that speaks TLS only, for `localhost`, and the file with the certificate of its authority; `None` if it or openssl is
    /// not installed.
    pub(crate) fn redis_with_tls() -> Option<(Self, PathBuf)> {
        let folder = Folder::new();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            println!("not tested: openssl is not installed");
            return None;
        }
        let port = free_port();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let arguments =
            format!("--port 0 --tls-port {port} --bind 127.0.0.1 --tls-auth-clients no --appendonly no --save")
                .split(' ')
                .map(str::to_owned)
                .chain([String::new(), "--tls-cert-file".to_owned(), cert.display().to_string()])
                .chain(["--tls-key-file".to_owned(), key.display().to_string()])
                .collect();
        let server = Self::start_in(folder, "redis-server", port, arguments)?;
        Some((server, cert))
    }

    /// Memcached; `None` if it is not installed.
    pub(crate) fn memcached() -> Option<Self> {
        let port = free_port();
        let arguments = ["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-m", "64", "-u", "nobody"];
        Self::start("memcached", port, arguments.map(str::to_owned).to_vec())
    }

    fn start(program: &'static str, port: u16, arguments: Vec<String>) -> Option<Self> {
        Self::start_in(Folder::new(), program, port, arguments)
    }

    fn start_in(folder: Folder, program: &'static str, port: u16, arguments: Vec<String>) -> Option<Self> {
        let Some(child) = spawn(program, &arguments, &folder) else {
            println!("not tested: {program} is not installed");
            return None;
        };
        let mut server = Self { program, arguments, port, child, folder };
        server.wait();
        Some(server)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after it was killed.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.program, &self.arguments, &self.folder).unwrap();
        self.wait();
    }

    /// Stops it where it is, as if the machine hung. Ends when all its threads stand: a signal takes its time.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
        let begin = Instant::now();
        while !self.stands() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{} does not stop", self.program);
            sleep(Duration::from_millis(1));
        }
    }

    /// Whether none of its threads runs: `T` is the third word of `stat`, behind a name in parentheses.
    fn stands(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).ok()).all(|stat| {
            let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
            state == Some("T")
        })
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it takes connections.
    fn wait(&mut self) {
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{} takes no connection", self.program);
            assert!(self.child.try_wait().unwrap().is_none(), "{} has ended", self.program);
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &str, arguments: &[String], folder: &Folder) -> Option<Child> {
    let mut server = Command::new(program);
    server.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    server.spawn().ok()
}

/// A port that nobody has right now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
