//! Addresses that tenants choose: where the server goes, and what it says of where it does not go.

use serde_json::{Value, json};
use testkit::fake::FakeProvider;
use testkit::{Method, Provider, Site, SitePage, Tenant, require_runtime};
use tokio::net::TcpListener;

use crate::quick_tenant;
use crate::support::server;

/// What is said of an address, by all who can be told one.
async fn said_of(tenant: &Tenant, address: &str) -> Vec<(u16, Value)> {
    let site = tenant
        .api
        .post("/api/v1/websites")
        .json(&json!({"base_url": address}));
    let model =
        json!({"provider": "openai_compatible", "model": "m", "key": "sk-secret-0000", "base_url": address});
    let model = tenant.api.post("/api/v1/llm-credentials").json(&model);
    let embedder = json!({"kind": "endpoint", "base_url": address, "model": "m"});
    let embedder = tenant
        .api
        .call(Method::PUT, "/api/v1/knowledge/embedder")
        .json(&embedder);
    let mut said = Vec::new();
    for call in [site, model, embedder] {
        let answer = call.send().await;
        said.push((answer.status, answer.json()));
    }
    said
}

#[tokio::test]
async fn what_is_said_of_a_private_address_does_not_tell_whether_anything_listens_there() {
    require_runtime!();
    let (open, guard) = listener().await;
    let closed = {
        let (port, nobody) = listener().await;
        nobody.abort();
        port
    };
    // both ports are open for public addresses
    let server = server()
        .set("RAPPORT_OUTBOUND_ALLOW", &format!("*:{open},*:{closed}"))
        .start()
        .await;
    let tenant = quick_tenant(&server).await;
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "169.254.169.254",
        "2130706433",
    ] {
        let mut told = Vec::new();
        for port in [open, closed] {
            let said = said_of(&tenant, &format!("http://{host}:{port}/")).await;
            let codes: Vec<_> = said
                .iter()
                .map(|(status, body)| (*status, body["code"].clone()))
                .collect();
            assert_eq!(codes, vec![(422, json!("address_not_allowed")); 3], "{said:?}");
            told.push(format!("{said:?}").replace(&port.to_string(), "PORT"));
        }
        assert_eq!(told[0], told[1], "{host}");
    }
    assert!(!guard.is_finished(), "somebody came to a private address");
}

/// Ends when somebody comes.
async fn listener() -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let guard = tokio::spawn(async move {
        let _ = listener.accept().await;
    });
    (port, guard)
}

#[tokio::test]
async fn proxies_that_the_environment_names_are_not_asked() {
    require_runtime!();
    let (proxy, site, provider) = (
        Site::start().await,
        Site::start().await,
        FakeProvider::start().await,
    );
    proxy.make(|_| {
        Some(SitePage::article(
            "Proxy",
            "<p>A proxy has answered in place of the site.</p>",
        ))
    });
    site.put(
        "/",
        SitePage::article("Chairs", "<p>We make chairs of solid oak, by hand.</p>"),
    );
    let mut builder = server().set("NO_PROXY", "").set("no_proxy", "");
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        builder = builder.set(name, &proxy.url(""));
    }
    let server = builder.start().await;
    let tenant = quick_tenant(&server).await;
    crate::evaluation::embed_by_another_model_of(&tenant, &provider).await;
    let added = tenant
        .api
        .post("/api/v1/websites")
        .json(&json!({"base_url": site.url("/")}));
    let path = format!(
        "/api/v1/websites/{}",
        added.expect(202).await["id"].as_str().expect("an id")
    );
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    while tenant.api.get(&path).expect(200).await["status"] == "crawling" {
        events.next().await.expect("an event when the reading goes on");
    }
    tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;
    tenant.ask("Of what are your chairs made?").await;
    assert!(site.paths().contains(&"/".to_owned()));
    assert_eq!(proxy.paths(), Vec::<String>::new());
}
