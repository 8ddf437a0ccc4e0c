use quote::quote;
use syn::Error;

use super::*;

fn cached(tokens: proc_macro2::TokenStream) -> Args {
    Args::parse(Attribute::Cached, tokens).unwrap_or_else(|error| panic!("{error}"))
}

fn mistakes(attribute: Attribute, tokens: proc_macro2::TokenStream) -> Vec<String> {
    let error = Args::parse(attribute, tokens).err().expect("a mistake");
    error.into_iter().map(|error: Error| error.to_string()).collect()
}

#[test]
fn every_option_of_a_function_is_read() {
    let args = cached(quote! {
        lru = 64 << 20, ttl = "10m", ignore = ("db", span), cache_if = |value| value.is_some(),
        errors = retry, flight = detached, name = "peps", handle = pep_cache, result = true, crate = some::path,
        clock = my_clock(), cache = SHARED,
    });
    assert!(matches!(args.lru.unwrap().value, Expr::Binary(_)));
    assert!(matches!(args.ttl.unwrap().value, Ttl::One(Life::Fixed(ttl)) if ttl.as_secs() == 600));
    let names: Vec<_> = args.ignore.unwrap().value.0.into_iter().map(|name| name.text).collect();
    assert_eq!(names, ["db", "span"]);
    assert!(matches!(args.cache_if.unwrap().value, Expr::Closure(_)));
    assert_eq!(args.errors.unwrap().value, Errors::Retry);
    assert_eq!(args.flight.unwrap().value, FlightWord::Detached);
    assert!(matches!(args.handle.unwrap().value, HandleWord::Named(name) if name == "pep_cache"));
    assert!(args.result.unwrap().value);
    assert_eq!(args.krate.unwrap().value.segments.len(), 2);
    assert!(args.name.is_some() && args.clock.is_some() && args.cache.is_some());
    assert!(args.unbounded.is_none() && args.key.is_none());
}

#[test]
fn a_ttl_is_seconds_text_or_an_expression() {
    let ttl = |tokens| cached(tokens).ttl.unwrap().value;
    assert!(matches!(ttl(quote!(ttl = 600)), Ttl::One(Life::Fixed(ttl)) if ttl.as_secs() == 600));
    assert!(matches!(ttl(quote!(ttl = "500ms")), Ttl::One(Life::Fixed(ttl)) if ttl.as_millis() == 500));
    assert!(matches!(ttl(quote!(ttl = Duration::from_secs(5))), Ttl::One(Life::Computed(_))));
    assert!(matches!(ttl(quote!(ttl = TTL)), Ttl::One(Life::Computed(_))));
    for bad in [
        quote!(ttl = "60"),
        quote!(ttl = ""),
        quote!(ttl = 1.5),
        quote!(ttl = -1),
        quote!(ttl = 60u64),
        quote!(ttl = 1..2),
    ] {
        assert_eq!(mistakes(Attribute::Cached, bad.clone()).len(), 1, "{bad}");
    }
}

#[test]
fn a_ttl_may_be_a_range_or_a_closure() {
    let ttl = |tokens| cached(tokens).ttl.unwrap().value;
    let between = |ttl| match ttl {
        Ttl::Between(Life::Fixed(from), Life::Fixed(to)) => (from.as_secs(), to.as_secs()),
        _ => panic!("two lengths"),
    };
    assert_eq!(between(ttl(quote!(ttl = "30m"..="60m"))), (1800, 3600));
    assert_eq!(between(ttl(quote!(ttl = ("30m", "60m")))), (1800, 3600));
    assert_eq!(between(ttl(quote!(ttl = 30..=60))), (30, 60));
    assert!(matches!(ttl(quote!(ttl = |key, value| value.max_age())), Ttl::Closure(_)));
    assert!(matches!(ttl(quote!(ttl = LEAST..=MOST)), Ttl::Between(Life::Computed(_), Life::Computed(_))));
    for bad in [quote!(ttl = 60..=30), quote!(ttl = 30..), quote!(ttl = (1, 2, 3)), quote!(ttl = "x"..="1m")] {
        assert_eq!(mistakes(Attribute::Cached, bad.clone()).len(), 1, "{bad}");
    }
}

#[test]
fn a_range_that_leaves_an_end_out_hears_how_one_is_written() {
    for open in [quote!(ttl = "30m".."60m"), quote!(ttl = 30..), quote!(ttl = ..=60), quote!(ttl = LEAST..MOST)] {
        let said = mistakes(Attribute::Cached, open.clone());
        assert_eq!(said, ["a range of lives has both its ends: write `ttl = \"30m\"..=\"60m\"`"], "{open}");
    }
}

#[test]
fn a_key_names_arguments_and_its_type() {
    let key =
        cached(quote!(key = |user, region: &str| -> (u64, String) { (user.id, region.into()) })).key.unwrap().value;
    let names: Vec<_> = key.inputs.iter().map(|input| input.name.to_string()).collect();
    assert_eq!(names, ["user", "region"]);
    assert!(key.inputs[0].ty.is_none() && key.inputs[1].ty.is_some());
    assert!(matches!(key.output, syn::Type::Tuple(_)));
    assert_eq!(
        mistakes(Attribute::Cached, quote!(key = |id| id.to_string())),
        ["`key` is a closure over the arguments that names its return type: `key = |id| -> String { id.to_string() }`"]
    );
}

#[test]
fn the_options_of_methods_belong_to_methods() {
    let args = Args::parse(Attribute::CachedMethod, quote!(shared, caches = self.inner.caches, handle = true)).unwrap();
    assert!(args.shared.is_some() && args.caches.is_some());
    assert!(matches!(args.handle.unwrap().value, HandleWord::Yes));
    assert_eq!(mistakes(Attribute::Cached, quote!(shared)), ["`shared` is an option of `#[cachedmethod]`"]);
}

#[test]
fn every_mistake_is_reported_once() {
    assert_eq!(
        mistakes(
            Attribute::Cached,
            quote!(tll = "10m", lru, lru = , unbounded = 3, errors = maybe, flight(inline), ttl = "60", name = "x", name = "y")
        ),
        [
            "unknown option `tll`: did you mean `ttl`?",
            "`lru` needs a value: `lru = 32`",
            "`lru` needs a value: `lru = 32`",
            "`unbounded` takes no value: write `unbounded`",
            "expected `share` or `retry`",
            "expected `=`: the option is written `flight = inline`",
            "`60` has no unit: write \"60s\", or another of d, h, m, s, ms, us, ns",
            "`name` is given twice",
        ]
    );
}

#[test]
fn a_value_that_cannot_be_read_does_not_hide_the_next_option() {
    assert_eq!(
        mistakes(Attribute::Cached, quote!(weihg = |key, value| value.len(), tll = 3)),
        [unknown(Attribute::Cached, "weihg"), "unknown option `tll`: did you mean `ttl`?".to_owned()]
    );
}

#[test]
fn no_options_at_all_is_fine() {
    assert!(cached(quote!()).lru.is_none());
}
