//! Limits how much is read of what a broker sends: one that floods costs no more than one that
//! works as it should. What is not read yet waits on its side.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes per second in the long run. What an honest broker sends is acknowledgements.
const RATE: u32 = 16 * 1024;

/// Bytes at once: acknowledgements of all announcements of a large plant.
const BURST: u32 = 256 * 1024;

/// A stream that is read at this rate, and written as it comes.
pub(super) struct Throttle<S> {
    stream: S,
    /// What was read until now would have taken until then at the rate.
    paid: Instant,
    pause: Pin<Box<Sleep>>,
}

impl<S> Throttle<S> {
    pub(super) fn new(stream: S) -> Self {
        let paid = Instant::now();
        Self {
            stream,
            paid,
            pause: Box::pin(sleep_until(paid)),
        }
    }

    fn pay(&mut self, bytes: usize) {
        let now = Instant::now();
        let cost = |bytes| Duration::from_secs(1) * bytes / RATE;
        self.paid = self.paid.max(now) + cost(u32::try_from(bytes).unwrap_or(u32::MAX));
        let free = self.paid.checked_sub(cost(BURST)).unwrap_or(now);
        // Otherwise the last pause is over, and stays so.
        if free > now {
            self.pause.as_mut().reset(free);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Throttle<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.pause.as_mut().poll(context));
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.pay(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Throttle<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Bytes that are read of a flood within so many seconds.
    async fn read_within(seconds: u64) -> u64 {
        let (near, mut far) = duplex(64 * 1024);
        tokio::spawn(async move { while far.write_all(&[0; 4096]).await.is_ok() {} });
        let (mut throttle, mut read) = (Throttle::new(near), 0);
        let mut buffer = [0; 8 * 1024];
        let end = Instant::now() + Duration::from_secs(seconds);
        while let Ok(Ok(count)) = tokio::time::timeout_at(end, throttle.read(&mut buffer)).await {
            read += u64::try_from(count).unwrap_or_default();
        }
        read
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_read_at_the_rate_after_one_burst() {
        for seconds in [1, 10, 3600] {
            let due = u64::from(BURST) + seconds * u64::from(RATE);
            let read = read_within(seconds).await;
            assert!(
                (due..due + 16 * 1024).contains(&read),
                "{read} in {seconds} s"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_is_not_held_up() -> io::Result<()> {
        let (near, mut far) = duplex(1024);
        let mut throttle = Throttle::new(near);
        throttle.pay(usize::MAX);
        throttle.write_all(b"reading").await?;
        let mut read = [0; 7];
        far.read_exact(&mut read).await?;
        assert_eq!(&read, b"reading");
        Ok(())
    }
}
