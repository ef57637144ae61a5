//! The listening socket: connections, the time and room a client has to say what it wants, and a stop that lets
//! requests under way finish. What a request may hold is limited by its route.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kernel::client_ip::ClientIp;
use kernel::limits::Places;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

/// A client that has not sent its request line and headers by then, or that has been idle for so long, is let go.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_HEADERS: usize = 16 * 1024;
/// More clients wait in the system's queue until one leaves. Each live stream is one.
const MOST_CONNECTIONS: usize = 10_000;
/// From one address (or IPv6 network) that is not a trusted proxy; one more is closed at once.
const MOST_OF_ONE_PEER: usize = 1_000;

/// Serves until `stop` resolves; then takes no more connections and waits for the open ones to finish.
pub async fn accept(
    listener: TcpListener,
    router: Router,
    trusted_proxies: Arc<[IpAddr]>,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_header_size(LARGEST_HEADERS);
    let router = router.with_state(());
    let open = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let peers = Places::new(MOST_OF_ONE_PEER);
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let client = ClientIp(peer.ip().to_canonical());
                let peer_place = if trusted_proxies.contains(&client.0) {
                    None
                } else if let Ok(place) = peers.take(client.network()) {
                    Some(place)
                } else {
                    continue;
                };
                let connection = serve(http.clone(), router.clone(), stream, peer, open.watcher());
                tokio::spawn(async move {
                    connection.await;
                    drop((place, peer_place));
                });
            }
            Err(error) => {
                // out of file descriptors, most likely: connections that end free some
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    open.shutdown().await;
}

async fn serve(http: http1::Builder, router: Router, stream: TcpStream, peer: SocketAddr, open: Watcher) {
    // small answers must not wait for more to come
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    // a client that goes away in the middle is no event
    let _ = open.watch(connection).await;
}
