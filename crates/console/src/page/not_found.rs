//! The page that there is no page.

use maud::html;

use crate::frame::{Here, document};
use crate::view::NotFound;

/// The page for an address that leads nowhere; to be sent with status 404.
pub fn not_found(view: &NotFound) -> String {
    let main = html! {
        h1 { "There is no page here" }
        p { "Nothing is kept at " code { (view.path) } "." }
        p { "Go to the " a href="/" { "status" } " of the partnership, or look in its " a href="/log" { "log" } "." }
    };
    document(&view.frame, Here::Nowhere, "Not found", &main)
}
