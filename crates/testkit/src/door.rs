//! A public address that stays when the server moves to another port: what stands before it in production.

use std::net::{SocketAddr, TcpListener};

use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use crate::http::Api;

/// Passes connections on to wherever the server is; while it is away they are closed.
pub(crate) struct Door {
    address: SocketAddr,
    listener: Option<TcpListener>,
    passing: Option<AbortHandle>,
}

impl Door {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket without waiting");
        Self {
            address: listener.local_addr().expect("an address"),
            listener: Some(listener),
            passing: None,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, until this is dropped.
    pub fn open(&mut self, api: Api) {
        let listener = self.listener.take().expect("it is opened once");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let passing = tokio::spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                let to = api.base().trim_start_matches("http://").to_owned();
                tokio::spawn(pass(outside, to));
            }
        });
        self.passing = Some(passing.abort_handle());
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(passing) = &self.passing {
            passing.abort();
        }
    }
}

async fn pass(mut outside: TcpStream, to: String) {
    if let Ok(mut inside) = TcpStream::connect(to).await {
        // an error is a connection that broke, which both sides notice
        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    }
}
