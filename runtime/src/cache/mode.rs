//! What a function returns, what of it is kept, and how its error reaches many callers.
//!
//! The mode of a function is found out from its return type where the macro calls `(&&&&&Probe::<R>::NEW).mode()`: method
//! lookup tries the traits below by the number of references that it has to take off, so the first that applies wins.

use std::error::Error;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::flight::AnyError;
use crate::ground::error::{ShareError, SharedError};

/// What can be kept in a cache. Implemented for all that has the bounds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a cache",
    label = "a value has to be `Clone + Send + Sync + 'static`",
    note = "every caller gets a clone of it: derive `Clone`, or return `Arc<{Self}>`"
)]
pub trait CacheValue: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> CacheValue for T {}

/// A `Result`, taken apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "this is not the standard library's `Result`",
    note = "say so: `result = false`"
)]
pub trait ResultLike {
    /// What is kept.
    type Ok;
    /// What is shared and never kept.
    type Err;
}

impl<T, E> ResultLike for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// The answer, in the place of the `_` in a question such as `R: IsResult<_>`.
#[derive(Debug)]
pub enum Yes {}

/// No answer. But where two seem possible the compiler looks into both before it goes on with one, and finds none; then it says so,
/// and doesn't know the type that would have come of it, about which it is silent from then on.
#[derive(Debug)]
pub enum Never {}

/// Implemented for nothing.
pub trait Impossible {}

/// A value of the type that came of a question. By way of a trait that many types have: else the compiler would take the only type
/// with the method that is called for the answer.
#[inline(always)]
#[expect(clippy::inline_always, reason = "on the way of every hit")]
pub fn answer<T: Default>() -> T {
    T::default()
}

/// Asked of what bears the name: a type of the user's own may be called `Result` too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "this is not the standard library's `Result`",
    note = "say so: `result = false`"
)]
pub trait IsResult<Answer> {
    /// What finds out about it.
    type Probe;
}

#[diagnostic::do_not_recommend]
impl<R: ResultLike> IsResult<Yes> for R {
    type Probe = Probe<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> IsResult<Never> for T {
    type Probe = ();
}

/// What a body returned, taken apart.
#[derive(Debug)]
pub enum Split<V, R> {
    /// A value to keep.
    Value(V),
    /// An error in the form that every caller's is made from.
    Shared(AnyError),
    /// An error that only one caller can have.
    Own(R),
}

/// How the return type `R` relates to the kept `V`.
pub trait Mode<R, V>: Copy + Unpin + Send + Sync + 'static {
    /// What a caller gets for a value.
    fn value(self, value: V) -> R;
    /// What a caller gets for a shared error; `None`: it is not of this mode's making.
    fn error(self, error: AnyError) -> Option<R>;
    /// Takes a result apart.
    fn split(self, result: R) -> Split<V, R>;
}

/// A function that does not return a `Result`: all it returns is kept.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl<V> Mode<V, V> for Plain {
    #[inline]
    fn value(self, value: V) -> V {
        value
    }

    fn error(self, _: AnyError) -> Option<V> {
        None
    }

    fn split(self, result: V) -> Split<V, V> {
        Split::Value(result)
    }
}

/// An error that cannot be shared: the next waiter runs, one at a time.
#[derive(Clone, Copy, Debug)]
pub struct Retry;

impl<V, E> Mode<Result<V, E>, V> for Retry {
    #[inline]
    fn value(self, value: V) -> Result<V, E> {
        Ok(value)
    }

    fn error(self, _: AnyError) -> Option<Result<V, E>> {
        None
    }

    fn split(self, result: Result<V, E>) -> Split<V, Result<V, E>> {
        match result {
            Ok(value) => Split::Value(value),
            Err(error) => Split::Own(Err(error)),
        }
    }
}

macro_rules! sharing {
    ($(#[$doc:meta])* $mode:ident, $error:ident: [$($bounds:tt)*], $share:expr, $shared:ty => $unshare:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $mode;

        impl<V, $error: $($bounds)*> Mode<Result<V, $error>, V> for $mode {
            #[inline]
            fn value(self, value: V) -> Result<V, $error> {
                Ok(value)
            }

            fn error(self, error: AnyError) -> Option<Result<V, $error>> {
                let shared: &$shared = error.downcast_ref()?;
                Some(Err($unshare(shared.clone())))
            }

            fn split(self, result: Result<V, $error>) -> Split<V, Result<V, $error>> {
                match result {
                    Ok(value) => Split::Value(value),
                    Err(error) => Split::Shared(Arc::new($share(error))),
                }
            }
        }
    };
}

sharing! {
    /// An error that says itself how it is shared.
    ByTrait, E: [ShareError], E::share, E::Shared => E::from_shared
}
sharing! {
    /// An error that is cloned for every caller.
    ByClone, E: [Clone + Send + Sync + 'static], |error: E| error, E => std::convert::identity
}
sharing! {
    /// An error that holds the first one, which every caller gets a view of.
    ByReport, E: [From<SharedError> + AsRef<dyn Error + Send + Sync> + Send + Sync + 'static], SharedError::of_report, SharedError => E::from
}
sharing! {
    /// An error that every caller gets as the view of one first error.
    ByShared, E: [From<SharedError> + Into<Box<dyn Error + Send + Sync>>], |error: E| SharedError::new(error), SharedError => E::from
}

/// Finds out about a return type. It is never called, only asked.
#[derive(Debug)]
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Default for Probe<R> {
    fn default() -> Self {
        Self::NEW
    }
}

impl<R> Probe<R> {
    /// A probe.
    pub const NEW: Self = Self(PhantomData);
}

/// First: the error implements [`ShareError`].
pub trait ErrorsByTrait {
    /// The mode of the function.
    fn mode(&self) -> ByTrait {
        ByTrait
    }
}
impl<V, E: ShareError> ErrorsByTrait for &&&&Probe<Result<V, E>> {}

/// Second: it can be cloned.
pub trait ErrorsByClone {
    /// The mode of the function.
    fn mode(&self) -> ByClone {
        ByClone
    }
}
impl<V, E: Clone + Send + Sync + 'static> ErrorsByClone for &&&Probe<Result<V, E>> {}

/// Third: it can be made from a [`SharedError`], and holds the error that it is about, as `anyhow::Error` and `eyre::Report` do.
pub trait ErrorsByReport {
    /// The mode of the function.
    fn mode(&self) -> ByReport {
        ByReport
    }
}
impl<V, E> ErrorsByReport for &&Probe<Result<V, E>> where
    E: From<SharedError> + AsRef<dyn Error + Send + Sync> + Send + Sync + 'static
{
}

/// Fourth: it can be made from a [`SharedError`].
pub trait ErrorsByShared {
    /// The mode of the function.
    fn mode(&self) -> ByShared {
        ByShared
    }
}
impl<V, E: From<SharedError> + Into<Box<dyn Error + Send + Sync>>> ErrorsByShared for &Probe<Result<V, E>> {}

/// Last, unless the function insists on sharing: every waiter runs itself.
pub trait ErrorsByRetry {
    /// The mode of the function.
    fn mode(&self) -> Retry {
        Retry
    }
}
impl<V, E> ErrorsByRetry for Probe<Result<V, E>> {}

/// Last, if the function says `errors = share`.
pub trait ErrorsCannotBeShared<E> {
    /// The mode of the function.
    fn mode(&self) -> Retry
    where
        E: Shareable;
}
impl<V, E> ErrorsCannotBeShared<E> for Probe<Result<V, E>> {
    fn mode(&self) -> Retry
    where
        E: Shareable,
    {
        Retry
    }
}

/// Implemented for nothing: what could be shared has been found before it is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared by several callers, as `errors = share` asks for",
    label = "this error is not `Clone + Send + Sync + 'static`, `From<SharedError>`, or `ShareError`",
    note = "derive `Clone`, add a variant `Shared(#[from] cachetools::SharedError)`, implement `cachetools::ShareError`, or say `errors = retry`: a failed call then makes the next waiter run"
)]
pub trait Shareable {}

/// The answer to "is this a `Result` under another name?" of a function that did not say.
#[derive(Clone, Copy, Debug)]
pub struct No;

/// Implemented for nothing.
#[diagnostic::on_unimplemented(
    message = "this function returns a `Result` under another name",
    label = "say `result = true` to keep its `Ok` and share its `Err`, or `result = false` to keep both"
)]
pub trait SaidSo {}

impl<V, E> Probe<Result<V, E>> {
    /// The mode of a function that says `errors = retry`.
    #[inline]
    pub fn retry(&self) -> Retry {
        Retry
    }

    /// An inherent method goes before a trait's: this one is found if the type is a `Result`.
    pub fn plain<S: SaidSo>(&self, _: S) {}
}

/// Found if the type is no `Result`.
pub trait PlainOk {
    /// All is well.
    fn plain(&self, _: No) {}
}
impl<R> PlainOk for Probe<R> {}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io;
    use std::rc::Rc;

    use super::{
        ByClone, ByReport, ByShared, ByTrait, ErrorsByClone as _, ErrorsByReport as _, ErrorsByRetry as _,
        ErrorsByShared as _, ErrorsByTrait as _, Mode, Probe, Retry, SharedError, Split,
    };

    macro_rules! mode_of {
        ($error:ty) => {
            (&&&&&Probe::<Result<u8, $error>>::NEW).mode()
        };
    }

    #[derive(Debug)]
    struct Own(SharedError);

    impl From<SharedError> for Own {
        fn from(error: SharedError) -> Self {
            Self(error)
        }
    }

    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    impl Error for Own {}

    #[test]
    fn the_mode_is_found_out_from_the_error_type() {
        let ByClone = mode_of!(String);
        let ByTrait = mode_of!(io::Error);
        let ByReport = mode_of!(Box<dyn Error + Send + Sync>);
        let ByShared = mode_of!(Own);
        let Retry = mode_of!(Rc<str>);
        let Retry = mode_of!(Box<dyn Error>);
    }

    #[test]
    fn every_caller_gets_an_error_made_from_the_first() {
        let Split::Shared(shared) =
            Mode::<Result<u8, io::Error>, u8>::split(ByTrait, Err(io::ErrorKind::TimedOut.into()))
        else {
            panic!("shared")
        };
        for _ in 0..2 {
            let error: Option<Result<u8, io::Error>> = ByTrait.error(shared.clone());
            assert_eq!(error.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        let other: Option<Result<u8, String>> = ByClone.error(shared);
        assert_eq!(other, None);
    }
}
