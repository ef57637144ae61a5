use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Listens on an address of this machine, counts who comes, and answers with an empty page or a redirect.
struct Listener {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Listener {
    async fn start(address: &str, redirect: Option<String>) -> Option<Self> {
        let listener = TcpListener::bind(address).await.ok()?;
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(AtomicUsize::new(0));
        let count = came.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let head = match &redirect {
                    Some(to) => format!("302 Found\r\nlocation: {to}"),
                    None => "200 OK".to_owned(),
                };
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Some(Self { port, came })
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

/// A name service that gives these answers, one after the other, and then none.
fn names(answers: &[&[&str]]) -> Arc<Lookup> {
    let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
    let answers: Mutex<VecDeque<Vec<IpAddr>>> = Mutex::new(answers.iter().map(parse).collect());
    Arc::new(move |_| {
        let next = answers.lock().unwrap().pop_front();
        Box::pin(async move { next.ok_or_else(|| std::io::Error::other("no such name")) })
    })
}

/// What became of a call.
#[derive(Debug, PartialEq)]
enum Outcome {
    Answered(u16),
    /// Before anybody was called.
    Refused,
    Failed(String),
}

/// As every caller does it: check, then call.
async fn call(outbound: &Outbound, url: &str) -> Outcome {
    let Ok(url) = outbound.check(url) else {
        return Outcome::Refused;
    };
    let error = match outbound.client().get(url).send().await {
        Ok(answer) => return Outcome::Answered(answer.status().as_u16()),
        Err(error) => format!("{error:?}"),
    };
    match error.contains("the name does not lead to a public address") {
        true => Outcome::Refused,
        false => Outcome::Failed(error),
    }
}

/// `PORT` is one that somebody listens on and that is open for public addresses, so that only the address can be the
/// reason to refuse.
const REFUSED: [&str; 103] = [
    // this machine
    "http://127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "http://127.8.9.10:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7F.0x0.0x0.0x1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0.1.2.3:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::7f00:1]:PORT/",
    "http://localhost:PORT/",
    "http://LocalHost:PORT/",
    "http://a.b.localhost:PORT/",
    "http://localhost.:PORT/",
    // other spellings of the URL
    "http:127.0.0.1:PORT",
    "http:////127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    " http://127.0.0.1:PORT/ ",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0\t.0.1:PORT/",
    "http://127.0.0.1:PORT\\@example.com/",
    "http://127.0.0.1:PORT#@example.com/",
    "http://127.0.0.1:PORT?@example.com/",
    "http://example.com@127.0.0.1:PORT/",
    // a user name
    "http://user@127.0.0.1:PORT/",
    "http://user:password@127.0.0.1:PORT/",
    "http://user@example.com/",
    "http://:password@example.com/",
    // private networks
    "http://10.0.0.1:PORT/",
    "http://10.255.255.255:PORT/",
    "http://172.16.0.1:PORT/",
    "http://172.31.255.255:PORT/",
    "http://192.168.0.1:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00::1]:PORT/",
    "http://[fec0::1]:PORT/",
    // metadata of clouds, and what is local to a link
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[::ffff:169.254.169.254]/",
    "http://169.254.170.2/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]:PORT/",
    "http://[febf::1]:PORT/",
    // shared by the customers of a provider, measured with, and reserved
    "http://100.64.0.1:PORT/",
    "http://100.127.255.255:PORT/",
    "http://198.18.0.1:PORT/",
    "http://198.19.255.255:PORT/",
    "http://192.0.0.1:PORT/",
    "http://192.88.99.1:PORT/",
    "http://240.0.0.1:PORT/",
    "http://255.255.255.255:PORT/",
    "http://[100::1]:PORT/",
    "http://[5f00::1]:PORT/",
    "http://[4000::1]:PORT/",
    // in examples
    "http://192.0.2.1:PORT/",
    "http://198.51.100.1:PORT/",
    "http://203.0.113.9:PORT/",
    "http://[2001:db8::1]:PORT/",
    "http://[3fff::1]:PORT/",
    // to many at once
    "http://224.0.0.1:PORT/",
    "http://239.255.255.250:PORT/",
    "http://[ff02::1]:PORT/",
    // IPv4 within IPv6: NAT64, 6to4, Teredo, ORCHID, 6bone
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b::a9fe:a9fe]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2002:a9fe:a9fe::1]:PORT/",
    "http://[2001::1]:PORT/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/",
    "http://[2001:10::1]:PORT/",
    "http://[3ffe::1]:PORT/",
    // other ways than the web's
    "gopher://127.0.0.1:PORT/_GET",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1:PORT/",
    "ws://127.0.0.1:PORT/",
    "dict://127.0.0.1:PORT/info",
    "data:text/html,127.0.0.1",
    "jar:http://127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    // ports that are not the web's
    "http://93.184.216.34:22/",
    "http://93.184.216.34:6379/",
    "http://93.184.216.34:8080/",
    "https://[2606:2800:220:1::1]:8443/",
    "https://example.com:0/",
    "https://example.com:25/",
];

#[tokio::test]
async fn no_spelling_of_an_address_that_is_not_public_is_called() {
    let v4 = Listener::start("127.0.0.1:0", None).await.unwrap();
    let v6 = Listener::start(&format!("[::1]:{}", v4.port), None).await;
    let allow = format!("*:{}", v4.port).parse().unwrap();
    let outbound = Outbound::new(allow).unwrap();
    for vector in REFUSED {
        let url = vector.replace("PORT", &v4.port.to_string());
        let said = call(&outbound, &url).await;
        assert_eq!(said, Outcome::Refused, "{vector}");
        let came = v4.came() + v6.as_ref().map_or(0, Listener::came);
        assert_eq!(came, 0, "{vector} led here");
    }
}

#[tokio::test]
async fn the_listener_that_nobody_reached_can_be_reached() {
    let v4 = Listener::start("127.0.0.1:0", None).await.unwrap();
    let allow = format!("127.0.0.1:{}", v4.port).parse().unwrap();
    let outbound = Outbound::new(allow).unwrap();
    for host in ["127.0.0.1", "2130706433", "localhost"] {
        let url = format!("http://{host}:{}/", v4.port);
        assert_eq!(call(&outbound, &url).await, Outcome::Answered(200), "{host}");
    }
    assert_eq!(v4.came(), 3);
}

#[tokio::test]
async fn a_name_that_leads_to_one_private_address_is_not_called_at_all() {
    let v4 = Listener::start("127.0.0.1:0", None).await.unwrap();
    let url = format!("http://shop.example:{}/", v4.port);
    for answer in [
        &["127.0.0.1"][..],
        &["93.184.216.34", "127.0.0.1"],
        &["127.0.0.1", "93.184.216.34"],
        &["2606:2800:220:1::1", "127.0.0.1"],
        &["93.184.216.34", "::1"],
        &["::ffff:127.0.0.1"],
        &["::127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        &["2001:0:4136:e378:8000:63bf:80ff:fffe"],
        &["93.184.216.34", "169.254.169.254"],
        &["fd00:ec2::254"],
        &["100.64.0.1"],
        &["0.0.0.0"],
    ] {
        let allow = format!("*:{}", v4.port).parse().unwrap();
        let outbound = Outbound::with_lookup(allow, names(&[answer])).unwrap();
        let said = call(&outbound, &url).await;
        assert_eq!(said, Outcome::Refused, "{answer:?}");
        assert_eq!(v4.came(), 0, "{answer:?} led here");
    }
}

#[tokio::test]
async fn what_was_checked_is_what_is_connected_to_however_often_the_name_changes() {
    // the operator has opened the one, and not the other
    let opened = Listener::start("127.0.0.2:0", None).await.unwrap();
    let private = Listener::start(&format!("127.0.0.1:{}", opened.port), None)
        .await
        .unwrap();
    let allow: AllowList = format!("127.0.0.2,*:{}", opened.port).parse().unwrap();
    let url = format!("http://shop.example:{}/", opened.port);
    let answers: [&[&str]; 3] = [&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2"]];
    let outbound = Outbound::with_lookup(allow, names(&answers)).unwrap();
    assert_eq!(
        call(&outbound, &url).await,
        Outcome::Answered(200),
        "one look-up, one connection"
    );
    assert_eq!(
        call(&outbound, &url).await,
        Outcome::Refused,
        "another connection is another look-up"
    );
    assert_eq!(call(&outbound, &url).await, Outcome::Answered(200));
    assert_eq!((opened.came(), private.came()), (2, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let private = Listener::start("127.0.0.1:0", None).await.unwrap();
    for scheme in ["http", "gopher"] {
        let to = format!("{scheme}://127.0.0.1:{}/", private.port);
        let public = Listener::start("127.0.0.1:0", Some(to)).await.unwrap();
        let allow = format!("127.0.0.1:{}", public.port).parse().unwrap();
        let outbound = Outbound::new(allow).unwrap();
        let url = format!("http://127.0.0.1:{}/", public.port);
        assert_eq!(call(&outbound, &url).await, Outcome::Answered(302));
        assert_eq!((public.came(), private.came()), (1, 0));
    }
}

#[test]
fn public_addresses_are_called_on_the_ports_of_the_web_and_on_those_that_the_operator_adds() {
    let usual = Outbound::new(AllowList::default()).unwrap();
    let more = Outbound::new("*:8443".parse().unwrap()).unwrap();
    for (url, is_usual, is_added) in [
        ("https://api.openai.com/v1", true, true),
        ("http://example.com", true, true),
        ("https://93.184.216.34/", true, true),
        ("https://[2606:2800:220:1::1]/", true, true),
        ("https://example.com:8443/", false, true),
        ("https://[2606:2800:220:1::1]:8443/", false, true),
        ("https://example.com:8080/", false, false),
        ("https://127.0.0.1:8443/", false, false),
        ("https://localhost:8443/", false, false),
    ] {
        let may = (usual.check(url).is_ok(), more.check(url).is_ok());
        assert_eq!(may, (is_usual, is_added), "{url}");
    }
    assert!("*:web".parse::<AllowList>().is_err());
}

#[test]
fn the_operator_opens_single_destinations() {
    let allow: AllowList = "127.0.0.1:11434, ollama.internal, vm:11499, 10.1.0.0/16, [::1]:99"
        .parse()
        .unwrap();
    let outbound = Outbound::new(allow).unwrap();
    let checks = [
        ("http://127.0.0.1:11434/v1", true),
        ("http://localhost:11434/v1", true),
        ("http://127.0.0.1:5432/", false),
        ("http://ollama.internal:11434/v1", true),
        ("http://vm:11499/v1", true),
        ("http://vm:8443/v1", false),
        ("http://10.1.200.3:8000/", true),
        ("http://10.2.0.1/", false),
        ("http://[::1]:99/", true),
    ];
    for (url, fine) in checks {
        assert_eq!(outbound.check(url).is_ok(), fine, "{url}");
    }
    assert!("10.0.0.0/x".parse::<AllowList>().is_err());
}

/// What became of a look-up: the addresses, or the code of the refusal.
async fn resolved(
    allow: &str,
    answers: &[&[&str]],
    host: &str,
    port: u16,
) -> Result<Vec<String>, &'static str> {
    let outbound = Outbound::with_lookup(allow.parse().unwrap(), names(answers)).unwrap();
    let found = outbound.resolve_checked(host, port, &[25, 465, 587, 2525]).await;
    let written = |found: Vec<SocketAddr>| found.iter().map(ToString::to_string).collect();
    found.map(written).map_err(|error| error.code)
}

#[tokio::test]
async fn another_protocol_reaches_public_addresses_on_its_own_ports_only() {
    let refused = Err::<Vec<String>, _>("address_not_allowed");
    let public: &[&[&str]] = &[&["93.184.216.34"]];
    type Case<'a> = (
        &'a str,
        &'a [&'a [&'a str]],
        &'a str,
        u16,
        Result<Vec<String>, &'static str>,
    );
    let cases: [Case<'_>; 16] = [
        (
            "",
            public,
            "smtp.example.com",
            587,
            Ok(vec!["93.184.216.34:587".to_owned()]),
        ),
        ("", public, "smtp.example.com", 443, refused.clone()),
        ("", public, "smtp.example.com", 6379, refused.clone()),
        (
            "*:6379",
            public,
            "smtp.example.com",
            6379,
            Ok(vec!["93.184.216.34:6379".to_owned()]),
        ),
        ("", &[&["10.0.0.1"]], "smtp.example.com", 25, refused.clone()),
        (
            "",
            &[&["93.184.216.34", "127.0.0.1"]],
            "smtp.example.com",
            25,
            refused.clone(),
        ),
        (
            "",
            &[&["::ffff:127.0.0.1"]],
            "smtp.example.com",
            25,
            refused.clone(),
        ),
        ("", &[], "127.0.0.1", 25, refused.clone()),
        ("", &[], "[::1]", 25, refused.clone()),
        ("", &[], "8.8.8.8", 25, Ok(vec!["8.8.8.8:25".to_owned()])),
        ("", &[], "smtp.example.com", 25, Err("unknown_host")),
        ("", &[&[]], "smtp.example.com", 25, Err("unknown_host")),
        (
            "10.0.0.0/8",
            &[&["10.0.0.1"]],
            "smtp.lan",
            9925,
            Ok(vec!["10.0.0.1:9925".to_owned()]),
        ),
        (
            "smtp.lan:25",
            &[&["10.0.0.1"]],
            "smtp.lan",
            25,
            Ok(vec!["10.0.0.1:25".to_owned()]),
        ),
        ("smtp.lan:25", &[&["10.0.0.1"]], "smtp.lan", 587, refused.clone()),
        (
            "smtp.lan:25",
            &[&["93.184.216.34"]],
            "smtp.lan",
            587,
            refused.clone(),
        ),
    ];
    for (allow, answers, host, port, expected) in cases {
        assert_eq!(
            resolved(allow, answers, host, port).await,
            expected,
            "{allow} {host}:{port}"
        );
    }
}
