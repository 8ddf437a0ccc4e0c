//! The main job: fetch documents over HTTP, each of them once.
//!
//! `cargo run --example quickstart` brings a server of its own. To ask another one, name it, and what to fetch from it:
//! `cargo run --example quickstart -- http://host/path/{num} 1 2 1`

use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::{Router, extract::Path, http::StatusCode, routing::get};
use cachetools::{CacheInfo, CallExt, cached};
use reqwest::{Client, Url};
use tokio::net::TcpListener;

/// The text at `url`, or `None` if there is none: an answer like any other, and as worth keeping. An `Err` is never kept.
#[cached(lru = 32)]
async fn get_document(url: &str) -> anyhow::Result<Option<String>> {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(10));
        client.build().expect("a client without TLS needs nothing of the system")
    });
    let response = CLIENT.get(url).send().await?;
    if response.status() == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    Ok(Some(response.error_for_status()?.text().await?))
}

async fn fetch_and_tell(template: &str, numbers: &[u32]) -> anyhow::Result<CacheInfo> {
    for num in numbers {
        let url = template.replace("{num}", &num.to_string());
        // `traced` asks how the call was answered; without it, `get_document(&url).await?` is all there is to it.
        let (document, outcome) = get_document(&url).traced().await;
        match document.with_context(|| format!("cannot fetch {url}"))? {
            Some(text) => println!("{num:>5}  {:>6} bytes  {outcome:?}", text.len()),
            None => println!("{num:>5}     not found  {outcome:?}"),
        }
    }
    let info = get_document::cache_info();
    println!("{info}");
    Ok(info)
}

/// Serves document 1, document 2, ... on a free port of this machine; 9991 is not there.
async fn serve_documents() -> anyhow::Result<String> {
    let document = async |Path(num): Path<u32>| match num {
        9991 => Err(StatusCode::NOT_FOUND),
        _ => Ok(format!("Document {num}\n").repeat(num as usize)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let template = format!("http://{}/documents/{{num}}", listener.local_addr()?);
    let documents = Router::new().route("/documents/{num}", get(document));
    tokio::spawn(async { axum::serve(listener, documents).await });
    Ok(template)
}

/// Reads `http://host/path/{num} 1 2 1`.
fn parse(arguments: &[String]) -> anyhow::Result<(&str, Vec<u32>)> {
    let Some((template, numbers)) = arguments.split_first() else { bail!("no URL given") };
    ensure!(template.contains("{num}"), "{template:?} does not say where the number goes: write {{num}} there");
    let url = Url::parse(&template.replace("{num}", "1")).with_context(|| format!("{template:?} is not a URL"))?;
    ensure!(url.scheme() == "http", "{template:?} is not http://, and this example is built without TLS");
    ensure!(!numbers.is_empty(), "no numbers to fetch");
    let number = |text: &String| text.parse().with_context(|| format!("{text:?} is not a number of a document"));
    Ok((template, numbers.iter().map(number).collect::<Result<_, _>>()?))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        let template = serve_documents().await?;
        let info = fetch_and_tell(&template, &[8, 290, 308, 320, 8, 218, 320, 279, 289, 320, 9991]).await?;
        assert_eq!(info.to_string(), "CacheInfo(hits=3, misses=8, maxsize=32, currsize=8)");
        return Ok(ExitCode::SUCCESS);
    }
    match parse(&arguments) {
        Ok((template, numbers)) => fetch_and_tell(template, &numbers).await.map(|_| ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("error: {error:#}\nusage: quickstart [http://host/path/{{num}} NUMBER...]");
            Ok(ExitCode::from(2))
        }
    }
}
