//! How one error reaches many callers.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// The first error of a shared call, for callers whose error type cannot be cloned.
///
/// It shows the message of the first error, and its chain of sources. An error type that is `From<SharedError>` shares its
/// errors by itself: `anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>` are. What such a one holds is then found
/// behind this: `error.downcast_ref::<SharedError>()?.downcast_ref::<NotFound>()`. An enum of your own needs one variant:
///
/// ```
/// # use cachetools::SharedError;
/// #[derive(Debug)]
/// enum FetchError {
///     Io(std::io::Error),
///     Shared(SharedError), // with thiserror: #[error(transparent)] Shared(#[from] SharedError)
/// }
///
/// impl From<SharedError> for FetchError {
///     fn from(error: SharedError) -> Self {
///         Self::Shared(error)
///     }
/// }
/// # impl std::fmt::Display for FetchError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self:?}") }
/// # }
/// # impl std::error::Error for FetchError {}
/// let first = FetchError::Io(std::io::Error::other("the wire is cut"));
/// let shared = SharedError::new(first);
/// assert!(matches!(shared.downcast_ref(), Some(FetchError::Io(_))));
/// ```
#[derive(Clone)]
pub struct SharedError(Arc<dyn First>);

/// Where the first error is.
trait First: Send + Sync {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static);
}

struct Boxed(Box<dyn Error + Send + Sync>);

impl First for Boxed {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// Made into a box, a report would hide the type of the error that it holds; asked for it, it shows it.
struct Report<E>(E);

impl<E: AsRef<dyn Error + Send + Sync> + Send + Sync> First for Report<E> {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.as_ref()
    }
}

impl SharedError {
    /// Wraps the first error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::new(Boxed(error.into())))
    }

    /// Wraps what holds the first error.
    pub(crate) fn of_report(report: impl AsRef<dyn Error + Send + Sync> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Report(report)))
    }

    /// The first error itself, if it is an `E`.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.error().downcast_ref()
    }
}

impl fmt::Debug for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.error(), f)
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.error(), f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.error().source()
    }
}

/// An error that can reach many callers although it cannot be cloned.
///
/// The error of a shared call is made into its shared form once, and every caller gets an error made from that: the first
/// caller too, so that no code depends on who came first. Errors that are `Clone`, or `From<SharedError>`, need no
/// implementation. One that implements this trait is shared through it, even if it could be shared otherwise.
///
/// ```
/// use cachetools::ShareError;
///
/// struct Broken { reason: String }
///
/// impl ShareError for Broken {
///     type Shared = std::sync::Arc<str>;
///     fn share(self) -> Self::Shared {
///         self.reason.into()
///     }
///     fn from_shared(reason: Self::Shared) -> Self {
///         Self { reason: reason.to_string() }
///     }
/// }
/// ```
pub trait ShareError: Sized {
    /// The form that all callers' errors are made from.
    type Shared: Clone + Send + Sync + 'static;

    /// Makes the shared form; called once a failed run.
    fn share(self) -> Self::Shared;

    /// Makes one caller's error.
    fn from_shared(shared: Self::Shared) -> Self;
}

/// The shared form of an [`io::Error`]: every caller's has its kind, and its code if it came from the system.
#[derive(Clone, Debug)]
pub struct SharedIoError {
    kind: io::ErrorKind,
    system: Option<i32>,
    first: SharedError,
}

impl ShareError for io::Error {
    type Shared = SharedIoError;

    fn share(self) -> SharedIoError {
        SharedIoError { kind: self.kind(), system: self.raw_os_error(), first: SharedError::new(self) }
    }

    fn from_shared(shared: SharedIoError) -> Self {
        match shared.system {
            Some(code) => Self::from_raw_os_error(code),
            None => Self::new(shared.kind, shared.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_error_keeps_message_and_chain() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let shared = SharedError::new(Outer(io::Error::other("inner")));
        assert_eq!(shared.to_string(), "outer");
        assert_eq!(shared.source().unwrap().to_string(), "inner");
        assert!(shared.downcast_ref::<Outer>().is_some());
    }

    #[test]
    fn a_shared_io_error_keeps_its_kind_and_its_code() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused).share();
        assert_eq!(io::Error::from_shared(refused).kind(), io::ErrorKind::ConnectionRefused);
        let missing = io::Error::from_raw_os_error(2).share();
        assert_eq!(io::Error::from_shared(missing.clone()).raw_os_error(), Some(2));
        assert_eq!(io::Error::from_shared(missing).kind(), io::ErrorKind::NotFound);
        let custom = io::Error::new(io::ErrorKind::InvalidData, "no json").share();
        assert_eq!(io::Error::from_shared(custom).to_string(), "no json");
    }
}
