//! Who said what: contacts, identities, conversations, messages, answers, escalations, the inbox.
