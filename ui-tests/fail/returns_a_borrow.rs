use cachetools::cached;

#[cached]
async fn first(text: &str) -> &str {
    &text[..1]
}

#[cached]
async fn inner<'a>(text: &'a str) -> Result<Option<&'a str>, String> {
    Ok(Some(text))
}

#[cached]
async fn allowed(_id: u64) -> &'static str {
    "static"
}

fn main() {
    drop(first("a"));
    drop(inner("a"));
    drop(allowed(1));
}
