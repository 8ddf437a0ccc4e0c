//! From what was written to what will be generated: every rule, and every message about a rule that is broken. A [`Plan`] can't
//! hold a combination that `expand` could not write.

mod flight;
mod generics;
mod key;
mod returns;
mod tier;

use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Error, Expr, Ident, Path, Result, Visibility};

use crate::args::{Args, Attribute, HandleWord, Life, Opt, Ttl, combine};
use crate::item::{Body, Item, boxed_output};
use crate::types;

pub(crate) use flight::{Flight, Owned, OwnedCopy};
pub(crate) use generics::Kept;
pub(crate) use key::{GivenKey, Key, Part, Place};
pub(crate) use returns::{Kind, Returns};
pub(crate) use tier::Tier;

/// All decisions about one decorated function.
pub(crate) struct Plan<'a> {
    pub(crate) item: &'a Item,
    /// The runtime crate.
    pub(crate) krate: Path,
    pub(crate) key: Key,
    pub(crate) returns: Returns,
    pub(crate) flight: Flight,
    /// The generic parameters that tell caches apart.
    pub(crate) kept: Kept,
    pub(crate) home: Home,
    /// The handle's name, if there is one.
    pub(crate) handle: Option<Ident>,
    /// What is behind the memory, if something is.
    pub(crate) tier: Option<Tier>,
}

/// Where the cache lives.
pub(crate) enum Home {
    /// In a static of the function's own.
    Function(Build),
    /// In a static, one for each `Self`.
    Type(Build),
    /// In the instance's `InstanceCaches`, which this expression gives; `None`: its field `caches`.
    Instance(Option<Box<Expr>>, Build),
    /// It is this expression's.
    Given(Box<Expr>),
}

/// How a cache is built that does not exist yet.
pub(crate) struct Build {
    pub(crate) name: Option<Expr>,
    pub(crate) ignored: Vec<String>,
    pub(crate) bound: Bound,
    pub(crate) lives: Lives,
    pub(crate) tti: Option<Life>,
    /// Builder methods that take their option's value as it is, by name.
    pub(crate) plain: Vec<(Ident, Expr)>,
}

/// How many entries are kept, and in what order they leave.
pub(crate) enum Bound {
    Default,
    /// A builder method of this name.
    Order(Ident, Expr),
    Unbounded,
}

/// How long entries live.
pub(crate) enum Lives {
    Forever,
    Ttl(Ttl),
    Jittered(Ttl, Life),
}

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(Error::new(span, message));
    }

    /// Underlines all of the tokens; a span of several can't be made otherwise.
    pub(crate) fn on(&mut self, tokens: &impl quote::ToTokens, message: impl std::fmt::Display) {
        self.add(Error::new_spanned(tokens, message));
    }

    pub(crate) fn add(&mut self, error: Error) {
        combine(&mut self.0, error);
    }

    fn found(&self) -> bool {
        self.0.is_some()
    }
}

/// Checks the rules and decides; reports every broken rule, each once.
pub(crate) fn plan(attribute: Attribute, args: Args, item: &Item) -> Result<Plan<'_>> {
    let mut mistakes = Mistakes(item.mistakes.clone());
    function(attribute, item, &mut mistakes);
    let word = attribute.word();
    if mistakes.found() && item.sig.asyncness.is_none() && boxed_output(&item.sig).is_none() {
        // The rest is about async functions.
        return Err(mistakes.0.expect("found"));
    }
    let returns = returns::plan(&args, item, word, &mut mistakes);
    let (key, ignored) = key::plan(attribute, &args, item, &mut mistakes);
    let flight = flight::plan(attribute, &args, item, &key, &mut mistakes);
    let kept = generics::plan(item, &key, &returns, &mut mistakes);
    let krate = args.krate.as_ref().map_or_else(|| syn::parse_quote!(::cachetools), |krate| krate.value.clone());
    let handle = handle(attribute, args.handle.as_ref(), item, &mut mistakes);
    let tier = tier::plan(attribute, &args, item, &returns, &mut mistakes);
    let home = home(attribute, args, item, ignored, &mut mistakes);
    match mistakes.0 {
        Some(error) => Err(error),
        None => Ok(Plan { item, krate, key, returns, flight, kept, home, handle, tier }),
    }
}

/// What kind of function it is, and where it stands.
fn function(attribute: Attribute, item: &Item, mistakes: &mut Mistakes) {
    let sig = &item.sig;
    let word = attribute.word();
    if sig.asyncness.is_none() {
        let returned = types::returned(&sig.output, sig.fn_token.span);
        let future = match types::bare(&returned) {
            syn::Type::ImplTrait(opaque) => types::future_output(opaque.bounds.iter()),
            _ => None,
        };
        if future.is_some() {
            mistakes.on(&returned, format!("write this as an `async fn`: `#[{word}]` works on its body"));
        } else if boxed_output(sig).is_none() {
            mistakes.at(sig.fn_token.span, format!("`#[{word}]` is for async functions: write `async fn`"));
        } else if !matches!(item.body, Body::Boxed(_) | Body::None) {
            mistakes.at(
                sig.fn_token.span,
                format!("`#[{word}]` looks for the body in `Box::pin(async move {{ .. }})` as the last expression: write it so, or as an `async fn`"),
            );
        }
    }
    if matches!(item.body, Body::None) {
        mistakes
            .at(sig.ident.span(), format!("`#[{word}]` needs a function with a body: put it on the implementation"));
    }
    if let Some(receiver) = item.receiver() {
        if attribute == Attribute::Cached {
            mistakes.at(receiver.self_token.span, "`#[cached]` is for functions: on a method use `#[cachedmethod]`");
        } else if let syn::ReceiverKind::Reference(_, _, Some(_)) = receiver.kind {
            mistakes.on(receiver, "a hit would skip what `&mut self` is for: take `&self`");
        } else if let syn::ReceiverKind::Typed(_, ty) = &receiver.kind {
            let pinned = types::arguments_of(ty, "Pin").and_then(|arguments| arguments.first().copied());
            if types::as_reference(pinned.unwrap_or(ty)).is_some_and(|reference| reference.mutability.is_some()) {
                mistakes.on(receiver, "a hit would skip what `&mut self` is for: take `&self`");
            }
        }
    } else if attribute == Attribute::Cached {
        if let Some(span) = key::names_self(item) {
            mistakes.at(span, "`#[cached]` is for functions: in an `impl` use `#[cachedmethod]`");
        }
    }
    if let Some(again) = item.attrs.iter().find(|attr| types::is_ours(attr.path())) {
        mistakes.on(again, "this function is cached already: keep one of the attributes");
    }
    for arg in &item.args {
        if let Some(span) = arg.cfg {
            mistakes.at(
                span,
                "an argument that may not be there can't be in a key: put the `#[cfg]` on two versions of the function",
            );
        }
    }
}

fn handle(
    attribute: Attribute,
    given: Option<&Opt<HandleWord>>,
    item: &Item,
    mistakes: &mut Mistakes,
) -> Option<Ident> {
    let boxed = matches!(item.body, Body::Boxed(_));
    let usual = || match attribute {
        Attribute::Cached => item.ident().clone(),
        Attribute::CachedMethod => format_ident!("{}_cache", item.ident().unraw(), span = item.ident().span()),
    };
    match given.map(|given| &given.value) {
        Some(HandleWord::No) => None,
        Some(HandleWord::Named(name)) => Some(name.clone()),
        Some(HandleWord::Yes) => Some(usual()),
        None if attribute == Attribute::Cached => Some(usual()),
        // In a trait impl, where nothing may stand beside its methods, a method has no visibility; nor has what async_trait wrote.
        None => (!boxed && !matches!(item.vis, Visibility::Inherited)).then(usual),
    }
    .inspect(|name| {
        if attribute == Attribute::CachedMethod && name == item.ident() {
            mistakes.at(name.span(), "the handle is a method beside this one, so it needs another name");
        }
    })
}

fn home(attribute: Attribute, mut args: Args, item: &Item, ignored: Vec<String>, mistakes: &mut Mistakes) -> Home {
    let Args { lru, lfu, fifo, random, sieve, s3_fifo, tiny_lfu, .. } = &mut args;
    let orders = [lru, lfu, fifo, random, sieve, s3_fifo, tiny_lfu];
    let mut orders: Vec<_> = orders.into_iter().filter_map(Option::take).collect();
    if let [first, .., last] = &orders[..] {
        mistakes.at(
            last.span(),
            format!("`{}` and `{}` are two orders of eviction: keep one of them", first.key, last.key),
        );
    }
    if let (Some(order), Some(unbounded)) = (orders.first(), &args.unbounded) {
        let span = unbounded.span().join(order.span()).unwrap_or(unbounded.span());
        mistakes.at(span, format!("`{}` is a bound and `unbounded` is none: keep one of them", order.key));
    }
    let own: Vec<_> = orders.iter().map(|o| &o.key).cloned().collect();
    let own = own.into_iter().chain(keys_of_the_builder(&args));
    if let Some(cache) = args.cache {
        for key in own {
            mistakes.at(
                key.span(),
                format!("`{key}` is decided where the cache is built, and `cache` names one that exists already"),
            );
        }
        return Home::Given(Box::new(cache.value));
    }
    if let (Some(unbounded), Some(weigh)) = (&args.unbounded, &args.weigh) {
        mistakes.at(weigh.span(), format!("a weight is what a bound is in, and this cache is `{}`", unbounded.key));
    }
    let plain = [args.weigh, args.cache_if, args.on_evict, args.clock, args.seed];
    let build = Build {
        name: args.name.map(|name| name.value),
        ignored,
        bound: match (orders.pop(), args.unbounded) {
            (Some(order), _) => Bound::Order(order.key, order.value),
            (None, Some(_)) => Bound::Unbounded,
            (None, None) => Bound::Default,
        },
        lives: lives(args.ttl, args.jitter, mistakes),
        tti: args.tti.map(|tti| tti.value),
        plain: plain.into_iter().flatten().map(|option| (option.key, option.value)).collect(),
    };
    match (attribute, args.caches, args.shared) {
        (Attribute::Cached, ..) => Home::Function(build),
        (Attribute::CachedMethod, Some(caches), Some(shared)) => {
            mistakes.at(
                shared.span(),
                "`shared` is one cache for all instances and `caches` is a place in one: keep one of them",
            );
            Home::Instance(Some(Box::new(caches.value)), build)
        }
        (Attribute::CachedMethod, Some(caches), None) => Home::Instance(Some(Box::new(caches.value)), build),
        (Attribute::CachedMethod, None, Some(_)) => Home::Type(build),
        (Attribute::CachedMethod, None, None) => match item.receiver() {
            Some(_) => Home::Instance(None, build),
            None => Home::Type(build),
        },
    }
}

/// The options that say how a cache is built, those of its bound left out.
fn keys_of_the_builder(args: &Args) -> Vec<Ident> {
    let exprs =
        [&args.weigh, &args.cache_if, &args.on_evict, &args.clock, &args.seed, &args.name, &args.caches, &args.store];
    let lives = [&args.jitter, &args.tti];
    let flags = [&args.unbounded, &args.shared];
    let ttl = args.ttl.iter().map(|option| &option.key);
    let exprs = exprs.into_iter().flatten().map(|option| &option.key);
    let lives = lives.into_iter().flatten().map(|option| &option.key);
    let flags = flags.into_iter().flatten().map(|option| &option.key);
    ttl.chain(exprs).chain(lives).chain(flags).cloned().collect()
}

fn lives(ttl: Option<Opt<Ttl>>, jitter: Option<Opt<Life>>, mistakes: &mut Mistakes) -> Lives {
    match (ttl.map(|ttl| ttl.value), jitter) {
        (None, None) => Lives::Forever,
        (Some(ttl), None) => Lives::Ttl(ttl),
        (None, Some(jitter)) => {
            mistakes.at(jitter.span(), "`jitter` is added to a ttl: `ttl = \"1h\", jitter = \"5m\"`");
            Lives::Forever
        }
        (Some(ttl), Some(jitter)) => {
            if matches!(ttl, Ttl::Closure(_)) {
                mistakes.at(jitter.span(), "a computed ttl says each entry's life itself: add the jitter there");
            }
            Lives::Jittered(ttl, jitter.value)
        }
    }
}

#[cfg(test)]
mod tests;
