//! The wire between desk and service, as TCP: it can be cut, go deaf, and come back at the same port.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the wire does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Both,
    /// Connections stand and nothing moves.
    None,
    /// What the desk sends arrives; answers do not.
    OutOnly,
}

pub struct Relay {
    target: SocketAddr,
    address: SocketAddr,
    flow: Arc<watch::Sender<Flow>>,
    listening: Mutex<Option<(CancellationToken, TaskTracker)>>,
}

impl Relay {
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let relay =
            Self { target, address, flow: Arc::new(watch::Sender::new(Flow::Both)), listening: Mutex::new(None) };
        relay.listen(listener).await;
        relay
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn listen(&self, listener: TcpListener) {
        let (cut, target, flow) = (CancellationToken::new(), self.target, Arc::clone(&self.flow));
        let carrying = TaskTracker::new();
        *self.listening.lock().await = Some((cut.clone(), carrying.clone()));
        carrying.clone().spawn(async move {
            loop {
                let near = tokio::select! {
                    biased;
                    () = cut.cancelled() => return,
                    accepted = listener.accept() => match accepted {
                        Ok((near, _)) => near,
                        Err(_) => continue,
                    },
                };
                let (cut, flow) = (cut.clone(), flow.subscribe());
                carrying.spawn(async move {
                    let Ok(far) = TcpStream::connect(target).await else { return };
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    let out = pump(near_in, far_out, flow.clone(), |flow| flow != Flow::None);
                    let back = pump(far_in, near_out, flow, |flow| flow == Flow::Both);
                    tokio::select! {
                        biased;
                        () = cut.cancelled() => {}
                        () = async { tokio::join!(out, back); } => {}
                    }
                });
            }
        });
    }

    /// Every connection breaks and new ones are refused. When this returns, nothing more comes through.
    pub async fn cut(&self) {
        if let Some((cut, carrying)) = self.listening.lock().await.take() {
            cut.cancel();
            carrying.close();
            carrying.wait().await;
        }
    }

    /// The wire is back, at the same port.
    pub async fn restore(&self) {
        self.flow.send_replace(Flow::Both);
        if self.listening.lock().await.is_some() {
            return;
        }
        // The old listener goes with its task.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.listen(listener).await;
    }

    pub fn flow(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut flow: watch::Receiver<Flow>,
    moves: impl Fn(Flow) -> bool,
) {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let Ok(length) = from.read(&mut piece).await else { return };
        if flow.wait_for(|now| moves(*now)).await.is_err() {
            return;
        }
        if length == 0 || to.write_all(&piece[..length]).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
}
