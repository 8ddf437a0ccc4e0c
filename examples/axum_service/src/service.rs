//! What the application does, over any repository.

use std::sync::Arc;

use cachetools::{InstanceCaches, cachedmethod};
use serde::{Deserialize, Serialize};

use crate::database::DatabaseError;
use crate::repository::{Article, Repository};

/// What an author wrote, in short.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The titles of all articles.
    pub titles: Vec<String>,
    /// The words of all articles together.
    pub words: usize,
}

/// The service. A clone is the same one: it shares the caches.
#[derive(Clone)]
pub struct Service<R> {
    repository: R,
    caches: InstanceCaches,
}

impl<R: Repository> Service<R> {
    /// A service over a repository.
    pub fn new(repository: R) -> Self {
        Self { repository, caches: InstanceCaches::default() }
    }

    /// One article, if it is there.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn article(&self, id: i64) -> Result<Option<Article>, DatabaseError> {
        self.repository.article(id).await
    }

    /// What an author wrote.
    ///
    /// # Errors
    ///
    /// Those of the database.
    #[cachedmethod(lru = 1000, ttl = "10m")]
    pub async fn digest(&self, author: &str) -> Result<Arc<Digest>, DatabaseError> {
        let articles = self.repository.by_author(author).await?;
        let words = articles.iter().map(|article| article.body.split_whitespace().count()).sum();
        Ok(Arc::new(Digest { titles: articles.into_iter().map(|article| article.title).collect(), words }))
    }

    /// Writes an article, and forgets the digests that it changes: of who wrote it, and of who wrote what was there before.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn save(&self, id: i64, article: Article) -> Result<(), DatabaseError> {
        let author = article.author.clone();
        let old = self.repository.save(id, article).await?;
        for author in old.iter().map(|old| &old.author).chain([&author]) {
            self.digest_cache().cache_invalidate(author);
        }
        Ok(())
    }
}
