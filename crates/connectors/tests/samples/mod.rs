//! A vendor's account and its recorded calls, for the tests that hold for all of them. A new vendor is a line in
//! [`VENDORS`] and a folder in `fixtures`.

use std::path::Path;

use connectors::{Account, Connector, Request};
use kernel::secrets::sign;

/// Names in lower case.
pub type Headers = Vec<(String, String)>;

pub struct Vendor {
    pub kind: &'static str,
    /// With secrets that contain [`CANARY`], and with the vendor's address at [`NOBODY`].
    pub account: fn() -> Account,
    /// The headers with which the vendor would send this body.
    pub headers: fn(&Account, &[u8]) -> Headers,
    /// The field with which calls are checked, or [`VERIFY_TOKEN`].
    pub secret: &'static str,
    /// The headers depend on the body.
    pub signs_body: bool,
    /// Where a piece can be sent.
    pub thread: &'static str,
    /// The recorded calls are the history of one account: no two events in it have the same id.
    pub is_one_history: bool,
    /// What names another account is refused although it is signed.
    pub refuses_others: bool,
}

/// Part of every secret: it must show up nowhere.
pub const CANARY: &str = "canary";
/// No one listens there.
pub const NOBODY: &str = "http://127.0.0.1:9";

pub const VENDORS: &[Vendor] = &[
    Vendor {
        kind: "whatsapp",
        account: || meta("phone_number_id", "100000000000009"),
        headers: hub_signature,
        secret: "app_secret",
        signs_body: true,
        thread: "5511900000001",
        is_one_history: true,
        refuses_others: false,
    },
    Vendor {
        kind: "messenger",
        account: || meta("page_id", "200000000000001"),
        headers: hub_signature,
        secret: "app_secret",
        signs_body: true,
        thread: "5511900000001",
        is_one_history: true,
        refuses_others: false,
    },
    Vendor {
        kind: "instagram",
        account: || meta("ig_id", "17840000000000001"),
        headers: hub_signature,
        secret: "app_secret",
        signs_body: true,
        thread: "5511900000001",
        is_one_history: true,
        refuses_others: false,
    },
    Vendor {
        kind: "telegram",
        account: || account("4242", &[("bot_token", "4242:canary"), ("api_url", NOBODY)]),
        headers: |account, _| header("x-telegram-bot-api-secret-token", account.verify_token.clone()),
        secret: VERIFY_TOKEN,
        signs_body: false,
        thread: "400000001",
        is_one_history: false,
        refuses_others: false,
    },
    Vendor {
        kind: "crisp",
        account: crisp,
        headers: crisp_signature,
        secret: "signing_secret",
        signs_body: true,
        thread: "session_aaaaaaaa-0000-4000-8000-000000000001",
        is_one_history: false,
        refuses_others: false,
    },
    Vendor {
        kind: "tidio",
        account: tidio,
        headers: tidio_signature,
        secret: "webhook_secret",
        signs_body: true,
        thread: "ticket:1",
        is_one_history: false,
        refuses_others: true,
    },
    Vendor {
        kind: "api",
        account: || account("", &[("secret", STANDARD), ("callback_url", NOBODY)]),
        headers: standard_signature,
        secret: "secret",
        signs_body: true,
        thread: "kim",
        is_one_history: false,
        refuses_others: false,
    },
];

/// In place of a field's key: what proves the vendor's calls is the token that we have made.
const VERIFY_TOKEN: &str = "verify_token";
/// When all calls arrive, in seconds.
const AT: i64 = 1_767_225_660;
/// Base64 of 27 bytes.
const STANDARD: &str = "whsec_canarycanarycanarycanarycanarycanary";

fn crisp() -> Account {
    let website = "11111111-2222-4333-8444-555555555555";
    account(
        website,
        &[
            ("website_id", website),
            ("hook_kind", "plugin"),
            ("signing_secret", "canary_signing"),
            ("identifier", "canary_identifier"),
            ("key", "canary_key"),
            ("api_url", NOBODY),
        ],
    )
}

fn crisp_signature(account: &Account, body: &[u8]) -> Headers {
    let at = (AT * 1000).to_string();
    let signed = [b"[", at.as_bytes(), b";", body, b"]"].concat();
    let signature = hex::encode(sign(account.value("signing_secret").as_bytes(), &signed));
    let time = header("x-crisp-request-timestamp", at);
    [time, header("x-crisp-signature", signature)].concat()
}

fn tidio() -> Account {
    let project = "abcdefghijklmnopqrstuvwxyz012345";
    account(
        project,
        &[
            ("project_public_key", project),
            ("webhook_secret", "canary_webhook"),
            ("client_id", "ci_canary"),
            ("client_secret", "cs_canary"),
            ("api_url", NOBODY),
        ],
    )
}

fn tidio_signature(account: &Account, body: &[u8]) -> Headers {
    let signed = [body, b"_", AT.to_string().as_bytes()].concat();
    let signature = hex::encode(sign(account.value("webhook_secret").as_bytes(), &signed));
    header("x-tidio-signature", format!("t={AT},s={signature}"))
}

fn standard_signature(account: &Account, body: &[u8]) -> Headers {
    let signature = kernel::standard_webhooks::signature([account.value("secret")], "msg_1", AT, body);
    let time = header("webhook-timestamp", AT.to_string());
    let id = header("webhook-id", "msg_1".to_owned());
    [id, time, header("webhook-signature", signature)].concat()
}

fn header(name: &str, value: String) -> Headers {
    vec![(name.to_owned(), value)]
}

fn meta(id_field: &str, id: &str) -> Account {
    account(
        id,
        &[
            (id_field, id),
            ("waba_id", "900000000000001"),
            ("access_token", "EAAcanarytoken"),
            ("app_secret", "canary_app_secret"),
            ("api_url", NOBODY),
        ],
    )
}

pub fn account(id: &str, values: &[(&str, &str)]) -> Account {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Account {
        id: id.to_owned(),
        verify_token: "canary_verify_token".to_owned(),
        webhook_url: "https://rapport.example/hook/abc".to_owned(),
        values: values.iter().map(owned).collect(),
    }
}

fn hub_signature(account: &Account, body: &[u8]) -> Headers {
    let signature = hex::encode(sign(account.value("app_secret").as_bytes(), body));
    let name = |name: &str| name.to_owned();
    vec![
        (name("content-type"), name("application/json")),
        (name("x-hub-signature-256"), format!("sha256={signature}")),
    ]
}

impl Vendor {
    /// The account with another secret, or with none.
    pub fn with_secret(&self, account: &Account, secret: Option<&str>) -> Account {
        let mut other = account.clone();
        match (self.secret, secret) {
            (VERIFY_TOKEN, secret) => other.verify_token = secret.unwrap_or_default().to_owned(),
            (key, Some(secret)) => drop(other.values.insert(key.into(), secret.into())),
            (key, None) => drop(other.values.remove(key)),
        }
        other
    }

    pub fn connector(&self) -> &'static dyn Connector {
        connectors::find(self.kind).expect("it is one of all()")
    }

    /// Name and body of each recorded call, in the order of their names.
    pub fn fixtures(&self) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(self.kind);
        let files = std::fs::read_dir(folder).expect("the vendor has a folder of fixtures");
        let mut fixtures: Vec<_> = files
            .map(|file| {
                let path = file.expect("the folder can be read").path();
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                (name, std::fs::read(&path).expect("the file can be read"))
            })
            .collect();
        fixtures.sort();
        assert!(!fixtures.is_empty(), "{} has no fixtures", self.kind);
        fixtures
    }
}

pub fn request<'a>(headers: &'a [(String, String)], body: &'a [u8]) -> Request<'a> {
    Request {
        headers,
        query: &[],
        path: "",
        body,
        now: connectors::from_seconds(AT).expect("a time"),
    }
}
