//! What can be typed.

/// A typed line.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    Words(String),
    File(String),
    Button(String),
    Location(f64, f64),
    React(String),
    Edit(String),
    Delete,
    Block(bool),
    Human(String),
    Again(usize),
    /// An address, and the token that it is verified with.
    Webhook(String, Option<String>),
    Help,
    Quit,
    Unknown(String),
}

pub const HELP: &str = "\
Type what the customer says. Or:
  /image PATH        send a file: a picture, a sound, a video, a document
  /button N          press button N of the last message that has some, or give its title
  /location LAT LON  share a place
  /react EMOJI       react to the last reply
  /edit TEXT         change the last message
  /delete            take the last message back
  /block, /unblock   the customer blocks the business, or no more
  /human TEXT        a person of the business answers in the vendor's own inbox
  /again N           the vendor delivers the last event N times more
  /webhook URL [TOKEN]  post events there from now on; Meta verifies the address with the token
  /quit";

impl Typed {
    pub fn parse(line: &str) -> Self {
        let line = line.trim();
        let Some(command) = line.strip_prefix('/') else {
            return Self::Words(line.to_owned());
        };
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim().to_owned();
        match name {
            "image" | "file" | "audio" | "voice" | "video" | "document" if !rest.is_empty() => {
                Self::File(rest)
            }
            "button" | "press" if !rest.is_empty() => Self::Button(rest),
            "location" => Self::location(&rest),
            "react" => Self::React(rest),
            "edit" if !rest.is_empty() => Self::Edit(rest),
            "delete" => Self::Delete,
            "block" => Self::Block(true),
            "unblock" => Self::Block(false),
            "human" if !rest.is_empty() => Self::Human(rest),
            "again" => Self::Again(rest.parse().unwrap_or(1)),
            "webhook" if !rest.is_empty() => Self::webhook(&rest),
            // people begin a chat with a bot like that
            "start" => Self::Words(line.to_owned()),
            "help" => Self::Help,
            "quit" | "exit" => Self::Quit,
            _ => Self::Unknown(line.to_owned()),
        }
    }

    fn webhook(text: &str) -> Self {
        match text.split_once(' ') {
            Some((url, token)) => Self::Webhook(url.to_owned(), Some(token.trim().to_owned())),
            None => Self::Webhook(text.to_owned(), None),
        }
    }

    fn location(text: &str) -> Self {
        let mut numbers = text.split([' ', ',']).filter_map(|number| number.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(latitude), Some(longitude)) => Self::Location(latitude, longitude),
            _ => Self::Location(-23.5505, -46.6333),
        }
    }
}

/// By the end of its name.
pub fn mime_type(path: &str) -> &'static str {
    let end = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    match end.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    #[test]
    fn what_does_not_begin_with_a_slash_is_said() {
        assert_eq!(Typed::parse(" Hello there "), Typed::Words("Hello there".into()));
        assert_eq!(Typed::parse("/start promo"), Typed::Words("/start promo".into()));
    }

    #[test]
    fn commands_have_their_argument() {
        assert_eq!(Typed::parse("/button 2"), Typed::Button("2".into()));
        assert_eq!(Typed::parse("/location 1.5, 2"), Typed::Location(1.5, 2.0));
        assert_eq!(Typed::parse("/again"), Typed::Again(1));
        let (url, token) = ("http://a".to_owned(), "ch_1-2".to_owned());
        assert_eq!(
            Typed::parse("/webhook http://a"),
            Typed::Webhook(url.clone(), None)
        );
        assert_eq!(
            Typed::parse("/webhook http://a  ch_1-2"),
            Typed::Webhook(url, Some(token))
        );
        assert_eq!(Typed::parse("/image"), Typed::Unknown("/image".into()));
    }
}
