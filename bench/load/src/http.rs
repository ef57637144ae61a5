//! The smallest HTTP/1.1 client that keeps a connection open and reads an event stream piece by piece.
//!
//! It understands what our server sends (`content-length` or chunks) and nothing else. Start with [`Connection`].

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// The address in a URL such as `http://127.0.0.1:8080`; anything that is not this machine is refused.
pub fn loopback(url: &str) -> Result<SocketAddr> {
    let address = url.trim_end_matches('/').strip_prefix("http://").unwrap_or(url);
    let address: SocketAddr = address
        .parse()
        .map_err(|_| format!("`{url}` is not of the form http://127.0.0.1:8080"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(format!("{address} is not this machine").into())
    }
}

/// A request in one piece.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub bearer: Option<&'a str>,
    pub accept: &'a str,
    pub extra: &'a str,
    pub body: &'a str,
}

impl<'a> Request<'a> {
    pub fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            bearer: None,
            accept: "*/*",
            extra: "",
            body: "",
        }
    }

    pub fn post(path: &'a str, body: &'a str) -> Self {
        Self {
            method: "POST",
            path,
            bearer: None,
            accept: "application/json",
            extra: "",
            body,
        }
    }

    pub fn bearer(self, token: &'a str) -> Self {
        Self {
            bearer: Some(token),
            ..self
        }
    }

    pub fn accept(self, accept: &'a str) -> Self {
        Self { accept, ..self }
    }
}

pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The body of a 2xx answer.
    pub fn ok(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(format!("status {}: {}", self.status, String::from_utf8_lossy(&self.body)).into())
    }
}

/// One kept-alive connection, used by one visitor at a time.
pub struct Connection {
    stream: TcpStream,
    /// Read, but not yet used.
    buffer: Vec<u8>,
    out: String,
}

enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
            out: String::with_capacity(2048),
        })
    }

    pub async fn call(&mut self, request: Request<'_>) -> Result<Response> {
        self.stream(request, |_| ()).await
    }

    /// `on_piece` sees each piece of the body as it arrives.
    pub async fn stream(
        &mut self,
        request: Request<'_>,
        mut on_piece: impl FnMut(&[u8]),
    ) -> Result<Response> {
        self.send(&request).await?;
        let (status, framing) = self.head().await?;
        let mut body = Vec::new();
        match framing {
            Framing::Length(length) => {
                self.fill(length).await?;
                body.extend(self.buffer.drain(..length));
                on_piece(&body);
            }
            Framing::Chunked => loop {
                let length = self.chunk_length().await?;
                self.fill(length + 2).await?;
                on_piece(self.buffer.get(..length).unwrap_or_default());
                body.extend(self.buffer.drain(..length + 2).take(length));
                if length == 0 {
                    break;
                }
            },
        }
        Ok(Response { status, body })
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<()> {
        use std::fmt::Write as _;
        self.out.clear();
        let Request {
            method,
            path,
            accept,
            extra,
            body,
            ..
        } = request;
        write!(
            self.out,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\n{extra}"
        )?;
        if let Some(token) = request.bearer {
            write!(self.out, "authorization: Bearer {token}\r\n")?;
        }
        if !body.is_empty() {
            write!(
                self.out,
                "content-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            )?;
        }
        write!(self.out, "\r\n{body}")?;
        self.stream.write_all(self.out.as_bytes()).await?;
        Ok(())
    }

    async fn head(&mut self) -> Result<(u16, Framing)> {
        let end = self.find(b"\r\n\r\n").await?;
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or("no status line")?;
        let mut framing = Framing::Length(0);
        for line in head.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                framing = Framing::Length(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Framing::Chunked;
            }
        }
        Ok((status, framing))
    }

    async fn chunk_length(&mut self) -> Result<usize> {
        let end = self.find(b"\r\n").await?;
        let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
        let digits = std::str::from_utf8(line.get(..end).unwrap_or_default())?;
        Ok(usize::from_str_radix(
            digits.split(';').next().unwrap_or_default(),
            16,
        )?)
    }

    /// Where `mark` begins; reads until it is there.
    async fn find(&mut self, mark: &[u8]) -> Result<usize> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|window| window == mark) {
                return Ok(at);
            }
            self.read().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::loopback;

    #[test]
    fn only_this_machine_is_measured() {
        assert!(loopback("http://127.0.0.1:8080/").is_ok());
        assert!(loopback("http://192.0.2.1:8080").is_err());
        assert!(loopback("http://example.com").is_err());
    }
}
