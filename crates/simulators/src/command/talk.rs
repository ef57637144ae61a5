//! The conversation at the terminal: what is typed goes out, what the business says is printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::SimulateArgs;
use super::line::{HELP, Typed, mime_type};
use super::vendor::Line;
use crate::core::{Entry, File, Kind, Sent};

/// A reply that does not come in this time does not come.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The vendor tries again after so long, then after twice as long, and so on.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const LAST_RETRY: Duration = Duration::from_secs(60);

pub fn introduce(line: &Line) {
    println!(
        "Start Rapport with RAPPORT_OUTBOUND_ALLOW=127.0.0.1:{}",
        line.port()
    );
    println!("and connect a channel there with:");
    for (name, value) in line.credentials() {
        println!("  {name:<20} {value}");
    }
    match line.hooks().url() {
        Some(url) => println!("Events are posted to {url}"),
        None if matches!(line, Line::N8n(_)) => {
            println!("What is typed is answered from now on; {{}} stands for what was said.")
        }
        None => println!("No webhook yet: /webhook URL, unless Rapport registers it by itself."),
    }
    println!("Type /help for more than words.\n");
}

pub async fn talk(
    line: Arc<Line>,
    args: &SimulateArgs,
    typed: impl AsyncBufRead + Unpin,
) -> Result<(), String> {
    let printed = Arc::new(AtomicUsize::new(0));
    let printing = tokio::spawn(print_replies(line.clone(), printed.clone()));
    let retrying = tokio::spawn(retry(line.clone()));
    let said = if args.say.is_empty() {
        read_lines(&line, typed, args.verify_token.as_deref()).await
    } else {
        say_all(&line, &args.say).await
    };
    let waited = match (said, args.wait) {
        (Ok(()), Some(replies)) => wait(&line, replies).await,
        (said, _) => said,
    };
    retrying.abort();
    printing.abort();
    // it is at an await now, or has ended
    let _ = printing.await;
    print_new(&line, &printed);
    waited
}

async fn say_all(line: &Line, texts: &[String]) -> Result<(), String> {
    for text in texts {
        println!("Customer: {text}");
        report(line, &line.says(text).await);
    }
    Ok(())
}

async fn wait(line: &Line, replies: usize) -> Result<(), String> {
    let came = tokio::time::timeout(LONGEST_WAIT, line.record().wait_for(replies)).await;
    came.map(|_| ())
        .map_err(|_| format!("there were not {replies} replies within {LONGEST_WAIT:?}"))
}

async fn read_lines(
    line: &Line,
    typed: impl AsyncBufRead + Unpin,
    verify_token: Option<&str>,
) -> Result<(), String> {
    let mut lines = typed.lines();
    let mut last = Sent::default();
    while let Some(typed) = lines.next_line().await.map_err(|error| error.to_string())? {
        if typed.trim().is_empty() {
            continue;
        }
        let typed = match Typed::parse(&typed) {
            Typed::Quit => break,
            Typed::Webhook(url, token) => Typed::Webhook(url, token.or(verify_token.map(str::to_owned))),
            typed => typed,
        };
        if let Some(sent) = act(line, typed, &last).await {
            report(line, &sent);
            last = sent;
        }
    }
    Ok(())
}

async fn act(line: &Line, typed: Typed, last: &Sent) -> Option<Sent> {
    let done = match typed {
        Typed::Words(text) => return Some(line.says(&text).await),
        Typed::File(path) => match tokio::fs::read(&path).await {
            Ok(bytes) => {
                let name = path.rsplit('/').next().unwrap_or(&path);
                line.sends_file(File::new(name, mime_type(&path), bytes)).await
            }
            Err(error) => return say(&format!("{path}: {error}")),
        },
        Typed::Button(which) if line.has_button(&which) => line.presses(&which).await,
        Typed::Button(which) => return say(&format!("there is no button {which} to press")),
        Typed::Location(latitude, longitude) => line.shares_location(latitude, longitude).await,
        Typed::React(emoji) => match line.record().messages().last() {
            Some(reply) => line.reacts(&reply.id, &emoji).await,
            None => return say("there is no reply yet"),
        },
        Typed::Edit(_) | Typed::Delete if last.id.is_empty() => return say("nothing was said yet"),
        Typed::Edit(text) => line.edits(&last.id, &text).await,
        Typed::Delete => line.deletes(&last.id).await,
        Typed::Block(is_blocked) => {
            line.blocks(is_blocked).await;
            return say(if is_blocked {
                "blocked"
            } else {
                "not blocked any more"
            });
        }
        Typed::Human(text) => line.human_says(&text).await,
        Typed::Again(times) => {
            return say(&format!("{:?}", line.hooks().redeliver(times).await));
        }
        Typed::Webhook(url, token) => {
            line.hooks().set_url(Some(url));
            let verified = line.verify(token.as_deref()).await;
            return say(&verified.map_or_else(|why| why, str::to_owned));
        }
        Typed::Help => return say(HELP),
        Typed::Unknown(text) => return say(&format!("{text}: what is that? Try /help")),
        Typed::Quit => return None,
    };
    done.or_else(|| say("this vendor has no such thing"))
}

/// To the person at the terminal. Nothing was sent.
fn say(text: &str) -> Option<Sent> {
    println!("{text}");
    None
}

fn report(line: &Line, sent: &Sent) {
    match sent.status {
        Some(200..300) => {}
        None if line.hooks().url().is_none() => println!("! nobody has told where events go: /webhook URL"),
        Some(status) => println!("! the webhook answered {status}: {}", sent.answer),
        None => println!("! the webhook did not answer"),
    }
}

async fn retry(line: Arc<Line>) {
    let mut pause = FIRST_RETRY;
    loop {
        tokio::time::sleep(pause).await;
        let statuses = line.hooks().redeliver_failed().await;
        let has_failed = statuses.iter().any(|status| !matches!(status, Some(200..300)));
        pause = if has_failed {
            LAST_RETRY.min(pause * 2)
        } else {
            FIRST_RETRY
        };
    }
}

async fn print_replies(line: Arc<Line>, printed: Arc<AtomicUsize>) {
    loop {
        let so_far = printed.load(Ordering::Relaxed);
        line.record().wait_until(|all| all.len() > so_far).await;
        print_new(&line, &printed);
    }
}

fn print_new(line: &Line, printed: &AtomicUsize) {
    for entry in line.record().all().iter().skip(printed.load(Ordering::Relaxed)) {
        print(entry, matches!(line, Line::N8n(_)));
        printed.fetch_add(1, Ordering::Relaxed);
    }
}

fn print(entry: &Entry, is_workflow: bool) {
    match entry.kind {
        Kind::Message if is_workflow => println!("Asked in {}: {}", entry.recipient, entry.text),
        Kind::Message => println!("Business: {}", entry.text),
        Kind::Typing if entry.text == "typing_off" || entry.text == "stop" => {}
        Kind::Typing => println!("  · is typing"),
        Kind::Read => println!("  · has read it"),
        Kind::Other if entry.text.is_empty() => {}
        Kind::Other => println!("  · {}", entry.text),
    }
    for (number, button) in entry.buttons.iter().enumerate() {
        let number = number + 1;
        if button.opens_page {
            println!("  [{number}] {} → {}", button.title, button.payload);
        } else {
            println!("  [{number}] {}", button.title);
        }
    }
}
