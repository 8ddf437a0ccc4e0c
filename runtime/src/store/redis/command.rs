//! Commands as the server takes them, and what its errors mean.

use std::time::Duration;

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind};

use super::super::error::StoreError;
use super::super::ttl::Remaining;

// By value, as `map_err` hands it over.
#[expect(clippy::needless_pass_by_value)]
pub(super) fn error(error: RedisError) -> StoreError {
    let detail = error.detail().unwrap_or_default();
    // Of a transaction that the server gave up, the first command that it refused says why.
    let refused = (error.kind() == ErrorKind::Server(ServerErrorKind::ExecAbort))
        .then(|| error.clone().into_server_errors())
        .flatten();
    let code = match &refused {
        Some(refused) => refused.first().map(|(_, error)| error.code()),
        None => error.code(),
    };
    match (error.kind(), code) {
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => StoreError::ReadOnly,
        (_, Some("WRONGTYPE")) => StoreError::WrongType,
        (_, Some("OOM")) => StoreError::Full,
        (_, Some("NOAUTH" | "WRONGPASS")) | (ErrorKind::AuthenticationFailed, _) => {
            StoreError::Refused { reason: "authentication failed".to_owned() }
        }
        (ErrorKind::Server(ServerErrorKind::ResponseError), _) if detail.contains("exceeds maximum allowed size") => {
            StoreError::TooLarge
        }
        // It is reading its data from disk, or a master of it is gone: it will be back.
        (
            ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::TryAgain),
            _,
        ) => StoreError::Unavailable { reason: error.to_string() },
        (ErrorKind::Server(_) | ErrorKind::Extension, _) => StoreError::Refused { reason: error.to_string() },
        _ => StoreError::Unavailable { reason: error.to_string() },
    }
}

/// Milliseconds, at least one; `None`: longer than the server can count, which is for ever.
pub(super) fn millis(ttl: Duration) -> Option<i64> {
    i64::try_from(ttl.as_millis().max(1)).ok().filter(|millis| *millis < i64::MAX / 2)
}

fn with_ttl(mut set: Cmd, ttl: Option<Duration>) -> Cmd {
    if let Some(millis) = ttl.and_then(millis) {
        set.arg("PX").arg(millis);
    }
    set
}

pub(super) fn command(name: &str, key: &str) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key);
    command
}

pub(super) fn set(key: &str, value: &[u8], ttl: Option<Duration>) -> Cmd {
    if ttl == Some(Duration::ZERO) {
        return command("DEL", key);
    }
    let mut set = command("SET", key);
    set.arg(value);
    with_ttl(set, ttl)
}

/// `set` where there is nothing; the ttl is not zero.
pub(super) fn set_if_absent(key: &str, value: &[u8], ttl: Option<Duration>) -> Cmd {
    let mut add = command("SET", key);
    add.arg(value).arg("NX");
    with_ttl(add, ttl)
}

/// What `PTTL` answers: milliseconds, -1 (for ever) or -2 (not there).
pub(super) fn remaining(left: i64) -> Option<Remaining> {
    match u64::try_from(left) {
        Ok(millis) => Some(Remaining::For(Duration::from_millis(millis))),
        Err(_) => (left == -1).then_some(Remaining::Never),
    }
}

/// A pattern that stands for what begins with `prefix`.
pub(super) fn beginning_with(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for char in prefix.chars() {
        if matches!(char, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('*');
    pattern
}

pub(super) const COMPARE_AND_SET: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local ttl = tonumber(ARGV[3])
if ttl == 0 then redis.call('DEL', KEYS[1])
elseif ttl > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else redis.call('SET', KEYS[1], ARGV[2]) end
return 1";

pub(super) const COMPARE_AND_DELETE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_means_nothing_as_a_pattern() {
        assert_eq!(beginning_with("a*b?[c]\\:"), r"a\*b\?\[c\]\\:*");
    }
}
