//! How large the future of a decorated call is, beside that of the body alone.

use crate::calls::{CACHED_BY_KEY, MOKA_SAFE, OURS, OURS_INLINE, QUICK_SAFE};
use crate::table::{Facts, Table};

macro_rules! sizes {
    ($module:ident, $bytes:tt) => {
        mod $module {
            use std::convert::Infallible;
            use std::hint::black_box;
            use std::sync::LazyLock;

            async fn body(key: u64) -> u64 {
                let held = black_box([0_u8; $bytes]);
                tokio::task::yield_now().await;
                key + held.len() as u64 + u64::from(black_box(held).first().copied().unwrap_or(0))
            }

            #[cachetools::cached]
            async fn ours(key: u64) -> u64 {
                body(key).await
            }

            #[cachetools::cached(flight = inline)]
            async fn ours_inline(key: u64) -> u64 {
                body(key).await
            }

            async fn quick(key: u64) -> u64 {
                static CACHE: LazyLock<quick_cache::sync::Cache<u64, u64>> =
                    LazyLock::new(|| quick_cache::sync::Cache::new(128));
                match CACHE.get_or_insert_async(&key, async { Ok::<_, Infallible>(body(key).await) }).await {
                    Ok(value) => value,
                }
            }

            async fn moka(key: u64) -> u64 {
                static CACHE: LazyLock<moka::future::Cache<u64, u64>> = LazyLock::new(|| moka::future::Cache::new(128));
                CACHE.get_with(key, body(key)).await
            }

            #[cached::macros::cached(max_size = 128, sync_writes = "by_key")]
            async fn by_key(key: u64) -> u64 {
                body(key).await
            }

            pub(super) fn all() -> [usize; 6] {
                [
                    size_of_val(&body(1)),
                    size_of_val(&ours(1)),
                    size_of_val(&ours_inline(1)),
                    size_of_val(&quick(1)),
                    size_of_val(&moka(1)),
                    size_of_val(&by_key(1)),
                ]
            }
        }
    };
}
sizes!(nothing, 0);
sizes!(some, 500);
sizes!(much, 4096);

pub(crate) fn sizes(facts: &mut Facts) {
    let columns = [nothing::all(), some::all(), much::all()];
    let names = ["the body alone", OURS.name, OURS_INLINE.name, QUICK_SAFE.name, MOKA_SAFE.name, CACHED_BY_KEY.name];
    let title = "The future of a call, in bytes, by what its body holds across an await";
    let mut table = Table::new(title, &["variant", "0", "500", "4,096", "at most over the body"]);
    for (number, name) in names.into_iter().enumerate() {
        let over = columns.iter().map(|column| column[number] as i64 - column[0] as i64).max().unwrap_or(0);
        table.row(
            name,
            columns.iter().map(|column| column[number]).map(|size| size.to_string()).chain([over.to_string()]),
        );
        facts.add("size", name, over as f64);
    }
    println!("{table}");
}
