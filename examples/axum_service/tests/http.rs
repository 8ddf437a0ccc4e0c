//! Drives the service over HTTP and counts the queries that reach the database.

use axum_service::database::Database;
use axum_service::repository::Article;
use axum_service::service::Digest;
use futures::future::join_all;
use reqwest::{Client, StatusCode};
use tokio::net::TcpListener;

/// The service on a port of its own, and a client of it.
struct Running {
    database: Database,
    root: String,
    client: Client,
}

impl Running {
    async fn start() -> Self {
        let database = Database::in_memory().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let application = axum_service::application(database.clone());
        tokio::spawn(async { axum::serve(listener, application).await });
        Self { database, root, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn article(&self, id: i64) -> Option<Article> {
        let response = self.client.get(format!("{}/articles/{id}", self.root)).send().await.unwrap();
        match response.status() {
            StatusCode::NOT_FOUND => None,
            StatusCode::OK => Some(response.json().await.unwrap()),
            status => panic!("{status}"),
        }
    }

    async fn digest(&self, author: &str) -> Digest {
        let response = self.client.get(format!("{}/authors/{author}/digest", self.root)).send().await.unwrap();
        response.error_for_status().unwrap().json().await.unwrap()
    }

    async fn save(&self, id: i64, article: &Article) {
        let request = self.client.put(format!("{}/articles/{id}", self.root)).json(article);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    }

    /// Asserts how many queries `work` costs.
    async fn costs<T>(&self, queries: u64, work: impl Future<Output = T>) -> T {
        let before = self.database.queries();
        let result = work.await;
        assert_eq!(self.database.queries() - before, queries);
        result
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_costs_one_query_however_often_it_is_read() {
    let service = Running::start().await;
    let first = service.costs(1, service.article(1)).await.unwrap();
    assert_eq!((first.author.as_str(), first.title.as_str()), ("ada", "On engines"));
    for _ in 0..3 {
        assert_eq!(service.costs(0, service.article(1)).await.unwrap(), first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_at_once_cost_one_query() {
    let service = Running::start().await;
    let articles = service.costs(1, join_all((0..100).map(|_| service.article(2)))).await;
    assert!(articles.iter().all(|article| article.as_ref().unwrap().title == "On numbers"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_that_is_not_there_is_asked_for_once_until_it_is_written() {
    let service = Running::start().await;
    assert_eq!(service.costs(1, service.article(99)).await, None);
    assert_eq!(service.costs(0, service.article(99)).await, None);
    let written = Article { author: "emmy".into(), title: "On rings".into(), body: "They are rings.".into() };
    service.costs(1, service.save(99, &written)).await;
    assert_eq!(service.costs(1, service.article(99)).await, Some(written));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_seen_by_the_next_read_and_forgets_nothing_else() {
    let service = Running::start().await;
    let mut first = service.costs(1, service.article(1)).await.unwrap();
    let second = service.costs(1, service.article(2)).await;
    first.title = "On looms".into();
    service.costs(1, service.save(1, &first)).await;
    assert_eq!(service.costs(1, service.article(1)).await, Some(first));
    assert_eq!(service.costs(0, service.article(2)).await, second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_is_computed_once_and_anew_for_all_whom_a_write_concerns() {
    let service = Running::start().await;
    let ada = Digest { titles: vec!["On engines".into(), "On numbers".into()], words: 8 };
    assert_eq!(service.costs(1, service.digest("ada")).await, ada);
    assert_eq!(service.costs(0, service.digest("ada")).await, ada);
    service.costs(1, service.digest("grace")).await;
    service.costs(1, service.digest("nobody")).await;

    // It turns out that the second article was written by somebody else.
    let moved =
        Article { author: "grace".into(), title: "On numbers".into(), body: "They could compose music.".into() };
    service.costs(1, service.save(2, &moved)).await;
    assert_eq!(service.costs(1, service.digest("ada")).await.titles, ["On engines"]);
    assert_eq!(service.costs(1, service.digest("grace")).await.titles, ["On numbers", "On nanoseconds"]);
    assert_eq!(service.costs(0, service.digest("nobody")).await.words, 0);
}
