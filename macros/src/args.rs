//! The grammar of the attributes: what may stand between the parentheses, option by option.

mod duration;
mod suggest;
mod value;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Ident, Path, Result, Token};

pub(crate) use suggest::nearest;
pub(crate) use value::{Errors, Flag, FlightWord, HandleWord, KeyFn, Life, Names, OnStoreError, Ttl};

use value::Value;

/// Which of the two attributes is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Cached,
    CachedMethod,
}

impl Attribute {
    /// Its name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::CachedMethod => "cachedmethod",
        }
    }
}

/// Where an option may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Both,
    Methods,
}

/// An option's value beside the word that introduced it, so that an error can underline either.
#[derive(Clone)]
pub(crate) struct Opt<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T> Opt<T> {
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }
}

struct Row {
    word: &'static str,
    on: On,
    example: &'static str,
}

/// The one table of options: a field, the word for it, the attribute it belongs to, the type of its value, an example.
macro_rules! options {
    ($($(#[$doc:meta])* $field:ident = $word:literal: $value:ty, $on:ident, $example:literal;)*) => {
        /// Everything that the attribute says, as it was written; the rules are in `plan`.
        #[derive(Default)]
        pub(crate) struct Args {
            $($(#[$doc])* pub(crate) $field: Option<Opt<$value>>,)*
        }

        const TABLE: &[Row] = &[$(Row { word: $word, on: On::$on, example: $example }),*];

        impl Args {
            /// Reads what follows the word `key`, which is in the table.
            fn read(&mut self, key: Ident, word: &str, input: ParseStream) -> Result<()> {
                match word {
                    $($word => read_into(&mut self.$field, key, $example, input),)*
                    _ => Ok(()),
                }
            }
        }
    };
}

options! {
    /// How many entries are kept, the least recently used leaving first.
    lru = "lru": Expr, Both, "lru = 32";
    /// How many entries are kept, in another order of leaving.
    lfu = "lfu": Expr, Both, "lfu = 32";
    fifo = "fifo": Expr, Both, "fifo = 32";
    random = "random": Expr, Both, "random = 32";
    sieve = "sieve": Expr, Both, "sieve = 32";
    s3_fifo = "s3_fifo": Expr, Both, "s3_fifo = 32";
    tiny_lfu = "tiny_lfu": Expr, Both, "tiny_lfu = 32";
    /// No bound.
    unbounded = "unbounded": Flag, Both, "unbounded";
    /// How long an entry lives.
    ttl = "ttl": Ttl, Both, "ttl = \"10m\"";
    /// What is added to the ttl, drawn for each entry.
    jitter = "jitter": Life, Both, "jitter = \"5m\"";
    /// How long an entry lives without being used.
    tti = "tti": Life, Both, "tti = \"5m\"";
    /// What an entry weighs.
    weigh = "weigh": Expr, Both, "weigh = |key, value| value.len()";
    /// Who hears of what leaves.
    on_evict = "on_evict": Expr, Both, "on_evict = |key, value, cause| log(cause)";
    /// Where chance begins.
    seed = "seed": Expr, Both, "seed = 7";
    /// Arguments that do not count in the key.
    ignore = "ignore": Names, Both, "ignore = \"db\"";
    /// The key, computed from the arguments.
    key = "key": KeyFn, Both, "key = |id| -> String { id.to_string() }";
    /// Which values are worth keeping.
    cache_if = "cache_if": Expr, Both, "cache_if = |value| value.is_some()";
    /// What the waiters of a failed call get.
    errors = "errors": Errors, Both, "errors = share";
    /// Who owns and drives a running call.
    flight = "flight": FlightWord, Both, "flight = inline";
    /// The cache's name in statistics.
    name = "name": Expr, Both, "name = \"peps\"";
    /// The handle: none, or under another name.
    handle = "handle": HandleWord, Both, "handle = other_name";
    /// Whether the return type is a `Result`, where its name doesn't tell.
    result = "result": bool, Both, "result = true";
    /// Where the runtime crate is.
    krate = "crate": Path, Both, "crate = some::path";
    /// The clock that entries age by.
    clock = "clock": Expr, Both, "clock = my_clock()";
    /// A second tier.
    store = "store": Expr, Both, "store = my_store()";
    codec = "codec": Expr, Both, "codec = MessagePack";
    namespace = "namespace": Expr, Both, "namespace = \"users\"";
    version = "version": Expr, Both, "version = 2";
    lease = "lease": Life, Both, "lease = \"10s\"";
    memory = "memory": bool, Both, "memory = false";
    on_store_error = "on_store_error": OnStoreError, Both, "on_store_error = fail";
    /// A cache that exists already.
    cache = "cache": Expr, Both, "cache = SHARED";
    /// The `InstanceCaches` that a method's cache lives in.
    caches = "caches": Expr, Methods, "caches = self.inner.caches";
    /// One cache for all instances.
    shared = "shared": Flag, Methods, "shared";
}

impl Args {
    /// Reads the attribute's tokens; every mistake is reported, each at its own word.
    pub(crate) fn parse(attribute: Attribute, tokens: proc_macro2::TokenStream) -> Result<Self> {
        let mut args = Self::default();
        let mut errors = None;
        let grammar = |input: ParseStream| {
            while !input.is_empty() {
                if let Err(error) = args.option(attribute, input) {
                    combine(&mut errors, error);
                    skip_to_next_option(input);
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        let rest = grammar.parse2(tokens);
        if let Err(error) = rest {
            combine(&mut errors, error);
        }
        errors.map_or(Ok(args), Err)
    }

    fn option(&mut self, attribute: Attribute, input: ParseStream) -> Result<()> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an option, such as `lru = 32` or `ttl = \"10m\"`"));
        }
        let key = input.call(Ident::parse_any)?;
        let word = key.to_string();
        let Some(row) = TABLE.iter().find(|row| row.word == word) else {
            return Err(Error::new(key.span(), unknown(attribute, &word)));
        };
        if row.on == On::Methods && attribute == Attribute::Cached {
            return Err(Error::new(key.span(), format!("`{word}` is an option of `#[cachedmethod]`")));
        }
        self.read(key, &word, input)?;
        if input.is_empty() || input.peek(Token![,]) {
            Ok(())
        } else {
            Err(input.error(format!("expected `,` after the option `{word}`, which is written `{}`", row.example)))
        }
    }
}

fn read_into<T: Value>(field: &mut Option<Opt<T>>, key: Ident, example: &str, input: ParseStream) -> Result<()> {
    let value = value::after_key(&key, example, input)?;
    if field.is_some() {
        return Err(Error::new(key.span(), format!("`{key}` is given twice")));
    }
    *field = Some(Opt { key, value });
    Ok(())
}

/// What some options are called elsewhere, and here.
const ELSEWHERE: [(&str, &str); 11] = [
    ("maxsize", "lru"),
    ("max_size", "lru"),
    ("size", "lru"),
    ("capacity", "lru"),
    ("max_capacity", "lru"),
    ("time", "ttl"),
    ("time_to_live", "ttl"),
    ("time_to_idle", "tti"),
    ("convert", "key"),
    ("weigher", "weigh"),
    ("skip", "ignore"),
];

fn unknown(attribute: Attribute, word: &str) -> String {
    let known =
        || TABLE.iter().filter(|row| row.on == On::Both || attribute == Attribute::CachedMethod).map(|row| row.word);
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == word).map(|(_, here)| *here);
    match elsewhere.or_else(|| nearest(word, known())) {
        Some(near) => format!("unknown option `{word}`: did you mean `{near}`?"),
        None => format!(
            "unknown option `{word}`: the options are {}",
            known().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// After a mistake, goes on at the next comma. A value that was read ends at one; a value that could not be read may hold commas of
/// its own, so there it is one that an option follows.
fn skip_to_next_option(input: ParseStream) {
    if input.peek(Token![,]) {
        return;
    }
    while !input.is_empty() {
        if input.peek(Token![,]) {
            let ahead = input.fork();
            let comma: Result<Token![,]> = ahead.parse();
            let starts = comma.is_ok()
                && (ahead.is_empty()
                    || ahead.call(Ident::parse_any).is_ok()
                        && (ahead.is_empty()
                            || ahead.peek(Token![,])
                            || ahead.peek(Token![=]) && !ahead.peek(Token![==])));
            if starts {
                return;
            }
        }
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// Adds one more mistake to those found so far.
pub(crate) fn combine(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

#[cfg(test)]
mod tests;
