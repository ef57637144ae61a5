//! Sales: clients, and what is planned with them, sold to them and agreed.

mod deals;
mod figures;
mod orders;
mod pipelines;
mod products;
mod sales;
