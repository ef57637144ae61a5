//! What we send, in the vendors' measures.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::inbound::MediaKind;

/// What a vendor can do, and how much of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ChannelCapabilities)]
pub struct Capabilities {
    /// The longest text of one message.
    pub text_limit: Limit,
    pub markup: Markup,
    /// Buttons or quick replies under a text.
    pub choices: Option<ChoiceRules>,
    /// Files that may be sent; others become a link in the text.
    pub media: Vec<MediaRule>,
    /// Files are not handed over: the vendor, or the person, fetches them from this server's public address.
    pub takes_files_by_link: bool,
    /// A file takes its text along as its caption, of at most so many characters.
    pub caption_limit: Option<usize>,
    /// Hours after the person's last message in which we may write freely. None: always.
    pub reply_window_hours: Option<u32>,
    /// Outside of that, approved templates may be sent.
    pub has_templates: bool,
    pub has_typing: bool,
    pub has_read_marks: bool,
    /// The vendor tells what was delivered and read.
    pub has_receipts: bool,
    pub has_reactions: bool,
    /// The business may write first.
    pub can_start: bool,
    /// How many messages a second the account may send, and one person may get.
    pub per_second: u32,
    pub per_second_and_thread: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Limit {
    pub most: usize,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TextUnit)]
pub enum Unit {
    Characters,
    /// As Telegram counts.
    Utf16,
    Bytes,
}

/// How a vendor shows bold, lists and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Not at all: links are written out.
    Plain,
    /// `*bold*`, `_italic_`, `` `code` ``.
    WhatsApp,
    /// `<b>`, `<i>`, `<a href>`.
    TelegramHtml,
    /// As we store it.
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChoiceRules {
    pub most: usize,
    /// Of a label, in characters; longer ones are cut where there is no list.
    pub label_limit: usize,
    /// Of the text above them, where it is shorter than usual.
    pub text_limit: Option<usize>,
    /// With more choices than `most`, or longer ones than `label_limit`, a list takes up to so many (WhatsApp). It shows
    /// below a label what was cut off it.
    pub list_most: usize,
    pub list_label_limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MediaRule {
    pub kind: MediaKind,
    /// MIME types; a `*` stands for all of a kind: `image/*`, `*`.
    pub mime_types: &'static [&'static str],
    pub most_bytes: u64,
}

/// One piece of a reply: what one call of the vendor sends. Stored with its delivery before it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    Text {
        /// Already in the vendor's markup.
        text: String,
        #[serde(default)]
        choices: Vec<Choice>,
    },
    Media {
        kind: MediaKind,
        /// Of the asset; the bytes are given along when it is sent.
        asset_id: String,
        file_name: String,
        mime_type: String,
        caption: Option<String>,
    },
    Template(TemplateUse),
}

/// A button: its label is also what the person says by pressing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub label: String,
    /// What the vendor gives back; the whole text where the label was cut.
    pub value: String,
}

/// An approved template with what is filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TemplateUse {
    pub name: String,
    /// `en_US`.
    pub language: String,
    /// The values of `{{1}}`, `{{2}}` … of the body.
    pub parameters: Vec<String>,
    /// The text with its values, as it stands in the thread.
    pub text: String,
}

/// A template that the vendor has approved.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = MessageTemplate)]
pub struct Template {
    pub name: String,
    pub language: String,
    pub category: String,
    /// With `{{1}}`, `{{2}}` … for what is filled in.
    pub body: String,
    pub parameters: usize,
}

/// One piece on its way.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Our own id of it: given along wherever the vendor repeats it in statuses or echoes.
    pub delivery_id: &'a str,
    /// Where to: the thread of the person's messages.
    pub thread: &'a str,
    pub part: &'a Part,
    /// For [`Part::Media`]: the bytes, and an address where the vendor could fetch them (empty if the server has none).
    pub bytes: &'a [u8],
    pub link: &'a str,
    /// The vendor's id of the message that is answered, to be quoted.
    pub reply_to: Option<&'a str>,
    /// A person wrote it; false: the bot.
    pub is_human: bool,
    /// How whoever speaks is called.
    pub sender_name: Option<&'a str>,
    /// The person's last message is further back than the vendor's reply window.
    pub is_outside_window: bool,
}

/// The vendor has taken it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sent {
    /// The vendor's id of the message, by which statuses name it. None: the vendor gives none.
    pub message_id: Option<String>,
}

/// Why a piece was not sent, or may not have been.
#[derive(Debug, Clone, PartialEq)]
pub enum SendError {
    /// Surely not sent; it may be tried again, not before `after` if the vendor says so.
    Later {
        code: String,
        reason: String,
        after: Option<Duration>,
    },
    /// Surely not sent, and never will be.
    Rejected {
        code: String,
        reason: String,
        because: Because,
    },
    /// The call was cut off: it may have been sent.
    Unknown { reason: String },
}

/// What a rejection says about more than the one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// This message only.
    Message,
    /// This person cannot be reached, or does not want to be.
    Person,
    /// Too long after the person's last message.
    Window,
    /// The account does not work: nothing more is sent until somebody mends it.
    Account,
}

/// A courtesy to the person who waits.
#[derive(Debug, Clone, Copy)]
pub enum Signal<'a> {
    /// The bot or a person is writing. `message_id`: the newest of the person's.
    Typing {
        thread: &'a str,
        message_id: Option<&'a str>,
    },
    Read {
        thread: &'a str,
        message_id: &'a str,
    },
}
