//! A weak link on loopback: a relay that holds back what it carries.
//!
//! Each way is one bottleneck for all connections together. A segment of at most 1,460 bytes waits for its turn, takes
//! as long as the rate says (with 40 bytes of headers), and is there half a round trip later. A lost one is sent again
//! when the sender has noticed, which is taken to be after a round trip and 200 ms (the least retransmission timeout;
//! a sender that sees duplicate acknowledgements is sooner), takes its time on the link once more, and holds up what is
//! behind it on its connection. A new connection costs a round trip first.
//!
//! What TCP does besides is left out because it does not show here: two segments and a half are on their way at this
//! rate and distance, less than the first window, and what 2 % of loss lets one connection have (500 kbit/s by the
//! formula of Mathis) is more than there is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

const SEGMENT: usize = 1_460;
const HEADERS: usize = 40;
const TIMEOUT_MIN: Duration = Duration::from_millis(200);

/// What a link does to what it carries.
#[derive(Debug, Clone, Copy)]
pub struct WeakLink {
    /// There and back.
    pub round_trip: Duration,
    /// Of a hundred segments, so many are lost.
    pub loss_percent: f64,
    /// Each way.
    pub bits_per_s: u32,
}

impl fmt::Display for WeakLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round_trip, loss_percent, bits_per_s } = self;
        write!(f, "{} ms round trip, {loss_percent} % loss, {} kbit/s", round_trip.as_millis(), bits_per_s / 1_000)
    }
}

/// One way of the link. Its lock is fair: connections take turns, segment by segment.
struct Way {
    link: WeakLink,
    dice: Mutex<fastrand::Rng>,
}

impl WeakLink {
    /// Puts itself before a service. Answers the address at which it takes connections; it ends with the runtime.
    pub async fn carry(self, url: &str, seed: u64) -> String {
        let to = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let way = |seed| Arc::new(Way { link: self, dice: Mutex::new(fastrand::Rng::with_seed(seed)) });
        let (there, back) = (way(seed), way(seed ^ 1));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (there, back, to) = (Arc::clone(&there), Arc::clone(&back), to.clone());
                tokio::spawn(async move {
                    sleep(self.round_trip).await;
                    let Ok(far) = TcpStream::connect(&to).await else { return };
                    let set = near.set_nodelay(true).and(far.set_nodelay(true));
                    debug_assert!(set.is_ok());
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::join!(there.pass(near_in, far_out), back.pass(far_in, near_out));
                });
            }
        });
        format!("http://{address}")
    }
}

impl Way {
    /// Carries one connection's bytes one way until it ends.
    async fn pass(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let (send, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let carry = async move {
            let mut buffer = [0; SEGMENT];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                let arrives = self.carry(length).await;
                if send.send((arrives, buffer[..length].to_vec())).is_err() {
                    return;
                }
            }
        };
        let deliver = async move {
            while let Some((arrives, segment)) = arriving.recv().await {
                sleep_until(arrives).await;
                if to.write_all(&segment).await.is_err() {
                    return;
                }
            }
            let _ = to.shutdown().await;
        };
        tokio::join!(carry, deliver);
    }

    /// Waits for a turn on the link and answers when the segment is there.
    async fn carry(&self, length: usize) -> Instant {
        let WeakLink { round_trip, loss_percent, bits_per_s } = self.link;
        let bits = u32::try_from((length + HEADERS) * 8).unwrap_or(u32::MAX);
        let takes = Duration::from_secs(1) * bits / bits_per_s;
        let mut dice = self.dice.lock().await;
        let mut arrives = round_trip / 2;
        let mut timeout = round_trip + TIMEOUT_MIN;
        let mut busy = takes;
        while dice.f64() * 100.0 < loss_percent {
            arrives += timeout;
            timeout *= 2;
            busy += takes;
        }
        sleep(busy).await;
        Instant::now() + arrives
    }
}
