use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr};
use std::hash::Hash;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cachetools::{ToKey, cached};

use super::{once, ran};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Id(u64);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Left,
}

#[tokio::test]
async fn by_value() {
    #[cached]
    async fn nothing() {
        ran();
    }
    #[cached]
    async fn number(_n: u64) {
        ran();
    }
    #[cached]
    async fn several(a: u8, b: i128, c: bool, d: char, e: usize) -> usize {
        ran();
        usize::from(a) + usize::from(b == 0) + usize::from(c) + d.len_utf8() + e
    }
    #[cached]
    async fn string(s: String) -> usize {
        ran();
        s.len()
    }
    #[cached]
    async fn path(p: PathBuf) -> bool {
        ran();
        p.is_absolute()
    }
    #[cached]
    async fn own(id: Id, side: Side) -> u64 {
        ran();
        id.0 + u64::from(side == Side::Left)
    }
    #[cached]
    async fn array(a: [u8; 4]) -> u8 {
        ran();
        a[0]
    }
    #[cached]
    async fn tuple(t: (u8, String, Option<u8>)) -> usize {
        ran();
        t.1.len()
    }
    #[cached]
    async fn option(o: Option<String>) -> bool {
        ran();
        o.is_some()
    }
    #[cached]
    async fn vec(v: Vec<Vec<u8>>) -> usize {
        ran();
        v.len()
    }
    #[cached]
    async fn arc(a: Arc<str>, b: Arc<[u8]>, c: Box<str>) -> usize {
        ran();
        a.len() + b.len() + c.len()
    }
    #[cached]
    async fn map(m: BTreeMap<String, u8>) -> usize {
        ran();
        m.len()
    }
    #[cached]
    async fn duration(d: Duration, ip: IpAddr) -> bool {
        ran();
        d.is_zero() || ip.is_ipv4()
    }
    #[cached]
    async fn unit(_u: ()) {
        ran();
    }
    #[cached]
    async fn pointer(f: fn(u32) -> u32) -> u32 {
        ran();
        f(1)
    }
    fn double(n: u32) -> u32 {
        n * 2
    }
    once! {
        nothing();
        number(1);
        several(1, 2, true, 'x', 3);
        string("a".into());
        path("/".into());
        own(Id(1), Side::Left);
        array([1; 4]);
        tuple((1, "a".into(), None));
        option(Some("a".into()));
        vec(vec![vec![1]]);
        arc("a".into(), [1_u8].into(), "b".into());
        map(BTreeMap::from([("a".into(), 1)]));
        duration(Duration::ZERO, IpAddr::from([127, 0, 0, 1]));
        unit(());
        pointer(double as fn(u32) -> u32);
    }
}

#[tokio::test]
async fn by_reference() {
    #[cached]
    async fn text(s: &str) -> usize {
        ran();
        tokio::task::yield_now().await;
        s.len()
    }
    #[cached]
    async fn bytes(b: &[u8]) -> usize {
        ran();
        b.len()
    }
    #[cached]
    async fn strings(s: &[String]) -> usize {
        ran();
        s.len()
    }
    #[cached]
    async fn string(s: &String) -> usize {
        ran();
        s.len()
    }
    #[cached]
    async fn path(p: &Path, o: &OsStr, c: &CStr) -> usize {
        ran();
        p.as_os_str().len() + o.len() + c.count_bytes()
    }
    #[cached]
    async fn own(id: &Id) -> u64 {
        ran();
        id.0
    }
    #[cached]
    async fn number(n: &u64, a: &[u8; 2], arc: &Arc<u8>) -> u64 {
        ran();
        n + u64::from(a[0]) + u64::from(**arc)
    }
    #[cached]
    async fn lasting(s: &'static str, o: Option<&'static str>) -> &'static str {
        ran();
        o.unwrap_or(s)
    }
    #[cached]
    async fn mixed(a: u8, b: &str, c: String, d: &[u8]) -> usize {
        ran();
        usize::from(a) + b.len() + c.len() + d.len()
    }
    #[cached(flight = inline)]
    async fn inline(s: &str, id: &Id) -> usize {
        ran();
        tokio::task::yield_now().await;
        s.len() + usize::from(id.0 == 1)
    }
    #[cached(flight = detached)]
    async fn detached(s: &str, id: &Id) -> usize {
        ran();
        tokio::task::yield_now().await;
        s.len() + usize::from(id.0 == 1)
    }
    once! {
        text("a");
        bytes(&[1]);
        strings(&["a".into()]);
        string(&"a".to_owned());
        path(Path::new("/"), OsStr::new("a"), c"b");
        own(&Id(1));
        number(&1, &[1, 2], &Arc::new(1));
        lasting("a", None);
        mixed(1, "a", "b".into(), &[1]);
        inline("a", &Id(1));
        detached("a", &Id(1));
    }
    assert!(text::cache_contains("a") && own::cache_contains(&Id(1)) && lasting::cache_contains("a", None));
}

type Alias<'a> = &'a str;

/// A type that borrows, and says how it is owned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Slug<'a>(&'a str);

impl ToKey for Slug<'_> {
    type Owned = String;

    fn to_key(&self) -> String {
        self.0.to_owned()
    }

    fn eq_key(&self, owned: &String) -> bool {
        self.0 == owned
    }
}

#[tokio::test]
async fn nested_borrows() {
    #[cached]
    async fn option(o: Option<&str>) -> usize {
        ran();
        tokio::task::yield_now().await;
        o.map_or(0, str::len)
    }
    #[cached]
    async fn pair(o: Option<(u32, &str)>) -> usize {
        ran();
        o.map_or(0, |(n, s)| n as usize + s.len())
    }
    #[cached]
    async fn cow(c: Cow<'_, str>) -> usize {
        ran();
        c.len()
    }
    #[cached]
    async fn twice(s: &&str) -> usize {
        ran();
        s.len()
    }
    #[cached]
    async fn many(s: &[&str], v: Vec<&str>) -> usize {
        ran();
        s.len() + v.len()
    }
    #[cached]
    async fn alias(a: Alias<'_>) -> usize {
        ran();
        a.len()
    }
    #[cached]
    async fn own(s: Slug<'_>) -> usize {
        ran();
        s.0.len()
    }
    #[cached]
    async fn named<'a>(a: &'a str, b: Option<&'a str>) -> usize {
        ran();
        a.len() + b.map_or(0, str::len)
    }
    #[cached]
    async fn two<'a, 'b: 'a>(a: &'a str, b: &'b [&'a str]) -> usize {
        ran();
        let both: &'a str = if b.is_empty() { a } else { b[0] };
        both.len()
    }
    once! {
        option(Some("a"));
        pair(Some((1, "a")));
        cow("a".into());
        twice(&"a");
        many(&["a"], vec!["b"]);
        alias("a");
        own(Slug("a"));
        named("a", None);
        two("a", &["b"]);
    }
    assert!(option::cache_contains(Some("a")) && own::cache_contains(Slug("a")) && named::cache_contains("a", None));
}

#[tokio::test]
async fn patterns() {
    struct Point {
        x: u8,
        y: u8,
    }
    impl Point {
        fn key(&self) -> (u8, u8) {
            (self.x, self.y)
        }
    }
    #[cached]
    async fn tuple((a, b): (u8, u8)) -> u8 {
        ran();
        a + b
    }
    #[cached]
    async fn mutable(mut n: u8, mut s: &str) -> u8 {
        ran();
        n += 1;
        s = if n > 1 { "x" } else { s };
        n + u8::from(s.is_empty())
    }
    #[cached]
    async fn wild(_: u8, _unused: u8) {
        ran();
    }
    #[cached]
    async fn own(Id(n): Id) -> u64 {
        ran();
        n
    }
    #[cached]
    async fn behind(&Id(n): &Id, &[first, _]: &[u8; 2]) -> u64 {
        ran();
        n + u64::from(first)
    }
    #[cached]
    async fn bound(whole @ (a, _): (u8, u8)) -> u8 {
        ran();
        whole.1 + a
    }
    #[cached]
    async fn by_ref(ref name: String) -> usize {
        ran();
        name.len()
    }
    #[cached(key = |point| -> (u8, u8) { point.key() })]
    async fn keyed(point: &Point, extra: f64) -> f64 {
        ran();
        extra + f64::from(point.x)
    }
    once! {
        tuple((1, 2));
        mutable(1, "a");
        wild(1, 2);
        own(Id(1));
        behind(&Id(1), &[1, 2]);
        bound((1, 2));
        by_ref("a".into());
        keyed(&Point { x: 1, y: 2 }, 0.5);
    }
    assert_eq!(mutable::cache_peek(1, "a"), Some(2));
}

/// The names that generated code has uses for.
#[tokio::test]
#[allow(clippy::used_underscore_binding)]
async fn names() {
    #[cached]
    async fn taken(
        __pending: u8,
        __lead: u8,
        __hit: u8,
        __done: u8,
        key: u8,
        value: u8,
        cache: u8,
        std: u8,
        core: u8,
        cachetools: u8,
    ) -> u8 {
        ran();
        __pending + __lead + __hit + __done + key + value + cache + std + core + cachetools
    }
    #[cached]
    async fn r#type(r#fn: u8, __arg0: u8, (a, __arg1): (u8, u8)) -> u8 {
        ran();
        r#fn + __arg0 + a + __arg1
    }
    #[cached]
    async fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8) -> u8 {
        ran();
        a + b + c + d + e + f + g + h + i + j + k + l
    }
    once! {
        taken(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        r#type(1, 2, (3, 4));
        twelve(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    }
    assert_eq!(taken::cache_peek(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), Some(55));
    taken::cache_insert(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7);
    assert_eq!(taken(0, 0, 0, 0, 0, 0, 0, 0, 0, 0).await, 7);
}

trait Executor<'c> {
    fn fetch(self) -> u8;
}

impl Executor<'_> for &mut u8 {
    fn fetch(self) -> u8 {
        *self += 1;
        *self
    }
}

/// Arguments that don't count may be anything.
#[tokio::test]
async fn ignored() {
    struct Pool(u8);
    #[cached(ignore = "pool")]
    async fn reference(pool: &Pool, id: u8) -> u8 {
        ran();
        tokio::task::yield_now().await;
        pool.0 + id
    }
    #[cached(ignore = (pool, "log"))]
    async fn exclusive(pool: &mut Pool, log: &mut Vec<u8>, id: u8) -> u8 {
        ran();
        pool.0 += id;
        log.push(id);
        pool.0
    }
    #[cached]
    async fn marked(#[cached(ignore)] pool: &Pool, id: u8, #[cached(ignore)] _: f64) -> u8 {
        ran();
        pool.0 + id
    }
    #[cached(ignore = "local")]
    async fn not_send(local: Rc<u8>, id: &str, nested: Option<&str>) -> usize {
        ran();
        usize::from(*local) + id.len() + nested.map_or(0, str::len)
    }
    #[cached(ignore = "f")]
    async fn object(f: &(dyn Fn(u8) -> u8 + Sync), id: u8) -> u8 {
        ran();
        f(id)
    }
    #[cached(ignore = "f")]
    async fn opaque(f: impl Fn(u8) -> u8, id: u8) -> u8 {
        ran();
        f(id)
    }
    #[cached(ignore = "ex")]
    async fn executor<'c, E: Executor<'c>>(ex: E, id: u8) -> u8 {
        ran();
        ex.fetch() + id
    }
    #[cached(ignore = "ex")]
    async fn opaque_executor(ex: impl Executor<'_>, id: u8) -> u8 {
        ran();
        ex.fetch() + id
    }
    #[cached(ignore = "load")]
    async fn loader<F, Fut>(load: F, id: u8) -> u8
    where
        F: Fn(u8) -> Fut,
        Fut: Future<Output = u8>,
    {
        ran();
        load(id).await
    }
    #[cached(ignore = "everything")]
    async fn everything(everything: f64) -> f64 {
        ran();
        everything
    }
    #[cached(flight = shared, ignore = "pool")]
    async fn copied(pool: &Arc<Pool>, id: u8) -> u8 {
        ran();
        tokio::task::yield_now().await;
        pool.0 + id
    }
    let add = |n: u8| n + 1;
    once! {
        reference(&Pool(1), 1);
        exclusive(&mut Pool(1), &mut Vec::new(), 1);
        marked(&Pool(1), 1, 0.5);
        not_send(Rc::new(1), "a", Some("b"));
        object(&add, 1);
        opaque(add, 1);
        executor(&mut 1, 1);
        opaque_executor(&mut 1, 1);
        loader(|n| async move { n }, 1);
        everything(0.5);
        copied(&Arc::new(Pool(1)), 1);
    }
    assert!(reference::cache_contains(1) && executor::cache_contains(1) && loader::cache_contains(1));
    assert_eq!(everything::cache_peek(), Some(0.5));
}
