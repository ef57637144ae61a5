//! A mail server on this machine that takes mail, or refuses it, or falls silent, as the test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does with the next mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailManners {
    Take,
    /// Says this to the recipient: `550 5.1.1 no such user`.
    RefuseRecipient(String),
    /// Says this instead of a greeting, and hangs up.
    Busy(String),
    /// Reads the text and hangs up without a word.
    CutAfterData,
    /// Accepts the connection and never says anything.
    Hang,
}

/// A mail as it came.
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// Head and body as they came, with the dots of the protocol taken away.
    pub raw: String,
}

/// A running mail server. It ends with the test.
pub struct MailServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    manners: Mutex<MailManners>,
    /// `user:password` that it asks for.
    login: Option<(String, String)>,
    mails: Mutex<Vec<Mail>>,
    /// Lines that clients have said, without texts of mails.
    said: Mutex<Vec<String>>,
    came: Notify,
}

impl Mail {
    /// A header, unfolded, as it came: words that are not ASCII are encoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let prefix = format!("{}:", name.to_lowercase());
        let line = head
            .split("\r\n")
            .find(|line| line.to_lowercase().starts_with(&prefix))?;
        Some(line[prefix.len()..].trim().to_owned())
    }

    /// The text, with its encoding (quoted-printable) undone; of several parts one after the other.
    pub fn text(&self) -> String {
        let body = self.raw.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let kind = self.header("Content-Type").unwrap_or_default();
        let Some((_, boundary)) = kind.split_once("boundary=\"") else {
            return decoded(body);
        };
        let border = format!("--{}", boundary.split('"').next().unwrap_or_default());
        let parts = body.split(&border);
        let texts = parts.filter_map(|part| part.split_once("\r\n\r\n"));
        texts.map(|(_, text)| decoded(text)).collect()
    }
}

fn decoded(body: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = body.replace("=\r\n", "");
    while let Some(at) = rest.find('=') {
        bytes.extend(rest[..at].bytes());
        let code = rest.get(at + 1..at + 3).unwrap_or("");
        bytes.push(u8::from_str_radix(code, 16).expect("quoted-printable"));
        rest = rest[at + 3..].to_owned();
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
}

impl MailServer {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// One that asks for a user name and a password.
    pub async fn with_login(user: &str, password: &str) -> Self {
        Self::start_with(Some((user.to_owned(), password.to_owned()))).await
    }

    async fn start_with(login: Option<(String, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            manners: Mutex::new(MailManners::Take),
            login,
            mails: Mutex::default(),
            said: Mutex::default(),
            came: Notify::new(),
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                // whoever hangs up has said enough
                tokio::spawn(async move { talk(stream, &shared).await });
            }
        });
        Self { address, shared }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn behave(&self, manners: MailManners) {
        *held(&self.shared.manners) = manners;
    }

    /// All that it has taken, in the order in which they came.
    pub fn mails(&self) -> Vec<Mail> {
        held(&self.shared.mails).clone()
    }

    /// Every line that clients have said, without texts of mails.
    pub fn said(&self) -> Vec<String> {
        held(&self.shared.said).clone()
    }

    /// Waits until so many mails to this address have come, and gives them.
    pub async fn wait_for(&self, to: &str, count: usize) -> Vec<Mail> {
        let waiting = async {
            loop {
                let came = self.shared.came.notified();
                let found: Vec<Mail> = self.mails().into_iter().filter(|mail| mail.to == to).collect();
                if found.len() >= count {
                    return found;
                }
                came.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), waiting)
            .await
            .unwrap_or_else(|_| panic!("no {count} mails to {to}: {:?}", self.said()))
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let manners = held(&shared.manners).clone();
    let mut stream = BufReader::new(stream);
    match &manners {
        MailManners::Hang => std::future::pending().await,
        MailManners::Busy(words) => return say(&mut stream, words).await,
        _ => say(&mut stream, "220 mail.test ready").await?,
    }
    let (mut from, mut to) = (String::new(), String::new());
    while let Some(line) = read(&mut stream).await? {
        held(&shared.said).push(line.clone());
        let verb = line.to_ascii_uppercase();
        let answer = if verb.starts_with("EHLO") {
            match shared.login {
                Some(_) => "250-mail.test\r\n250 AUTH PLAIN LOGIN".to_owned(),
                None => "250 mail.test".to_owned(),
            }
        } else if let Some(proof) = line.strip_prefix("AUTH PLAIN ") {
            judge(shared, proof)
        } else if verb.starts_with("MAIL FROM:") {
            from = address(&line);
            "250 ok".to_owned()
        } else if verb.starts_with("RCPT TO:") {
            to = address(&line);
            match &manners {
                MailManners::RefuseRecipient(words) => words.clone(),
                _ => "250 ok".to_owned(),
            }
        } else if verb == "DATA" {
            say(&mut stream, "354 go on").await?;
            let raw = read_text(&mut stream).await?;
            if manners == MailManners::CutAfterData {
                shared.came.notify_waiters();
                return Ok(());
            }
            let mail = Mail {
                from: from.clone(),
                to: to.clone(),
                raw,
            };
            held(&shared.mails).push(mail);
            shared.came.notify_waiters();
            "250 taken".to_owned()
        } else if verb == "QUIT" {
            return say(&mut stream, "221 bye").await;
        } else {
            "502 what?".to_owned()
        };
        say(&mut stream, &answer).await?;
    }
    Ok(())
}

fn judge(shared: &Shared, proof: &str) -> String {
    use base64::Engine as _;
    let typed = base64::engine::general_purpose::STANDARD.decode(proof);
    let right = shared
        .login
        .as_ref()
        .map(|(user, password)| format!("\0{user}\0{password}"));
    match (typed, right) {
        (Ok(typed), Some(right)) if typed == right.as_bytes() => "235 welcome".to_owned(),
        _ => "535 5.7.8 wrong password".to_owned(),
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(String::new(), |(address, _)| address.to_owned())
}

async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<()> {
    stream
        .get_mut()
        .write_all(format!("{words}\r\n").as_bytes())
        .await
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}

async fn read_text(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        let length = stream.read_line(&mut line).await?;
        if length == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
