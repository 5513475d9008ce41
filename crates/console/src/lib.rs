//! Pages for people who never open a terminal.
//!
//! A page is a pure function from a view to HTML: [`view`] holds plain structs, [`Source`] fills
//! them from the fold's state and from what a server knows beside it, and [`page`] writes them
//! down. No server, no clock, no JavaScript, nothing loaded from elsewhere; every text is escaped.
//! [`document`] is the agreement on paper: one page, made from the texts alone.

pub mod document;
mod frame;
mod from_state;
pub mod page;
mod part;
mod prose;
mod route;
mod style;
pub mod view;

pub use from_state::{Became, Cites, Entries, Entry, Source, Tally};
pub use route::{LogQuery, PAGE_ROWS, Page, Route};
pub use style::{STYLE, content_security_policy};
