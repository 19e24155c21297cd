//! Time zones by their IANA names, held against the table of zones that the program knows.
//!
//! Knows nothing of what time it is anywhere.

use super::{codes, context::Context, tree};
use crate::{
    base::{diagnostic::Diagnostic, span::Span, words},
    document::Node,
};
use jiff::tz::TimeZone;

/// The zone at a node; a complaint if nobody knows it.
pub(super) fn of(value: &Node, context: &mut Context<'_>) -> Option<String> {
    let written = tree::text(value)?;
    let found = known(value);
    if found.is_none() {
        context.complain(unknown(&written, value.span));
    }
    found
}

/// The zone at a node, if there is such a zone.
pub(super) fn known(value: &Node) -> Option<String> {
    let written = tree::text(value)?;
    TimeZone::get(&written).is_ok().then(|| written.to_string())
}

fn unknown(written: &str, span: Span) -> Diagnostic {
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_TIMEZONE,
        span,
        format!("there is no time zone `{written}`"),
    );
    match words::nearest(written, known.iter().map(String::as_str)) {
        Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), span, near),
        None => diagnostic.help("a time zone is an IANA name such as `Europe/Lisbon`, or `UTC`"),
    }
}
