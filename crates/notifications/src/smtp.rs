//! One mail, one dialogue with a mail server. It tells apart what was surely not sent from what may have been: from the
//! moment at which the text is on its way, only the server knows.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use kernel::error::{Result, invalid};
use kernel::ids::EmailId;
use kernel::outbound::Outbound;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::ics::Method;

/// The ports of mail servers: a workspace may name no other.
pub const PORTS: [u16; 4] = [25, 465, 587, 2525];
/// Time limit of each phase: connect and sign in; envelope; message text.
const PATIENCE: Duration = Duration::from_secs(30);
const FOR_CONNECTING: Duration = Duration::from_secs(10);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SmtpTls)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Tls {
    /// Encrypted before anything is said. A server that does not offer it is not used.
    Starttls,
    /// Encrypted from the first byte, usually on port 465.
    Tls,
    /// Readable on the way: for a server in the same place.
    None,
}

impl Tls {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }
}

/// A mail server, and in whose name mails are sent.
#[derive(Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub username: Option<String>,
    pub password: Option<String>,
    pub from: Mailbox,
    /// Chosen by the operator, who may name any address. A workspace's is checked like every address that others choose.
    pub is_operators: bool,
}

/// What a mail says.
pub struct Letter<'a> {
    pub id: EmailId,
    pub to_address: &'a str,
    pub to_name: Option<&'a str>,
    pub subject: &'a str,
    pub body: &'a str,
    pub unsubscribe_url: Option<&'a str>,
    /// An iCalendar object.
    pub calendar: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// Why a mail was not sent, or is not known to have been. In words, those of the server if it said any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was not sent; another try may work.
    Later(String),
    /// It was not sent, and will not be.
    Refused(String),
    /// The connection was lost after the text was on its way.
    Unknown(String),
}

/// Reads `ana@example.com` or `Ana <ana@example.com>`.
///
/// # Errors
/// 422 with what is wrong.
pub fn mailbox(text: &str) -> Result<Mailbox> {
    let read: std::result::Result<Mailbox, _> = line(text).parse();
    read.map_err(|_| {
        invalid(
            "bad_sender",
            "The sender is an e-mail address, such as support@example.com or Shop <support@example.com>.",
        )
    })
}

/// One line without control characters: what stands in a header can end no header.
pub fn line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_control() || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Writes the mail as it goes over the wire.
pub fn compose(from: &Mailbox, letter: &Letter<'_>) -> Result<Message, Failure> {
    let unfit = |what: &str| Failure::Refused(format!("The mail cannot be written: {what}."));
    let address: Address = letter
        .to_address
        .parse()
        .map_err(|_| unfit("the address is not one that mail servers understand"))?;
    if !letter.to_address.is_ascii() {
        return Err(unfit("the address has letters that few mail servers take"));
    }
    let name = letter.to_name.map(line).filter(|name| !name.is_empty());
    let domain = from.email.domain();
    let mut mail = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(line(letter.subject))
        .message_id(Some(format!("<{}@{domain}>", letter.id)))
        .date(SystemTime::from(letter.at))
        .raw_header(header("Auto-Submitted", "auto-generated"));
    if let Some(url) = letter.unsubscribe_url {
        mail = mail
            .raw_header(header("List-Unsubscribe", &format!("<{}>", line(url))))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(letter.body.replace('\0', ""));
    let mail = match letter.calendar {
        None => mail.singlepart(text),
        Some(calendar) => mail.multipart(
            MultiPart::mixed()
                .singlepart(text)
                .singlepart(invitation(calendar)?),
        ),
    };
    mail.map_err(|error| unfit(&error.to_string()))
}

/// The part that calendars read: what it asks them to do stands in its type, too.
fn invitation(calendar: &str) -> Result<SinglePart, Failure> {
    let method = Method::of(calendar).as_str();
    let kind = format!("text/calendar; charset=utf-8; method={method}; name=\"invite.ics\"");
    let kind = ContentType::parse(&kind)
        .map_err(|error| Failure::Refused(format!("The mail cannot be written: {error}.")))?;
    Ok(SinglePart::builder()
        .header(kind)
        .header(ContentDisposition::attachment("invite.ics"))
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(calendar.to_owned()))
}

/// A header of our own making; its value is printable ASCII.
fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str(name),
        value.to_owned(),
        value.to_owned(),
    )
}

/// Sends one mail, once.
pub async fn send(outbound: &Outbound, server: &Server, letter: &Letter<'_>) -> Result<(), Failure> {
    let mail = compose(&server.from, letter)?;
    let (envelope, bytes) = (mail.envelope().clone(), mail.formatted());
    let mut connection = match timeout(PATIENCE, open(outbound, server)).await {
        Ok(connection) => connection?,
        Err(_) => return Err(Failure::Later(slow(server))),
    };
    let outcome = speak(&mut connection, server, &envelope, &bytes).await;
    // whatever it says to that, the mail is as it is
    let _ = timeout(Duration::from_secs(2), connection.abort()).await;
    outcome
}

fn slow(server: &Server) -> String {
    format!("{}:{} did not answer in time.", server.host, server.port)
}

async fn open(outbound: &Outbound, server: &Server) -> Result<AsyncSmtpConnection, Failure> {
    let addresses = resolve(outbound, server).await?;
    let mut last = Failure::Later(format!("{} leads to no address.", server.host));
    for address in addresses {
        match connect(server, address).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = Failure::Later(said(&error)),
        }
    }
    Err(last)
}

async fn resolve(outbound: &Outbound, server: &Server) -> Result<Vec<SocketAddr>, Failure> {
    if !server.is_operators {
        let checked = outbound.resolve_checked(&server.host, server.port, &PORTS).await;
        return checked.map_err(|error| Failure::Later(error.detail));
    }
    let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
    let found = found.map_err(|error| Failure::Later(format!("{}: {error}", server.host)))?;
    Ok(found.collect())
}

async fn connect(
    server: &Server,
    address: SocketAddr,
) -> std::result::Result<AsyncSmtpConnection, SmtpError> {
    let hello = ClientId::default();
    let tls = match server.tls {
        Tls::None => None,
        Tls::Starttls | Tls::Tls => Some(TlsParameters::new(server.host.clone())?),
    };
    let from_the_start = tls.clone().filter(|_| server.tls == Tls::Tls);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(address, Some(FOR_CONNECTING), &hello, from_the_start, None)
            .await?;
    if let (Tls::Starttls, Some(tls)) = (server.tls, tls) {
        connection.starttls(tls, &hello).await?;
    }
    if let (Some(username), Some(password)) = (&server.username, &server.password) {
        let credentials = Credentials::new(username.clone(), password.clone());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await?;
    }
    Ok(connection)
}

async fn speak(
    connection: &mut AsyncSmtpConnection,
    server: &Server,
    envelope: &Envelope,
    bytes: &[u8],
) -> Result<(), Failure> {
    let announce = async {
        connection
            .command(Mail::new(envelope.from().cloned(), Vec::new()))
            .await?;
        for to in envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        connection.command(Data).await
    };
    match timeout(PATIENCE, announce).await {
        Err(_) => return Err(Failure::Later(slow(server))),
        Ok(Err(error)) if error.is_permanent() => return Err(Failure::Refused(said(&error))),
        Ok(Err(error)) => return Err(Failure::Later(said(&error))),
        Ok(Ok(_)) => {}
    }
    match timeout(PATIENCE, connection.message(bytes)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.is_permanent() => Err(Failure::Refused(said(&error))),
        Ok(Err(error)) if error.is_transient() => Err(Failure::Later(said(&error))),
        Ok(Err(error)) => Err(Failure::Unknown(format!(
            "The connection was lost after the text: {}. It may have arrived.",
            said(&error)
        ))),
        Err(_) => Err(Failure::Unknown(
            "The mail server did not say whether it took the text. It may have arrived.".into(),
        )),
    }
}

/// The server's words, not too many of them.
fn said(error: &SmtpError) -> String {
    line(&error.to_string()).chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter<'a>(name: &'a str, subject: &'a str) -> Letter<'a> {
        Letter {
            id: EmailId::new(),
            to_address: "ana@example.com",
            to_name: Some(name),
            subject,
            body: "Bonjour Zoé,\r\n.\r\nRCPT TO:<mallory@example.com>\n",
            unsubscribe_url: Some("https://chat.example.com/mail/unsubscribe/abc"),
            calendar: None,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn nothing_in_a_name_or_a_subject_ends_its_header() {
        let from = mailbox("Shop\r\nBcc: mallory@example.com <shop@example.com>");
        let from = from.unwrap_or_else(|_| mailbox("Shop <shop@example.com>").unwrap());
        for (name, subject) in [
            (
                "Ana\r\nBcc: mallory@example.com",
                "Hello\r\nBcc: mallory@example.com",
            ),
            ("Ana\nBcc: mallory@example.com", "Hello\n\nThe body begins here"),
            (
                "Ana\rBcc: m@example.com",
                "Hello\u{85}Bcc: m@example.com\u{2028}X: y",
            ),
            (
                "\"Ana\" <mallory@example.com>,",
                "=?utf-8?q?Hello=0D=0ABcc:_m@example.com?=",
            ),
            ("Zoë Müller 😀", "Réponse à vos questions – « déjà vu » 😀"),
        ] {
            let mail = compose(&from, &letter(name, subject)).unwrap();
            let bytes = mail.formatted();
            assert!(bytes.is_ascii());
            let text = String::from_utf8(bytes).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            for line in head.split("\r\n") {
                assert!(!line.to_ascii_lowercase().starts_with("bcc"), "{head}");
                assert!(!line.starts_with("X:"), "{head}");
                assert!(!line.contains(['\r', '\n']), "{head}");
            }
            assert!(body.starts_with("Bonjour Zo=C3=A9"), "{body}");
            let to: Vec<String> = mail.envelope().to().iter().map(ToString::to_string).collect();
            assert_eq!(to, ["ana@example.com"]);
        }
    }

    #[test]
    fn a_link_to_unsubscribe_stands_whole_in_its_header() {
        let from = mailbox("shop@example.com").unwrap();
        let text = String::from_utf8(compose(&from, &letter("Ana", "Hi")).unwrap().formatted()).unwrap();
        assert!(text.contains("List-Unsubscribe: <https://chat.example.com/mail/unsubscribe/abc>\r\n"));
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }

    #[test]
    fn an_address_that_servers_do_not_understand_is_refused() {
        let from = mailbox("shop@example.com").unwrap();
        for address in [
            "",
            "ana",
            "ana@",
            "a b@example.com",
            "ana@example.com>\r\nRCPT TO:<x@example.com",
            "zoé@example.com",
        ] {
            let letter = Letter {
                to_address: address,
                ..letter("Ana", "Hi")
            };
            assert!(
                matches!(compose(&from, &letter), Err(Failure::Refused(_))),
                "{address}"
            );
        }
    }
}
