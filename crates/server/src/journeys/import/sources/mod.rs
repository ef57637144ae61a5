//! The systems that data can come from: one place each, with the mapping of all its tables and columns.

mod s0;
mod s1;
mod s2;
mod s3;
mod s4;

use super::mapping::Source;

pub fn all() -> [&'static Source; 5] {
    [&s0::SOURCE, &s1::SOURCE, &s2::SOURCE, &s3::SOURCE, &s4::SOURCE]
}

pub fn find(kind: &str) -> Option<&'static Source> {
    all().into_iter().find(|source| source.kind == kind)
}
