//! The few numbers that shape the ranking, each with the measurement that chose it.

/// Weights of the ranking. [`Tuning::default`] is what the product uses; others exist for measuring.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Weight of the dense score in the mix of z-scores, for Q&A pairs and for passages.
    pub dense_weight_qa: f32,
    pub dense_weight_passage: f32,
    /// How much a word of the answer counts against one of the question (Q&A pairs).
    pub answer_weight: f32,
    /// How much a word of title and headings counts against one of the text (passages).
    pub heading_weight: f32,
    /// Part of a passage's lexical score that comes from its whole section.
    pub section_lexical: f32,
    /// Passages of which the order is looked at again; 0 keeps the order of the mix.
    pub reranked: usize,
    /// Weight of a function word in a question.
    pub function_word_weight: f32,
    /// Weight of a word that is taken for a misspelling of another.
    pub guess_weight: f32,
    /// Learn from several phrasings of an answer (kernel ridge regression).
    pub learn_from_examples: bool,
    pub example_gamma: f32,
    pub example_ridge: f32,
    pub example_lexical: f32,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            dense_weight_qa: 0.9,
            dense_weight_passage: 0.6,
            answer_weight: 0.3,
            heading_weight: 1.0,
            section_lexical: 0.4,
            reranked: 24,
            function_word_weight: 0.5,
            guess_weight: 0.7,
            learn_from_examples: true,
            example_gamma: 3.0,
            example_ridge: 0.2,
            example_lexical: 0.1,
        }
    }
}
