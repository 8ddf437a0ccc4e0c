use cachetools::cached;

#[cached]
async fn load<T: From<u64> + Clone + Send + Sync>(id: u64) -> T {
    T::from(id)
}

fn main() {
    drop(load::<u64>(1));
}
