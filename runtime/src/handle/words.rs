//! Parts of generated code that may be errors of the compiler's own, in its own words. It says which macros they came through: so
//! each comes through one of these, which generated code calls by a name that says what to do.

/// The handle of a function in a module of its own, and what it does. In an `impl` neither may stand.
#[doc(hidden)]
#[macro_export]
macro_rules! __handle {
    ($(#[$attr:meta])* mod $home:ident $handle:ident; $(#[$on:meta])* impl { $($verbs:tt)* }) => {
        $(#[$attr])*
        mod $home {
            pub enum $handle {}
        }
        $(#[$on])*
        impl $home::$handle {
            $($verbs)*
        }
    };
}

/// The handle beside its function, under a name that may be taken. It is what is blamed wherever the other stands, since the source
/// of another crate counts as the later.
#[doc(hidden)]
#[macro_export]
macro_rules! __name_of_the_handle {
    ($(#[$attr:meta])* $vis:vis $home:ident $handle:ident) => {
        $(#[$attr])*
        $vis use $home::$handle;
    };
}

/// The field of an instance that its methods' caches are in. The type may have none.
#[doc(hidden)]
#[macro_export]
macro_rules! __caches_of {
    ($instance:expr) => {
        $instance.caches
    };
}
