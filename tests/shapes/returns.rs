use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use cachetools::cached;

use super::{once, ran, runs};

type Answer<T> = Result<T, String>;

#[derive(Clone)]
struct Named<T>(T);

#[derive(Debug)]
struct Unshareable;

#[tokio::test]
async fn of_every_kind() {
    #[cached]
    async fn unit(_id: u8) {
        ran();
    }
    #[cached]
    async fn option(id: u8) -> Option<u8> {
        ran();
        (id > 0).then_some(id)
    }
    #[cached]
    async fn tuple(id: u8) -> (u8, String) {
        ran();
        (id, String::new())
    }
    #[cached]
    async fn array(id: u8) -> [u8; 3] {
        ran();
        [id; 3]
    }
    #[cached]
    async fn lasting(_id: u8) -> &'static str {
        ran();
        "a"
    }
    #[cached]
    async fn arc(_id: u8) -> Arc<str> {
        ran();
        "a".into()
    }
    #[cached]
    async fn closure(id: u8) -> Arc<dyn Fn(u8) -> u8 + Send + Sync> {
        ran();
        if id == 0 {
            return Arc::new(|n| n);
        }
        Arc::new(move |n| n + id)
    }
    #[cached]
    async fn pointer(_id: u8) -> fn(u8) -> u8 {
        ran();
        fn same(n: u8) -> u8 {
            n
        }
        same
    }
    #[cached]
    async fn own(id: u8) -> Named<u8> {
        ran();
        Named(id)
    }
    #[cached]
    async fn number(id: u8) -> f64 {
        ran();
        f64::from(id)
    }
    #[cached(result = true)]
    async fn aliased(id: u8) -> Answer<u8> {
        ran();
        Ok(id)
    }
    #[cached(result = false)]
    async fn whole(id: u8) -> Result<u8, String> {
        ran();
        if id == 0 { Err("zero".into()) } else { Ok(id) }
    }
    once! {
        unit(1);
        option(1);
        tuple(1);
        array(1);
        lasting(1);
        arc(1);
        closure(1);
        pointer(1);
        own(1);
        number(1);
        aliased(1);
        whole(0);
    }
    assert_eq!(whole::cache_peek(0), Some(Err("zero".into())));
    assert_eq!(own::cache_peek(1).map(|named| named.0), Some(1));
}

#[tokio::test]
async fn results_by_any_path_and_with_any_error() {
    #[cached]
    async fn strings(id: u8) -> Result<u8, String> {
        ran();
        if id == 0 {
            return Err("zero".into());
        }
        let parsed: u8 = id.to_string().parse().map_err(|_| "no number")?;
        Ok(parsed)
    }
    #[cached]
    async fn any(id: u8) -> anyhow::Result<u8> {
        ran();
        anyhow::ensure!(id > 0, "zero");
        Ok(id)
    }
    #[cached]
    async fn boxed(id: u8) -> Result<u8, Box<dyn Error + Send + Sync>> {
        ran();
        if id == 0 { Err("zero".into()) } else { Ok(id) }
    }
    #[cached]
    async fn inputs(id: u8) -> io::Result<u8> {
        ran();
        if id == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(id) }
    }
    #[cached]
    async fn formats(id: u8) -> fmt::Result {
        ran();
        if id == 0 { Err(fmt::Error) } else { Ok(()) }
    }
    #[cached]
    async fn reports(id: u8) -> eyre::Result<u8> {
        ran();
        if id == 0 {
            eyre::bail!("zero")
        }
        Ok(id)
    }
    #[cached]
    async fn unshareable(id: u8) -> Result<u8, Unshareable> {
        ran();
        if id == 0 { Err(Unshareable) } else { Ok(id) }
    }
    #[cached(errors = share)]
    #[allow(unused_qualifications)]
    async fn shared(id: u8) -> core::result::Result<u8, Arc<Unshareable>> {
        ran();
        if id == 0 { Err(Arc::new(Unshareable)) } else { Ok(id) }
    }
    #[cached(errors = retry)]
    async fn again(id: u8) -> Result<u8, String> {
        ran();
        if id == 0 { Err("zero".into()) } else { Ok(id) }
    }
    #[cached]
    async fn generic<E: Clone + Send + Sync + 'static>(id: u8, _error: std::marker::PhantomData<E>) -> Result<u8, E> {
        ran();
        Ok(id)
    }
    once! {
        strings(1);
        any(1);
        boxed(1);
        inputs(1);
        formats(1);
        reports(1);
        unshareable(1);
        shared(1);
        again(1);
        generic(1, std::marker::PhantomData::<String>);
    }
    // A failure is never kept.
    let before = runs();
    strings(0).await.unwrap_err();
    strings(0).await.unwrap_err();
    any(0).await.unwrap_err();
    any(0).await.unwrap_err();
    assert_eq!(runs() - before, 4);
}
