//! The URLs of stores, taken apart.

use std::fmt;
use std::time::Duration;

use super::error::StoreError;

/// `scheme://user:password@host:port/path?option=value`, or `scheme:path?option=value`.
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    /// Whether there are two slashes before the host.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "a path of SQLite's is absolute behind them"))]
    pub(crate) slashes: bool,
    /// Without the slash that ends the host.
    pub(crate) path: String,
    options: Vec<(String, String)>,
}

/// A URL may hold a password: its text is never shown.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Url").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

fn invalid(part: &'static str, expected: &'static str) -> StoreError {
    StoreError::InvalidUrl { part, expected }
}

impl Url {
    /// Takes a URL apart; of the schemes only `known` ones.
    pub(crate) fn parse(text: &str, known: &'static [&'static str]) -> Result<Self, StoreError> {
        // Not shown if there is no colon, or if it looks like no scheme: it may be a password put in the wrong place.
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        if !known.contains(&scheme) {
            let scheme = if is_word(scheme) { scheme.to_owned() } else { String::new() };
            return Err(StoreError::UnknownScheme { scheme, known });
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let slashes = rest.starts_with("//");
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => ("", rest),
        };
        let (login, address) = authority.rsplit_once('@').map_or((None, authority), |(login, at)| (Some(login), at));
        let (user, password) = match login {
            Some(login) => {
                let (user, password) = login.split_once(':').map_or((login, None), |(user, word)| (user, Some(word)));
                (Some(decoded(user)?).filter(|user| !user.is_empty()), password.map(decoded).transpose()?)
            }
            None => (None, None),
        };
        let (host, port) = host_and_port(address)?;
        let options = query.split('&').filter(|option| !option.is_empty()).map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            Ok((decoded(name)?, decoded(value)?))
        });
        let options = options.collect::<Result<_, StoreError>>()?;
        let path = decoded(path)?;
        Ok(Self { scheme: scheme.to_owned(), user, password, host, port, slashes, path, options })
    }

    /// Refuses options that are not `known`.
    pub(crate) fn allow(&self, known: &[&'static str]) -> Result<(), StoreError> {
        let known: Vec<_> = known.iter().chain(COMMON).copied().collect();
        match self.options.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            // What looks like no name may be the rest of a password that has a question mark in it.
            Some((name, value)) => {
                let at = self.options.iter().any(|(name, value)| name.contains('@') || value.contains('@'));
                let option = if is_word(name) && !value.is_empty() && !at { name.clone() } else { String::new() };
                Err(StoreError::UnknownOption { option, known })
            }
            None => Ok(()),
        }
    }

    /// The last value of an option.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(option, _)| option == name).map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(crate) fn number<N: std::str::FromStr>(&self, name: &'static str) -> Result<Option<N>, StoreError> {
        let number = self.option(name).map(|value| value.parse().map_err(|_| invalid(name, "a whole number")));
        number.transpose()
    }

    /// A length of time: seconds (`600`, `1.5`), or with a unit (`150ms`, `10s`, `5m`, `2h`, `7d`).
    pub(crate) fn duration(&self, name: &'static str) -> Result<Option<Duration>, StoreError> {
        let expected = "a length of time, such as 600, 1.5, 150ms, 10s, 5m, 2h or 7d";
        self.option(name).map(|value| duration(value).ok_or_else(|| invalid(name, expected))).transpose()
    }
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

/// The options that all stores have.
const COMMON: &[&str] = &["namespace", "version", "ttl", "timeout"];

fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    if !amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    Duration::try_from_secs_f64(amount.parse::<f64>().ok()? * seconds).ok()
}

fn host_and_port(address: &str) -> Result<(Option<String>, Option<u16>), StoreError> {
    let bracketed =
        address.strip_prefix('[').map(|rest| rest.split_once(']').ok_or_else(|| invalid("host", "closed by ]")));
    let (host, port) = match bracketed.transpose()? {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(|port| port.parse().map_err(|_| invalid("port", "a number from 0 to 65535"))).transpose()?;
    Ok((Some(decoded(host)?).filter(|host| !host.is_empty()), port))
}

/// Undoes `%41`.
fn decoded(text: &str) -> Result<String, StoreError> {
    let expected = "UTF-8, with other bytes written as %41";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(value.ok_or_else(|| invalid("text", expected))?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid("text", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text, &["redis", "sqlite"]).unwrap()
    }

    #[test]
    fn all_parts_are_found() {
        let url = url("redis://me:p%40ss@[::1]:1000/3?namespace=a%20b&ttl=5m&ttl=1.5");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("me"), Some("p@ss")));
        assert_eq!((url.host.as_deref(), url.port, &*url.path), (Some("::1"), Some(1000), "3"));
        assert_eq!(url.option("namespace"), Some("a b"));
        assert_eq!(url.duration("ttl"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(url.duration("timeout"), Ok(None));
    }

    #[test]
    fn parts_that_are_not_there_are_none() {
        let bare = url("redis://");
        assert_eq!((bare.host, bare.port, &*bare.path), (None, None, ""));
        let password = url("redis://:secret@host");
        assert_eq!((password.user, password.password.as_deref()), (None, Some("secret")));
        assert_eq!(url("sqlite:dir/cache.db").path, "dir/cache.db");
        assert_eq!(url("sqlite:///var/cache.db").path, "var/cache.db");
    }

    #[test]
    fn lengths_of_time_have_units() {
        let millis = |text| duration(text).map(|duration| duration.as_millis());
        assert_eq!([millis("150ms"), millis("2h"), millis("1.5")], [Some(150), Some(7_200_000), Some(1500)]);
        for wrong in ["", "-1", "5x", "s", "1e9", "inf", "10ss"] {
            assert_eq!(duration(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn nothing_shows_a_password() {
        assert!(!format!("{:?}", url("redis://:secret@host")).contains("secret"));
        for wrong in ["redis://:secret@host:port", "redis://:sec%ret@host", "secret", "redis://:secret@[::1"] {
            let error = Url::parse(wrong, &["redis"]).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
        }
    }
}
