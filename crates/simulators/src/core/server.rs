//! Answers calls, and breaks connections when a fault says so.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::{Core, Fault, Reply};

const LARGEST_BODY: usize = 110 << 20;

/// A call, read to its end.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Call {
    pub fn segments(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn has_content_type(&self, kind: &str) -> bool {
        self.header("content-type")
            .is_some_and(|given| given.starts_with(kind))
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body, as far as it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The fields of a form, each with the file name that it may have.
    pub async fn multipart(&self) -> Vec<Part> {
        use axum::extract::{FromRequest, Multipart};
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.headers_mut() = self.headers.clone();
        let mut parts = Vec::new();
        if let Ok(mut form) = Multipart::from_request(request, &()).await {
            while let Ok(Some(field)) = form.next_field().await {
                let name = field.name().unwrap_or_default().to_owned();
                let file_name = field.file_name().map(str::to_owned);
                let content_type = field.content_type().map(str::to_owned);
                let bytes = field.bytes().await.unwrap_or_default();
                parts.push(Part {
                    name,
                    file_name,
                    content_type,
                    bytes,
                });
            }
        }
        parts
    }
}

#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

impl Part {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A vendor's API.
pub trait Api: Send + Sync + 'static {
    fn core(&self) -> &Core;

    /// Whether a fault may meet this call.
    fn sends(&self, call: &Call) -> bool;

    fn answer(self: Arc<Self>, call: Call) -> impl Future<Output = Reply> + Send;
}

pub struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Running {
    pub fn start<A: Api>(listener: TcpListener, api: Arc<A>) -> Self {
        Self(tokio::spawn(accept(listener, api)).abort_handle())
    }
}

async fn accept<A: Api>(listener: TcpListener, api: Arc<A>) {
    // they end with this task
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, api.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve<A: Api>(stream: TcpStream, api: Arc<A>) {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let api = api.clone();
        async move {
            let call = read(request.map(Body::new)).await?;
            let reply = respond(api, call).await?;
            Ok::<_, io::Error>(into_response(reply).unwrap_or_default())
        }
    });
    // an error is a connection that was to break
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn read(request: Request<Body>) -> io::Result<Call> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(io::Error::other)?;
    let query = head.uri.query().unwrap_or_default().as_bytes();
    Ok(Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query).into_owned().collect(),
        headers: head.headers,
        body,
    })
}

/// An error closes the connection.
async fn respond<A: Api>(api: Arc<A>, call: Call) -> io::Result<Reply> {
    let fault = if api.sends(&call) {
        api.core().faults.take()
    } else {
        None
    };
    api.core().faults.wait().await;
    match fault {
        None => Ok(api.answer(call).await),
        Some(Fault::Refuse(reply)) => Ok(reply),
        Some(Fault::CloseBefore) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(Fault::Answer(reply)) => {
            api.answer(call).await;
            Ok(reply)
        }
        Some(Fault::CloseAfter) => {
            api.answer(call).await;
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
}

fn into_response(reply: Reply) -> Result<Response<Body>, axum::http::Error> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body))
}
