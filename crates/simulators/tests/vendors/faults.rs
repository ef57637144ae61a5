//! What goes wrong on purpose.

use std::time::{Duration, Instant};

use serde_json::json;
use simulators::Fault;
use simulators::telegram::{Options, Simulator};

use crate::support::{answer, client};

async fn start() -> Simulator {
    let vendor = Simulator::start(Options::default()).await.expect("a port");
    vendor.customer(1, "Ana").says("Hi").await;
    vendor
}

fn send(vendor: &Simulator) -> reqwest::RequestBuilder {
    let url = format!("{}/bot{}/sendMessage", vendor.base(), vendor.options().token);
    client().post(url).json(&json!({"chat_id": 1, "text": "Hello"}))
}

#[tokio::test]
async fn a_connection_closes_before_or_after_the_message_was_accepted() {
    let vendor = start().await;
    vendor.faults().next(1, &Fault::CloseBefore);
    assert!(send(&vendor).send().await.is_err());
    assert_eq!(vendor.record().messages().len(), 0);
    vendor.faults().next(1, &Fault::CloseAfter);
    assert!(send(&vendor).send().await.is_err());
    assert_eq!(vendor.record().messages().len(), 1);
    assert_eq!(answer(send(&vendor)).await.0, 200);
    assert_eq!(vendor.record().doubled(), [("1".into(), "Hello".into(), 2)]);
}

#[tokio::test]
async fn garbage_is_answered_to_an_accepted_message() {
    let vendor = start().await;
    vendor.faults().next(1, &Fault::garbage());
    let text = send(&vendor)
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    assert!(text.starts_with("<html>"));
    assert_eq!(vendor.record().messages().len(), 1);
}

#[tokio::test]
async fn refusals_are_counted_and_can_be_called_off() {
    let vendor = start().await;
    vendor.refuse(2, 500, "Internal Server Error");
    assert_eq!(answer(send(&vendor)).await.0, 500);
    assert_eq!(vendor.faults().left(), 1);
    vendor.faults().clear();
    assert_eq!(answer(send(&vendor)).await.0, 200);
}

#[tokio::test]
async fn a_slow_vendor_takes_its_time() {
    let vendor = start().await;
    vendor.faults().set_latency(Duration::from_millis(200));
    let before = Instant::now();
    assert_eq!(answer(send(&vendor)).await.0, 200);
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_vendor_that_was_dropped_is_down_and_comes_back_at_its_port() {
    let vendor = start().await;
    let (port, request) = (vendor.address().port(), send(&vendor));
    drop(vendor);
    assert!(request.send().await.is_err());
    let again = Simulator::start(Options {
        port,
        ..Options::default()
    })
    .await;
    assert_eq!(again.expect("the same port").address().port(), port);
}
