//! A stream that does not wait for ever until its other end takes what is written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Writes fail once less than `least` bytes were taken for so long while more waited: whoever takes a byte
/// now and then would have an answer held for as long as it likes. Reads wait: what they wait for is
/// limited where it is known what is read.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    most: Duration,
    least: usize,
    stalled: Pin<Box<Sleep>>,
    is_stalled: bool,
    /// How much was taken since that is so.
    taken: usize,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, most: Duration, least: usize) -> Self {
        let stalled = Box::pin(sleep(most));
        Self { stream, most, least, stalled, is_stalled: false, taken: 0 }
    }

    /// Waits for a write, and gives it up in time.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if !self.is_stalled {
            self.begin();
        }
        ready!(self.stalled.as_mut().poll(cx));
        if self.taken < self.least {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.begin();
        ready!(self.stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn begin(&mut self) {
        (self.is_stalled, self.taken) = (true, 0);
        self.stalled.as_mut().reset(Instant::now() + self.most);
    }

    /// Once all was taken, nobody waits.
    fn judge(
        &mut self,
        flushed: Poll<io::Result<()>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if flushed.is_ready() {
            self.is_stalled = false;
            return flushed;
        }
        self.wait(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Ready(Ok(count)) => {
                self.taken = self.taken.saturating_add(count);
                Poll::Ready(Ok(count))
            }
            Poll::Ready(fault) => Poll::Ready(fault),
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.judge(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(shut, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_is_waited_for_and_whoever_takes_nothing_is_not() {
        let limit = Duration::from_secs(30);
        let (ours, mut theirs) = duplex(8);
        let mut ours = Patient::new(ours, limit, 8);
        let slow = async {
            for _ in 0..8 {
                sleep(limit - Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 8]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(&[7; 64]), slow);
        written.unwrap();
        ours.flush().await.unwrap();
        let begun = Instant::now();
        let fault = ours.write_all(&[7; 64]).await.unwrap_err();
        assert_eq!((fault.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, limit));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_less_than_the_least_is_not_waited_for_either() {
        let limit = Duration::from_secs(30);
        let (ours, mut theirs) = duplex(8);
        let mut ours = Patient::new(ours, limit, 8);
        let begun = Instant::now();
        let slow = async {
            loop {
                sleep(limit - Duration::from_secs(1)).await;
                if theirs.read_exact(&mut [0; 1]).await.is_err() {
                    return;
                }
            }
        };
        let write = async {
            let fault = ours.write_all(&[7; 4_096]).await.unwrap_err();
            assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
            begun.elapsed()
        };
        tokio::select! {
            after = write => assert!(after <= limit * 2, "{after:?}"),
            () = slow => panic!("the stream was closed"),
        }
    }
}
