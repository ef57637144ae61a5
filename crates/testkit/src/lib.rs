//! For tests only: a real database each, builders, fake model providers, a request helper.
