use cachetools::cached;

struct User;

#[cached]
async fn user(_id: u64) -> User {
    User
}

#[cached(flight = inline)]
async fn tried(_id: u64) -> Result<User, String> {
    Ok(User)
}

fn main() {
    drop(user(1));
    drop(tried(1));
}
