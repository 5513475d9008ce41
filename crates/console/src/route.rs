//! From a path and a query to a page.

use crate::from_state::Source;
use crate::page;

/// How many entries a page of the log shows.
pub const PAGE_ROWS: usize = 50;

/// A page and the HTTP status to send it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// 200 or 404.
    pub status: u16,
    /// `text/html; charset=utf-8`.
    pub html: String,
}

/// Which part of the log is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// Refused acts only.
    pub refused: bool,
    /// Which page, from 1; beyond the last one means the last one.
    pub page: usize,
}

impl LogQuery {
    /// Reads `refused=1` and `page=N`. What cannot be read is as if it were not there: a reader
    /// with a mistyped address still gets the log.
    pub fn parse(query: &str) -> Self {
        let value = |key: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find_map(|(found, value)| (found == key).then_some(value))
        };
        let page = value("page").and_then(|text| text.parse().ok()).unwrap_or(1);
        Self { refused: value("refused") == Some("1"), page: std::cmp::max(page, 1) }
    }
}

/// A page that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// What waits, and where everything stands.
    Status,
    /// The agreement, clause by clause.
    Agreement,
    /// Motions and votes.
    Decisions,
    /// Every entry with its verdict.
    Log,
}

impl Route {
    /// The page at a path, without its query.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Status),
            "/agreement" => Some(Self::Agreement),
            "/decisions" => Some(Self::Decisions),
            "/log" => Some(Self::Log),
            _ => None,
        }
    }

    /// Whether it is made from the entries of the log too, and not from the state alone.
    pub fn reads_log(self) -> bool {
        matches!(self, Self::Agreement | Self::Log)
    }
}

impl Source<'_> {
    /// The page at `path`, without its query, which is what follows the `?` (or empty).
    pub fn page(&self, path: &str, query: &str) -> Page {
        let Some(route) = Route::of(path) else {
            let html = page::not_found(&self.not_found(path));
            return Page { status: 404, html };
        };
        let html = match route {
            Route::Status => page::status(&self.status()),
            Route::Agreement => page::agreement(&self.agreement()),
            Route::Decisions => page::decisions(&self.decisions()),
            Route::Log => page::log(&self.log(LogQuery::parse(query))),
        };
        Page { status: 200, html }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_query_still_shows_the_log() {
        let first = LogQuery { refused: false, page: 1 };
        for query in ["", "page=", "page=0", "page=-3", "page=x&refused=yes", "&&==", "refused"] {
            assert_eq!(LogQuery::parse(query), first, "{query}");
        }
        assert_eq!(LogQuery::parse("refused=1&page=7"), LogQuery { refused: true, page: 7 });
    }
}
