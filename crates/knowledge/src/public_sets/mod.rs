//! The public data sets on which retrieval and confidence are measured, as bases that can be asked.
//!
//! The sets are not part of the product: the caller names their folder. Used by `rapport eval --public`, by the tests
//! that hold the floors, and by the fit of the confidence. Start at [`retrieval_bases`] and [`confidence_bases`].

mod bases;
mod data;
mod embeddings;
mod harder;
mod judging;
mod methods;

pub use bases::{Asked, Base, id_of, passage_entries, qa_entries, retrieval_bases};
pub use data::{Banking, Labelled, Paragraph, Question, Reading, banking, piaf, squad, xquad};
pub use embeddings::Embeddings;
pub use harder::harder_bases;
pub use judging::{Rules, confidence_bases};
pub use methods::{Answered, Found, found, judged, nearest, ours};
