//! Text to token ids, as the model was trained: lower-cased word pieces between `[CLS]` and `[SEP]`.
//!
//! The model's `tokenizer.json` asks for 128 tokens and fixed padding; both are overridden.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationParams};

use super::load::LoadError;
use super::model::MAX_TOKENS;

/// Text beyond this cannot reach the model: its 256 tokens hardly ever span so many characters.
const MAX_CHARACTERS: usize = 16_384;

pub(super) struct Tokens(Tokenizer);

impl Tokens {
    /// Loads `tokenizer.json` and checks that its ids fit a table of `words` entries.
    pub(super) fn load(path: &Path, words: usize) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Read {
            path: path.into(),
            source,
        })?;
        let bad = |error| LoadError::format(path, error);
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(bad)?;
        let truncation = TruncationParams {
            max_length: MAX_TOKENS,
            ..TruncationParams::default()
        };
        tokenizer
            .with_padding(None)
            .with_truncation(Some(truncation))
            .map_err(bad)?;
        if tokenizer.get_vocab_size(true) > words {
            return Err(LoadError::format(path, "it has more words than the model"));
        }
        // Any text tokenises once an unknown character does.
        tokenizer.encode_fast("\u{1F9FF}", true).map_err(bad)?;
        Ok(Self(tokenizer))
    }

    /// 2 to [`MAX_TOKENS`] ids.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        let end = text
            .char_indices()
            .nth(MAX_CHARACTERS)
            .map_or(text.len(), |(at, _)| at);
        let encoding = self.0.encode_fast(&text[..end], true);
        encoding
            .map(|encoding| encoding.get_ids().to_vec())
            .unwrap_or_default()
    }
}
