use cachetools::cached;

type Answer<T> = Result<T, String>;

#[cached]
async fn unsaid(id: u64) -> Answer<u64> {
    Ok(id)
}

#[cached(errors = share)]
async fn shared(id: u64) -> Answer<u64> {
    Ok(id)
}

#[cached(result = true)]
async fn said(id: u64) -> Answer<u64> {
    Ok(id)
}

fn main() {
    drop((unsaid(1), shared(1), said(1)));
}
