//! WhatsApp: the Cloud API of WhatsApp Business.

mod about;
mod account;
mod content;
mod errors;
mod read;
mod split;
mod wire;

use std::sync::LazyLock;

use futures::future::{BoxFuture, FutureExt as _};

use crate::form::{About, Account, CheckError, Checked};
use crate::inbound::{Event, Fetched, Media, Reception, Refused, Request};
use crate::meta::signature;
use crate::outbound::{Piece, SendError, Sent, Signal, Template};
use crate::{Connector, Http};

pub struct WhatsApp;

static ABOUT: LazyLock<About> = LazyLock::new(about::about);

impl Connector for WhatsApp {
    fn kind(&self) -> &'static str {
        "whatsapp"
    }

    fn about(&self) -> &About {
        &ABOUT
    }

    fn accounts_in(&self, body: &[u8]) -> Vec<String> {
        split::accounts_in(body)
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
            events: split::split(request.body),
            reply_within: None,
        })
    }

    fn read(&self, _account: &Account, body: &str) -> Result<Event, String> {
        read::read(body)
    }

    fn send<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        piece: &'a Piece<'a>,
    ) -> BoxFuture<'a, Result<Sent, SendError>> {
        wire::send(http, account, piece).boxed()
    }

    fn check<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<Checked, CheckError>> {
        account::check(http, account).boxed()
    }

    fn subscribe<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<(), CheckError>>> {
        Some(account::subscribe(http, account).boxed())
    }

    fn unsubscribe<'a>(&'a self, http: &'a Http, account: &'a Account) -> Option<BoxFuture<'a, ()>> {
        Some(async move { drop(account::unsubscribe(http, account).await) }.boxed())
    }

    fn fetch<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        media: &'a Media,
        largest: usize,
    ) -> BoxFuture<'a, Result<Fetched, CheckError>> {
        account::fetch(http, account, media, largest).boxed()
    }

    fn signal<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        signal: &'a Signal<'a>,
    ) -> Option<BoxFuture<'a, ()>> {
        let body = wire::signal(signal)?;
        Some(async move { drop(wire::post(http, account, body).await) }.boxed())
    }

    fn templates<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<Vec<Template>, CheckError>>> {
        Some(account::templates(http, account).boxed())
    }
}
