use cachetools::cached;

#[cached]
async fn tail(id: u64) -> String {
    id
}

#[cached]
async fn early(id: u64) -> Result<String, std::num::ParseIntError> {
    if id == 0 {
        return Ok(0);
    }
    let number: u64 = "x".parse()?;
    number
}

#[cached(flight = inline)]
async fn unit(id: u64) {
    id
}

#[cached]
async fn unknown(id: u64) -> u64 {
    idd
}

#[cached]
async fn wrong_question(id: u64) -> Result<u64, std::num::ParseIntError> {
    std::fs::read_to_string("x")?;
    Ok(id)
}

fn main() {}
