use quote::quote;
use syn::Error;

use super::*;

fn item(tokens: proc_macro2::TokenStream) -> Item {
    syn::parse2(tokens).unwrap()
}

fn with_plan<T>(
    attribute: Attribute,
    args: proc_macro2::TokenStream,
    tokens: proc_macro2::TokenStream,
    look: impl FnOnce(Plan) -> T,
) -> T {
    let item = item(tokens);
    let args = Args::parse(attribute, args).unwrap_or_else(|error| panic!("{error}"));
    look(plan(attribute, args, &item).unwrap_or_else(|error| panic!("{error}")))
}

fn cached<T>(args: proc_macro2::TokenStream, tokens: proc_macro2::TokenStream, look: impl FnOnce(Plan) -> T) -> T {
    with_plan(Attribute::Cached, args, tokens, look)
}

fn mistakes(attribute: Attribute, args: proc_macro2::TokenStream, tokens: proc_macro2::TokenStream) -> Vec<String> {
    let item = item(tokens);
    let args = Args::parse(attribute, args).unwrap_or_else(|error| panic!("{error}"));
    let error = plan(attribute, args, &item).err().expect("a mistake");
    error.into_iter().map(|error: Error| error.to_string()).collect()
}

/// `shared`, `inline` or `detached`, as the plan has it.
fn flight(args: proc_macro2::TokenStream, tokens: proc_macro2::TokenStream) -> &'static str {
    cached(args, tokens, |plan| match plan.flight {
        Flight::Inline => "inline",
        Flight::Shared(_) => "shared",
        Flight::Detached(_) => "detached",
    })
}

#[test]
fn a_self_contained_call_is_shared() {
    for tokens in [
        quote!(
            async fn f() {}
        ),
        quote!(
            async fn f(id: u64, name: String) {}
        ),
        quote!(
            async fn f(name: &str, tags: &[String], user: &User) {}
        ),
        quote!(
            async fn f(name: &'static str, other: Option<&'static str>) {}
        ),
        quote!(
            async fn f<T: Clone + Send + 'static>(id: T) {}
        ),
        quote!(
            async fn f<T>(id: T)
            where
                T: Clone + Send + 'static,
            {
            }
        ),
        quote!(
            async fn f<const N: usize>(id: [u8; N]) {}
        ),
        quote!(
            async fn f((a, b): (u8, u8)) {}
        ),
        quote!(
            async fn f(id: u64) {
                other::f(id).await;
                self_like.f(id);
                f::cache_info();
            }
        ),
        quote!(
            async fn f(callback: fn(&str) -> u32) {}
        ),
        quote!(
            fn f(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
                Box::pin(async move { id })
            }
        ),
    ] {
        assert_eq!(flight(quote!(), tokens.clone()), "shared", "{tokens}");
    }
    assert_eq!(
        flight(
            quote!(ignore = "db"),
            quote!(
                async fn f(db: Arc<Pool>, id: u64) {}
            )
        ),
        "shared"
    );
    assert_eq!(
        flight(
            quote!(key = |id| -> u64 { *id }),
            quote!(
                async fn f(id: u64, extra: f64) {}
            )
        ),
        "shared"
    );
}

#[test]
fn what_borrows_or_calls_itself_is_inline() {
    for tokens in [
        quote!(
            async fn f(name: Option<&str>) {}
        ),
        quote!(
            async fn f(names: &[&str]) {}
        ),
        quote!(
            async fn f(name: Cow<'_, str>) {}
        ),
        quote!(
            async fn f<'a>(name: &'a str) {}
        ),
        quote!(
            async fn f<T: Clone + Send>(id: u64, by: PhantomData<T>)
            where
                T: 'static + Other,
                T: Sync,
            {
            }
        ),
        quote!(
            async fn f<T: Clone + 'static>(id: T) {}
        ),
        quote!(
            async fn f<K: ?Sized + ToOwned + Send + 'static>(key: &K) {}
        ),
        quote!(
            async fn f(n: u64) {
                f(n - 1).await
            }
        ),
        quote!(
            async fn f(n: u64) {
                vec![self::f(n)]
            }
        ),
        quote!(
            fn f(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
                Box::pin(async move { f(n - 1).await })
            }
        ),
        quote!(
            fn f(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
                Box::pin(async move { id })
            }
        ),
    ] {
        let expected = if tokens.to_string().contains("PhantomData") { "shared" } else { "inline" };
        assert_eq!(flight(quote!(), tokens.clone()), expected, "{tokens}");
    }
    assert_eq!(
        flight(
            quote!(ignore = "db"),
            quote!(
                async fn f(db: &Pool, id: u64) {}
            )
        ),
        "inline"
    );
    assert_eq!(
        flight(
            quote!(ignore = "db"),
            quote!(
                async fn f(db: impl Executor, id: u64) {}
            )
        ),
        "inline"
    );
    assert_eq!(
        flight(
            quote!(key = |user| -> u64 { user.id }),
            quote!(
                async fn f(user: &User) {}
            )
        ),
        "inline"
    );
}

#[test]
fn methods_are_inline_unless_they_say_otherwise() {
    let flight = |args, tokens| {
        with_plan(Attribute::CachedMethod, args, tokens, |plan| match plan.flight {
            Flight::Inline => "inline".to_owned(),
            Flight::Shared(owned) => {
                format!("shared with {}", owned.instance.map_or_else(|| "self".into(), |ty| quote!(#ty).to_string()))
            }
            Flight::Detached(_) => "detached".to_owned(),
        })
    };
    assert_eq!(
        flight(
            quote!(),
            quote!(
                async fn f(&self, id: u64) {}
            )
        ),
        "inline"
    );
    assert_eq!(
        flight(
            quote!(),
            quote!(
                async fn f(id: u64) {}
            )
        ),
        "inline"
    );
    assert_eq!(
        flight(
            quote!(flight = shared),
            quote!(
                async fn f(&self, id: u64) {}
            )
        ),
        "shared with Self"
    );
    assert_eq!(
        flight(
            quote!(flight = shared),
            quote!(
                async fn f(self: Arc<Self>, id: u64) {}
            )
        ),
        "shared with self"
    );
    assert_eq!(
        flight(
            quote!(flight = shared),
            quote!(
                async fn f(self: &Arc<Self>, id: u64) {}
            )
        ),
        "shared with Arc < Self >"
    );
}

#[test]
fn the_key_owns_what_the_arguments_borrow() {
    let owned = |tokens: proc_macro2::TokenStream| {
        cached(quote!(), tokens, |plan| match plan.key {
            Key::Parts(parts) => parts
                .iter()
                .map(|part| part.owned.as_ref().map(|ty| quote!(#ty).to_string().replace(' ', "")))
                .collect::<Vec<_>>(),
            Key::Given(_) => unreachable!(),
        })
    };
    let own = |ty: &str| Some(ty.replace(' ', ""));
    assert_eq!(
        owned(quote!(
            async fn f(a: u64, b: &str, c: &[u8], d: &User, e: &'static str, g: &Path, h: Option<&str>) {}
        )),
        [
            own("u64"),
            own("::std::string::String"),
            own("::std::vec::Vec<u8>"),
            own("User"),
            own("&'static str"),
            own("<Path as ::std::borrow::ToOwned>::Owned"),
            None
        ]
    );
}

#[test]
fn what_is_kept_of_a_result_is_its_ok() {
    let value =
        |args, tokens| cached(args, tokens, |plan| plan.returns.value(&quote!(rt)).to_string().replace(' ', ""));
    assert_eq!(
        value(
            quote!(),
            quote!(
                async fn f() -> Result<User, E> {}
            )
        ),
        "User"
    );
    assert_eq!(
        value(
            quote!(),
            quote!(
                async fn f() -> anyhow::Result<User> {}
            )
        ),
        "User"
    );
    assert_eq!(
        value(
            quote!(),
            quote!(
                async fn f() -> fmt::Result {}
            )
        ),
        "<fmt::Resultasrt::ResultLike>::Ok"
    );
    assert_eq!(
        value(
            quote!(result = true),
            quote!(
                async fn f() -> Answer<User> {}
            )
        ),
        "<Answer<User>asrt::ResultLike>::Ok"
    );
    assert_eq!(
        value(
            quote!(result = false),
            quote!(
                async fn f() -> Result<User, E> {}
            )
        ),
        "Result<User,E>"
    );
    assert_eq!(
        value(
            quote!(),
            quote!(
                async fn f() {}
            )
        ),
        "()"
    );
    let guarded = |tokens| cached(quote!(), tokens, |plan| matches!(plan.returns.kind, Kind::Plain { guard: true }));
    assert!(guarded(quote!(
        async fn f() -> Answer<User> {}
    )));
    assert!(guarded(quote!(
        async fn f() -> T::Output {}
    )));
    assert!(!guarded(quote!(
        async fn f() -> u64 {}
    )));
    assert!(!guarded(quote!(
        async fn f() -> (A, B) {}
    )));
}

#[test]
fn the_handle_has_the_parameters_that_count() {
    let kept = |args, tokens| cached(args, tokens, |plan| plan.kept.names().to_string());
    assert_eq!(
        kept(
            quote!(),
            quote!(
                async fn f<T: 'static, const N: usize>(id: [u8; N]) -> T {}
            )
        ),
        "T , N"
    );
    assert_eq!(
        kept(
            quote!(ignore = "ex"),
            quote!(
                async fn f<'c, E: Executor<'c>>(ex: E, id: u64) {}
            )
        ),
        ""
    );
    assert_eq!(
        kept(
            quote!(ignore = "f"),
            quote!(
                async fn f<F, Fut>(f: F, id: u64)
                where
                    F: Fn(u64) -> Fut,
                    Fut: Future,
                {
                }
            )
        ),
        ""
    );
    let by_key = quote!(key = |value| -> String { value.to_string() });
    assert_eq!(
        kept(
            by_key,
            quote!(
                async fn f<T: Display + 'static, E: Executor>(value: T, ex: E) -> String {}
            )
        ),
        "T"
    );
    // Mentioned nowhere, so the caller tells it.
    assert_eq!(
        kept(
            quote!(),
            quote!(
                async fn f<A: 'static>(id: u64) {}
            )
        ),
        "A"
    );
}

#[test]
fn a_method_has_a_handle_where_one_can_stand() {
    let handle = |args, tokens| {
        with_plan(Attribute::CachedMethod, args, tokens, |plan| plan.handle.map(|name| name.to_string()))
    };
    assert_eq!(
        handle(
            quote!(),
            quote!(
                pub async fn user(&self) {}
            )
        ),
        Some("user_cache".into())
    );
    assert_eq!(
        handle(
            quote!(),
            quote!(
                async fn user(&self) {}
            )
        ),
        None
    );
    assert_eq!(
        handle(
            quote!(handle = true),
            quote!(
                async fn user(&self) {}
            )
        ),
        Some("user_cache".into())
    );
    assert_eq!(
        handle(
            quote!(handle = users),
            quote!(
                pub async fn user(&self) {}
            )
        ),
        Some("users".into())
    );
    assert_eq!(
        handle(
            quote!(handle = false),
            quote!(
                pub async fn user(&self) {}
            )
        ),
        None
    );
    assert_eq!(
        handle(
            quote!(),
            quote!(
                pub async fn r#type(&self) {}
            )
        ),
        Some("type_cache".into())
    );
}

#[test]
fn every_broken_rule_is_reported() {
    assert_eq!(
        mistakes(
            Attribute::Cached,
            quote!(ignore = "bd", lru = 3, unbounded),
            quote!(
                async fn f(a: f64, b: &mut u8, #[cfg(x)] db: u8) -> &str {}
            )
        ),
        [
            "an argument that may not be there can't be in a key: put the `#[cfg]` on two versions of the function",
            "what is kept outlives the call, so it can't borrow from it: return an owned value, an `Arc` or a `&'static` one",
            "no argument is called `bd`: did you mean `db`?",
            "a float can't be part of a cache key: leave it out with `ignore`, or compute the key with `key = |..| -> K { .. }`",
            "a `&mut` reference can't be part of a cache key: leave it out with `ignore`, or compute the key with `key = |..| -> K { .. }`",
            "`lru` is a bound and `unbounded` is none: keep one of them",
        ]
    );
}

#[test]
fn a_float_inside_a_type_of_the_users_own_is_the_types_business() {
    cached(
        quote!(),
        quote!(
            async fn f(a: OrderedFloat<f64>, b: PhantomData<f32>) {}
        ),
        |_| (),
    );
    assert_eq!(
        mistakes(
            Attribute::Cached,
            quote!(),
            quote!(
                async fn f(a: Vec<Option<(u8, f64)>>) {}
            )
        )
        .len(),
        1
    );
}

#[test]
fn cached_in_an_impl_is_told_where_to_go() {
    for tokens in [
        quote!(
            async fn f(&self) {}
        ),
        quote!(
            async fn f(id: u64) -> Self {}
        ),
        quote!(
            async fn f(id: u64) {
                Self::g(id)
            }
        ),
    ] {
        let found = mistakes(Attribute::Cached, quote!(), tokens.clone());
        assert!(found.len() == 1 && found[0].contains("use `#[cachedmethod]`"), "{tokens}: {found:?}");
    }
    cached(
        quote!(),
        quote!(
            async fn f() {
                struct A;
                impl A {
                    fn a() -> Self {
                        Self
                    }
                }
            }
        ),
        |_| (),
    );
}

#[test]
fn options_of_a_second_tier_need_one() {
    let of = |attribute, args, tokens| mistakes(attribute, args, tokens);
    let found = of(
        Attribute::Cached,
        quote!(codec = Json, memory = false),
        quote!(
            async fn f(id: u64) {}
        ),
    );
    let message = |option| format!("`{option}` is about a second tier: name it with `store = ..`");
    assert_eq!(found, [message("codec"), message("memory")]);
    let method = of(
        Attribute::CachedMethod,
        quote!(store = s()),
        quote!(
            async fn f(&self, id: u64) {}
        ),
    );
    assert_eq!(method.len(), 1);
}

#[cfg(feature = "store")]
#[test]
fn a_call_that_cannot_fail_cannot_fail_with_its_store() {
    let args = quote!(store = s(), on_store_error = fail);
    let found = mistakes(
        Attribute::Cached,
        args,
        quote!(
            async fn f(id: u64) -> u64 {
                id
            }
        ),
    );
    assert_eq!(found, ["a call can fail with the store only if it returns a `Result`"]);
    let args = quote!(store = s(), cache = SHARED);
    assert_eq!(
        mistakes(
            Attribute::Cached,
            args,
            quote!(
                async fn f(id: u64) -> u64 {
                    id
                }
            )
        )
        .len(),
        1
    );
}
