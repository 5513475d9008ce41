//! A disk that fails at the one write that a test names: its log, and its blobs, which may be torn.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use concordat_store::{ObjectStore, Store};
use futures_core::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::plan::{How, Plan};

/// Puts the plan in front of a store, log and blobs.
pub fn before(plan: &Arc<Plan>, store: Store) -> Store {
    let blobs = plan.clone();
    store.wrapped(
        |journal| plan.before_log(journal),
        |objects| Arc::new(FaultyObjects { objects, plan: blobs }),
    )
}

#[derive(Debug)]
struct FaultyObjects {
    objects: Arc<dyn ObjectStore>,
    plan: Arc<Plan>,
}

impl fmt::Display for FaultyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a faulty {}", self.objects)
    }
}

fn unplugged() -> object_store::Error {
    object_store::Error::Generic { store: "test", source: Box::new(io::Error::other("unplugged")) }
}

#[async_trait]
impl ObjectStore for FaultyObjects {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> object_store::Result<PutResult> {
        match self.plan.next() {
            None => self.objects.put_opts(location, payload, opts).await,
            Some(How::Refused) => Err(unplugged()),
            Some(How::Unanswered) => {
                self.objects.put_opts(location, payload, opts).await.and(Err(unplugged()))
            }
            Some(How::Torn) => {
                let bytes: Vec<u8> = payload.iter().flat_map(|part| part.to_vec()).collect();
                let half = bytes[..bytes.len() / 2].to_vec();
                self.objects.put_opts(location, half.into(), opts).await.and(Err(unplugged()))
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(location, opts).await
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.objects.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.objects.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
