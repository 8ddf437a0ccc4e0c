use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use cachetools::{InstanceCaches, cached, cachedmethod};

use super::{once, ran};

#[async_trait]
trait Store: Send + Sync {
    fn caches(&self) -> &InstanceCaches;

    async fn get(&self, id: u64, name: &str) -> Result<u64, anyhow::Error>;

    async fn owned(self: Arc<Self>, names: &[String], more: Option<&str>) -> usize;

    async fn patterns(&self, (a, b): (u8, u8), mut n: u8, _: u8) -> u8;

    async fn generic<T: std::hash::Hash + Eq + Clone + Send + Sync + 'static>(&self, value: T) -> T
    where
        Self: Sized;

    #[cachedmethod(caches = self.caches())]
    async fn by_default(&self, id: u8) -> u8 {
        ran();
        id
    }
}

#[derive(Default)]
struct Memory {
    caches: InstanceCaches,
}

#[async_trait]
impl Store for Memory {
    fn caches(&self) -> &InstanceCaches {
        &self.caches
    }

    #[cachedmethod(lru = 3)]
    async fn get(&self, id: u64, name: &str) -> Result<u64, anyhow::Error> {
        ran();
        tokio::task::yield_now().await;
        anyhow::ensure!(id > 0, "zero");
        Ok(id + name.len() as u64)
    }

    #[cachedmethod]
    async fn owned(self: Arc<Self>, names: &[String], more: Option<&str>) -> usize {
        ran();
        names.len() + more.map_or(0, str::len)
    }

    #[cachedmethod]
    async fn patterns(&self, (a, b): (u8, u8), mut n: u8, _: u8) -> u8 {
        ran();
        n += a + b;
        n
    }

    #[cachedmethod]
    async fn generic<T: std::hash::Hash + Eq + Clone + Send + Sync + 'static>(&self, value: T) -> T {
        ran();
        value
    }
}

#[async_trait(?Send)]
trait Local {
    async fn get(&self, id: u8) -> u8;
}

#[async_trait(?Send)]
impl Local for Memory {
    #[cachedmethod]
    async fn get(&self, id: u8) -> u8 {
        ran();
        let local = std::rc::Rc::new(id);
        tokio::task::yield_now().await;
        *local
    }
}

#[tokio::test]
async fn async_trait_methods() {
    let memory = Arc::new(Memory::default());
    let object: Arc<dyn Store + Send + Sync> = Arc::<Memory>::default() as _;
    let _ = &object;
    once! {
        Store::get(&*memory, 1, "a");
        memory.clone().owned(&["a".into()], Some("b"));
        memory.patterns((1, 2), 3, 4);
        memory.generic(1_u8);
        memory.by_default(1);
        Local::get(&*memory, 1);
        object.get(2, "b");
        object.by_default(2);
    }
}

#[tokio::test]
async fn boxed_by_hand_and_by_async_recursion() {
    #[cached]
    fn by_hand(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move {
            ran();
            if n == 0 { 0 } else { by_hand(n - 1).await + 1 }
        })
    }
    #[cached]
    #[allow(unused_qualifications)]
    fn not_send(n: u64) -> std::pin::Pin<std::boxed::Box<dyn std::future::Future<Output = Result<u64, String>>>> {
        let checked = n.checked_add(1);
        Box::pin(async move {
            ran();
            let local = std::rc::Rc::new(checked);
            tokio::task::yield_now().await;
            local.ok_or_else(String::new)
        })
    }
    #[cached]
    fn borrowing<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        Box::pin(async move {
            ran();
            name.len()
        })
    }
    #[async_recursion::async_recursion]
    #[cached]
    async fn outside(n: u64) -> u64 {
        ran();
        if n == 0 { 0 } else { outside(n - 1).await + 1 }
    }
    #[cached]
    #[async_recursion::async_recursion]
    async fn inside(n: u64) -> u64 {
        ran();
        if n == 0 { 0 } else { inside(n - 1).await + 1 }
    }
    once! {
        by_hand(0);
        not_send(1);
        borrowing("a");
        outside(0);
        inside(0);
    }
    assert_eq!((by_hand(5).await, outside(5).await, inside(5).await), (5, 5, 5));
    assert_eq!(by_hand::cache_info().misses, 6);
}

#[tokio::test]
async fn instrumented_on_either_side() {
    struct Traced {
        caches: InstanceCaches,
    }
    impl Traced {
        #[cachedmethod]
        #[tracing::instrument(skip(self), err)]
        pub async fn inside(&self, id: u8) -> Result<u8, anyhow::Error> {
            ran();
            Ok(id)
        }

        #[tracing::instrument(skip_all, fields(id = %id))]
        #[cachedmethod]
        pub async fn outside(&self, id: u8) -> u8 {
            ran();
            id
        }
    }
    #[cached]
    #[tracing::instrument(ret)]
    async fn inside(id: u8, name: &str) -> usize {
        ran();
        name.len() + usize::from(id)
    }
    #[tracing::instrument(level = "debug", skip(name))]
    #[cached]
    async fn outside(id: u8, name: &str) -> Result<usize, String> {
        ran();
        Ok(name.len() + usize::from(id))
    }
    #[async_trait::async_trait]
    trait Boxed {
        async fn boxed_inside(&self, id: u8) -> Result<u8, String>;

        async fn boxed_outside(&self, id: u8) -> Result<u8, String>;
    }
    #[async_trait::async_trait]
    impl Boxed for Traced {
        #[cachedmethod]
        #[tracing::instrument(skip(self), ret, err)]
        async fn boxed_inside(&self, id: u8) -> Result<u8, String> {
            ran();
            Ok(id)
        }

        #[tracing::instrument(skip(self), ret, err)]
        #[cachedmethod]
        async fn boxed_outside(&self, id: u8) -> Result<u8, String> {
            ran();
            Ok(id)
        }
    }
    let traced = Traced { caches: InstanceCaches::default() };
    once! {
        inside(1, "a");
        outside(1, "a");
        traced.inside(1);
        traced.outside(1);
        traced.boxed_inside(1);
        traced.boxed_outside(1);
    }
}
