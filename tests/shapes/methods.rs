use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use cachetools::{Cache, InstanceCaches, cachedmethod};

use super::{once, ran, runs};

#[derive(Clone, Default)]
struct Service {
    caches: InstanceCaches,
    inner: Arc<Inner>,
    settings: Cache<String, usize>,
    perhaps: Option<Cache<u8, u8>>,
    tenant: u8,
}

#[derive(Default)]
struct Inner {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn plain(&self, id: u8) -> u8 {
        ran();
        tokio::task::yield_now().await;
        self.tenant + id
    }

    #[cachedmethod(lru = 3, ttl = "5m", ignore = "trace")]
    pub(crate) async fn options(&self, trace: &mut Vec<u8>, name: &str, id: u8) -> Result<usize, String> {
        ran();
        trace.push(id);
        Ok(name.len())
    }

    #[cachedmethod(caches = self.inner.caches)]
    pub async fn elsewhere(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(cache = self.settings)]
    pub async fn own_field(&self, name: &str) -> usize {
        ran();
        name.len()
    }

    fn perhaps(&self) -> Option<&Cache<u8, u8>> {
        self.perhaps.as_ref()
    }

    #[cachedmethod(cache = self.perhaps)]
    pub async fn perhaps_field(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(cache = self.perhaps())]
    pub async fn perhaps_method(&self, id: u8) -> u8 {
        ran();
        id + 1
    }

    #[cachedmethod(shared, ignore = "self")]
    pub async fn for_all(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(shared, key = |id| -> (u8, u8) { (self.tenant, *id) })]
    pub async fn by_tenant(&self, id: u8, extra: f64) -> f64 {
        ran();
        extra + f64::from(id)
    }

    #[cachedmethod(key = |name| -> String { name.to_lowercase() })]
    pub async fn lowered(&self, name: &str) -> usize {
        ran();
        name.len()
    }

    #[cachedmethod(lru = 10)]
    pub async fn associated(key: &str) -> usize {
        ran();
        key.len()
    }

    #[cachedmethod]
    pub async fn make(tenant: u8) -> Result<Arc<Self>, String> {
        ran();
        Ok(Arc::new(Self { tenant, ..Self::default() }))
    }

    #[cachedmethod]
    pub async fn arc(self: Arc<Self>, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn mutable_arc(mut self: Arc<Self>, id: u8) -> u8 {
        ran();
        self = Arc::new((*self).clone());
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn ref_arc(self: &Arc<Self>, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn boxed(self: Box<Self>, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn rc(self: Rc<Self>, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn pinned(self: Pin<&Self>, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn by_value(self, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn mutable_value(mut self, id: u8) -> u8 {
        ran();
        self.tenant += id;
        self.tenant
    }

    #[cachedmethod]
    pub async fn explicit(self: &Self, id: u8) -> u8 {
        ran();
        self.tenant + id
    }

    #[cachedmethod]
    pub async fn lifetimes<'a>(&'a self, name: &'a str, more: Option<&'a str>) -> usize {
        ran();
        let kept: &'a u8 = &self.tenant;
        name.len() + more.map_or(0, str::len) + usize::from(*kept)
    }

    #[cachedmethod]
    pub async fn generic<T: std::hash::Hash + Eq + Clone + Send + Sync + 'static>(&self, value: T, other: &T) -> T {
        ran();
        let _ = other;
        value
    }

    #[cachedmethod]
    async fn private(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(handle = true)]
    async fn private_with_handle(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(handle = others)]
    pub async fn renamed(&self, id: u8) -> u8 {
        ran();
        id
    }

    #[cachedmethod(flight = shared)]
    pub async fn shared_flight(&self, name: &str) -> String {
        ran();
        tokio::task::yield_now().await;
        format!("{}{name}", self.tenant)
    }

    #[cachedmethod(flight = shared)]
    pub async fn shared_arc(self: Arc<Self>, name: &str) -> String {
        ran();
        tokio::task::yield_now().await;
        format!("{}{name}", self.tenant)
    }

    #[cachedmethod(flight = detached)]
    pub async fn detached_ref_arc(self: &Arc<Self>, name: &str) -> String {
        ran();
        tokio::task::yield_now().await;
        format!("{}{name}", self.tenant)
    }

    #[cachedmethod(unbounded)]
    pub async fn factorial(&self, n: u64) -> u64 {
        ran();
        if n == 0 { 1 } else { n * Box::pin(self.factorial(n - 1)).await }
    }
}

#[tokio::test]
async fn of_a_service() {
    let service = Arc::new(Service { perhaps: Some(Cache::default()), ..Service::default() });
    once! {
        service.plain(1);
        service.options(&mut Vec::new(), "a", 1);
        service.elsewhere(1);
        service.own_field("a");
        service.perhaps_field(1);
        service.perhaps_method(2);
        service.for_all(1);
        service.by_tenant(1, 0.5);
        service.lowered("A");
        Service::associated("a");
        Service::make(1);
        service.clone().arc(1);
        service.clone().mutable_arc(1);
        service.ref_arc(1);
        Box::new((*service).clone()).boxed(1);
        Rc::new((*service).clone()).rc(1);
        Pin::new(&*service).pinned(1);
        (*service).clone().by_value(1);
        (*service).clone().mutable_value(1);
        service.explicit(1);
        service.lifetimes("a", Some("b"));
        service.generic("a".to_owned(), &"b".to_owned());
        service.generic(1, &2);
        service.private(1);
        service.private_with_handle(1);
        service.renamed(1);
        service.shared_flight("a");
        service.clone().shared_arc("a");
        service.detached_ref_arc("a");
    }
    assert_eq!(service.factorial(5).await, 120);

    assert!(service.plain_cache().cache_contains(1) && service.options_cache().cache_contains("a", 1));
    assert_eq!(service.settings.peek("a"), Some(1));
    assert_eq!(service.perhaps.as_ref().map(|cache| cache.info().currsize), Some(2));
    assert!(Service::for_all_cache().cache_invalidate(1));
    assert_eq!(Service::by_tenant_cache().cache_peek(&(0, 1)), Some(1.5));
    assert!(service.lowered_cache().cache_contains(&"a".to_owned()));
    assert!(Service::associated_cache().cache_contains("a"));
    assert!(service.lifetimes_cache().cache_contains("a", Some("b")));
    assert_eq!(service.generic_cache::<i32>().cache_info().currsize, 1);
    assert!(service.others().cache_contains(1) && service.private_with_handle_cache().cache_contains(1));
    service.plain_cache().cache_insert(9, 99);
    assert_eq!(service.plain(9).await, 99);

    // Another instance has caches of its own; a clone has not.
    let other = Service::default();
    assert!(!other.plain_cache().cache_contains(1) && Service::clone(&service).plain_cache().cache_contains(1));
}

#[tokio::test]
async fn without_a_cache_calls_run() {
    let service = Service::default();
    let before = runs();
    service.perhaps_field(1).await;
    service.perhaps_field(1).await;
    service.perhaps_method(1).await;
    assert_eq!(runs() - before, 3);
    assert!(!service.perhaps_field_cache().cache_contains(1));
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Tenant(u8);

impl Tenant {
    #[cachedmethod(shared)]
    pub async fn limit(&self, id: u8) -> u8 {
        ran();
        self.0 + id
    }

    #[cachedmethod(shared)]
    pub async fn limit_of_arc(self: Arc<Self>) -> u8 {
        ran();
        self.0
    }

    #[cachedmethod(shared)]
    pub async fn limit_by_value(self, name: &str) -> usize {
        ran();
        name.len()
    }
}

#[tokio::test]
async fn with_the_instance_in_the_key() {
    once! {
        Tenant(1).limit(1);
        Tenant(2).limit(1);
        Arc::new(Tenant(1)).limit_of_arc();
        Tenant(1).limit_by_value("a");
    }
    assert_eq!(Tenant::limit_cache().cache_peek(&Tenant(2), 1), Some(3));
    assert!(Tenant::limit_by_value_cache().cache_invalidate(&Tenant(1), "a"));
}

trait Repository {
    type Row: Clone + Send + Sync + 'static;

    fn row(&self, id: u8) -> impl Future<Output = Self::Row> + Send;

    async fn native(&self, id: u8) -> u8;
}

struct Lent<'a> {
    name: &'a str,
    caches: InstanceCaches,
}

impl Repository for Lent<'_> {
    type Row = String;

    #[cachedmethod]
    async fn row(&self, id: u8) -> String {
        ran();
        tokio::task::yield_now().await;
        format!("{}{id}", self.name)
    }

    #[cachedmethod(lru = 3)]
    async fn native(&self, id: u8) -> u8 {
        ran();
        id
    }
}

struct Layer<R> {
    below: R,
    caches: InstanceCaches,
}

/// Neither the parameter nor what it brings is `'static`.
impl<R: Repository + Sync> Layer<R> {
    #[cachedmethod]
    pub async fn row(&self, id: u8) -> R::Row {
        ran();
        self.below.row(id).await
    }

    #[cachedmethod]
    pub async fn native(&self, id: u8) -> Result<u8, String> {
        ran();
        Ok(self.below.native(id).await)
    }
}

struct Typed<T>(T);

impl<T: Default + Clone + Send + Sync + 'static> Typed<T> {
    #[cachedmethod]
    pub async fn default_of() -> T {
        ran();
        T::default()
    }

    #[cachedmethod(shared, ignore = "self")]
    pub async fn inner(&self) -> T {
        ran();
        self.0.clone()
    }
}

#[tokio::test]
async fn in_generic_and_in_trait_impls() {
    let name = String::from("row");
    let lent = Lent { name: &name, caches: InstanceCaches::default() };
    once! {
        lent.row(1);
        lent.native(1);
        Typed::<u8>::default_of();
        Typed::<u16>::default_of();
        Typed(1_u8).inner();
        Typed(1_u32).inner();
    }
    let layer = Layer { below: lent, caches: InstanceCaches::default() };
    once! {
        layer.row(1);
        layer.native(1);
    }
    assert_eq!(layer.row(1).await, "row1");
    assert!(layer.row_cache().cache_contains(1) && Typed::<u8>::default_of_cache().cache_contains());
    fn is_send<T: Send>(_: T) {}
    is_send(layer.row(2));
}
