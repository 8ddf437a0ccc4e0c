//! Articles, by whatever means.

use cachetools::{Cache, cachedmethod};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::database::{Database, DatabaseError};

/// An article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Who wrote it.
    pub author: String,
    /// What it is called.
    pub title: String,
    /// What it says.
    pub body: String,
}

/// What the service needs to know of articles.
pub trait Repository: Clone + Send + Sync + 'static {
    /// One article, if it is there.
    fn article(&self, id: i64) -> impl Future<Output = Result<Option<Article>, DatabaseError>> + Send;

    /// All articles of one author.
    fn by_author(&self, author: &str) -> impl Future<Output = Result<Vec<Article>, DatabaseError>> + Send;

    /// Writes an article; returns the one that was there before.
    fn save(&self, id: i64, article: Article) -> impl Future<Output = Result<Option<Article>, DatabaseError>> + Send;
}

/// Articles in a database.
#[derive(Clone)]
pub struct SqliteRepository {
    database: Database,
    /// Also those that are not there: to know that costs a query, too.
    articles: Cache<i64, Option<Article>>,
}

impl SqliteRepository {
    /// The articles of a database.
    pub fn new(database: Database) -> Self {
        Self { database, articles: Cache::builder().lru(10_000).build() }
    }
}

impl Repository for SqliteRepository {
    // The trait has no place for a handle beside the method. The cache is a field, which `save` can reach.
    #[cachedmethod(cache = self.articles)]
    async fn article(&self, id: i64) -> Result<Option<Article>, DatabaseError> {
        let select = "SELECT author, title, body FROM articles WHERE id = ?1";
        self.database.query(move |connection| connection.query_row(select, [id], article).optional()).await
    }

    async fn by_author(&self, author: &str) -> Result<Vec<Article>, DatabaseError> {
        let author = author.to_owned();
        let query = self.database.query(move |connection| {
            let mut select =
                connection.prepare_cached("SELECT author, title, body FROM articles WHERE author = ?1 ORDER BY id")?;
            select.query_map([author], article)?.collect()
        });
        query.await
    }

    async fn save(&self, id: i64, new: Article) -> Result<Option<Article>, DatabaseError> {
        let query = self.database.query(move |connection| {
            let transaction = connection.transaction()?;
            let select = "SELECT author, title, body FROM articles WHERE id = ?1";
            let old = transaction.query_row(select, [id], article).optional()?;
            let replace = "INSERT OR REPLACE INTO articles VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(replace, params![id, new.author, new.title, new.body])?;
            transaction.commit()?;
            Ok(old)
        });
        let old = query.await?;
        // After the write: a load that began before it is not stored, even if it ends later.
        self.articles.invalidate(&id);
        Ok(old)
    }
}

fn article(row: &Row) -> rusqlite::Result<Article> {
    Ok(Article { author: row.get(0)?, title: row.get(1)?, body: row.get(2)? })
}
