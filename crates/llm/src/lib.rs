//! Talk to language models: chat, stream, embed; and the local embedder.
