//! Bodies of small services: whole, in time, and not too long.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use tokio::time::timeout;

/// How much of a body that is too long is read and thrown away. A client that is still sending would
/// see a broken connection otherwise, and not why.
const DRAINED_MOST: usize = 8 << 20;

/// A body that comes to its end within the time and has at most `most` bytes.
pub async fn whole(body: Body, most: usize, within: Duration) -> Option<Vec<u8>> {
    timeout(within, read(body, most)).await.ok().flatten()
}

async fn read(mut body: Body, most: usize) -> Option<Vec<u8>> {
    let (mut whole, mut came) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        came += data.len();
        if came <= most {
            whole.extend_from_slice(&data);
        } else if came > DRAINED_MOST {
            return None;
        }
    }
    (came <= most).then_some(whole)
}

/// Does what may wait, for the disk or for somebody else, on a thread where that is allowed; none if it
/// died.
pub async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(act).await.ok()
}
