//! One run among many processes: the lease of a key, in the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::super::error::StoreError;
use super::super::hooks::{Operation, Read};
use super::super::keys::hash;
use super::back::{Back, add};

/// Some digits that nobody else has.
pub(super) fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    hash(&format!("{:?} {} {next}", SystemTime::now(), std::process::id()))
}

/// The right to be the one process that runs. Dropped, it is given back; should the process die, it lapses.
pub(super) struct Lease {
    back: Arc<Back>,
    lock: String,
    token: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(runtime) = self.back.handle() else { return };
        let (back, lock, token) = (self.back.clone(), std::mem::take(&mut self.lock), std::mem::take(&mut self.token));
        runtime.spawn(async move {
            // Not given back, it lapses.
            let _ =
                back.tell(Operation::CompareAndDelete, back.store.compare_and_delete(&lock, token.as_bytes())).await;
        });
    }
}

impl Lease {
    /// Takes the lease of a key, if nobody has it.
    pub(super) async fn acquire(back: &Arc<Back>, key: &str, length: Duration) -> Result<Option<Self>, StoreError> {
        let lock = format!("{key}-lock");
        let lock = if back.store.fits(&lock) { lock } else { format!("lock:#{}", hash(key)) };
        let token = unique();
        let add = async { Ok((add(&*back.store, &lock, token.as_bytes(), Some(length)).await?, Read::default())) };
        let is_ours = back.ask(Operation::Add, add).await?;
        Ok(is_ours.then(|| Self { back: back.clone(), lock, token }))
    }
}
