//! `cargo run --package axum_service`, then `curl http://127.0.0.1:3000/articles/1`.

use axum_service::{application, database::Database};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:3000")).await?;
    println!("http://{}/articles/1", listener.local_addr()?);
    axum::serve(listener, application(Database::in_memory()?)).await?;
    Ok(())
}
