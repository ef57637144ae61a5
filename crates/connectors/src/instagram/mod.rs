//! Instagram: direct messages of a professional account, by either of the two ways that Meta offers.

mod about;
mod wire;

use std::sync::LazyLock;

use futures::future::{BoxFuture, FutureExt as _};

use crate::form::{About, Account, CheckError, Checked, Renewed};
use crate::inbound::{Event, Fetched, Media, Person, Reception, Refused, Request};
use crate::meta::{frame, read, signature};
use crate::outbound::{Piece, SendError, Sent, Signal};
use crate::{Connector, Http};

pub struct Instagram;

static ABOUT: LazyLock<About> = LazyLock::new(about::about);

impl Connector for Instagram {
    fn kind(&self) -> &'static str {
        "instagram"
    }

    fn about(&self) -> &About {
        &ABOUT
    }

    fn accounts_in(&self, body: &[u8]) -> Vec<String> {
        frame::accounts_in(body)
    }

    fn challenge(&self, account: &Account, request: &Request<'_>) -> Option<Result<String, Refused>> {
        Some(signature::challenge(account, request))
    }

    fn token_in<'a>(&self, request: &Request<'a>) -> Option<&'a str> {
        request.parameter(signature::VERIFY_TOKEN)
    }

    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused> {
        signature::check(account.value("app_secret"), request)?;
        Ok(Reception {
            events: frame::split(request.body),
            reply_within: None,
        })
    }

    fn read(&self, account: &Account, body: &str) -> Result<Event, String> {
        read::read("instagram", account, body)
    }

    fn send<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        piece: &'a Piece<'a>,
    ) -> BoxFuture<'a, Result<Sent, SendError>> {
        async move { wire::sender(account).send(http, piece).await }.boxed()
    }

    fn check<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<Checked, CheckError>> {
        wire::check(http, account).boxed()
    }

    fn subscribe<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<(), CheckError>>> {
        Some(wire::subscribe(http, account).boxed())
    }

    fn unsubscribe<'a>(&'a self, http: &'a Http, account: &'a Account) -> Option<BoxFuture<'a, ()>> {
        // the page may still serve Messenger
        if wire::is_by_page(account) {
            return None;
        }
        let call = wire::graph(account).delete(&[account.value("ig_id"), "subscribed_apps"]);
        Some(async move { drop(http.call(call).await) }.boxed())
    }

    fn renews_tokens(&self) -> bool {
        true
    }

    fn renew<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<Renewed, CheckError>>> {
        // a page's token is not refreshed this way, and says itself when it ends
        if wire::is_by_page(account) {
            return None;
        }
        Some(wire::renew(http, account).boxed())
    }

    fn fetch<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        media: &'a Media,
        largest: usize,
    ) -> BoxFuture<'a, Result<Fetched, CheckError>> {
        async move {
            wire::graph(account)
                .fetch(http, &media.source, false, largest)
                .await
        }
        .boxed()
    }

    fn signal<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        signal: &'a Signal<'a>,
    ) -> Option<BoxFuture<'a, ()>> {
        Some(async move { wire::sender(account).signal(http, signal).await }.boxed())
    }

    fn profile<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        person_id: &'a str,
    ) -> Option<BoxFuture<'a, Option<Person>>> {
        const FIELDS: &str = "name,username,profile_pic";
        Some(async move { wire::sender(account).profile(http, person_id, FIELDS).await }.boxed())
    }
}
