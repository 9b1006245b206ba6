//! An open serial port as a stream of bytes.

use mio_serial::SerialStream;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::task::coop::poll_proceed;

/// Watched by the reactor only while a read or a write waits. A bus that sleeps until the rest of
/// a reply must be there is not woken by each piece of it: that was a third of the processor time
/// of a run.
pub(super) struct PortStream {
    /// Before `port`, so that the reactor drops the descriptor before it is closed.
    waiting: Option<(Interest, AsyncFd<RawFd>)>,
    port: SerialStream,
}

impl PortStream {
    /// `port` does not block: its library opens it so.
    pub(super) const fn new(port: SerialStream) -> Self {
        Self {
            waiting: None,
            port,
        }
    }

    /// Reads or writes at once if that is possible, or waits until it is.
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        interest: Interest,
        mut attempt: impl FnMut(&mut SerialStream) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        // A line that never stops talking leaves time for other tasks.
        let turn = ready!(poll_proceed(context));
        loop {
            match attempt(&mut self.port) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => {
                    turn.made_progress();
                    self.waiting = None;
                    return Poll::Ready(done);
                }
            }
            let watched = self.watched(interest)?;
            let mut ready = ready!(match interest {
                Interest::WRITABLE => watched.poll_write_ready(context),
                _ => watched.poll_read_ready(context),
            })?;
            ready.clear_ready();
        }
    }

    // Its replacement in tokio 1.54 is `unsafe`, as the descriptor must stay open while it is
    // watched: the order of the fields guarantees that.
    #[allow(deprecated)]
    fn watched(&mut self, interest: Interest) -> io::Result<&AsyncFd<RawFd>> {
        // A wait of the other kind was given up; the system takes a descriptor once.
        self.waiting.take_if(|(before, _)| *before != interest);
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            none => {
                let watched = AsyncFd::with_interest(self.port.as_raw_fd(), interest)?;
                none.insert((interest, watched))
            }
        };
        Ok(&waiting.1)
    }
}

impl AsyncRead for PortStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = |port: &mut SerialStream| port.read(buffer.initialize_unfilled());
        let count = ready!(self.get_mut().poll(context, Interest::READABLE, read))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PortStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = |port: &mut SerialStream| port.write(bytes);
        self.get_mut().poll(context, Interest::WRITABLE, write)
    }

    /// Nothing is kept back here; the system has what was written.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::thread;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::runtime::Handle;
    use tokio::time::{sleep, timeout};

    #[tokio::test]
    async fn pieces_that_are_not_waited_for_do_not_wake_the_program() {
        let (mut inverter, port) = SerialStream::pair().unwrap();
        let mut port = PortStream::new(port);
        let mut bytes = [0; 64];
        let write = |port: &mut SerialStream| port.write_all(b"*");

        // One piece is waited for: the port was watched once.
        let piece = async { write(&mut inverter) };
        let (first, written) = tokio::join!(port.read(&mut bytes), piece);
        assert_eq!((first.unwrap(), written.unwrap()), (1, ()));

        let parks = || Handle::current().metrics().worker_park_count(0);
        let before = parks();
        let pieces = thread::spawn(move || {
            for _ in 0..40 {
                thread::sleep(Duration::from_millis(2));
                write(&mut inverter).unwrap();
            }
            inverter
        });
        sleep(Duration::from_millis(100)).await;
        // The wheel of the timers takes a step or two.
        assert!(parks() - before < 10, "{}", parks() - before);

        let _inverter = pieces.join().unwrap();
        assert_eq!(port.read(&mut bytes).await.unwrap(), 40);
    }

    #[tokio::test]
    async fn a_line_that_never_stops_leaves_time_for_other_tasks() {
        let (mut inverter, port) = SerialStream::pair().unwrap();
        let mut port = PortStream::new(port);
        inverter.write_all(&[b'#'; 1000]).unwrap();
        let other_ran = Cell::new(false);
        let reader = async {
            for _ in 0..1000 {
                port.read_u8().await.unwrap();
            }
            assert!(other_ran.get());
        };
        tokio::join!(reader, async { other_ran.set(true) });
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_hinders_no_other() {
        let (mut inverter, port) = SerialStream::pair().unwrap();
        let mut port = PortStream::new(port);
        let mut bytes = [0; 8];
        let silence = timeout(Duration::from_millis(1), port.read(&mut bytes)).await;
        assert!(silence.is_err());
        // More than the system keeps: writing waits until it is read on the other side.
        let sent = [b'#'; 100_000];
        let reader = thread::spawn(move || {
            let mut heard = 0;
            while heard < sent.len() {
                match inverter.read(&mut [0; 4096]) {
                    Ok(count) => heard += count,
                    Err(_) => thread::yield_now(),
                }
            }
            inverter
        });
        port.write_all(&sent).await.unwrap();
        let mut inverter = reader.join().unwrap();
        inverter.write_all(b"*020").unwrap();
        assert_eq!(port.read(&mut bytes).await.unwrap(), 4);
    }
}
