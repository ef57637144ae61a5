//! x
#[derive(Clone)]
pub struct Models;
