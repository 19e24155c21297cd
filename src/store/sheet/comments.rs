//! Comment lines of a take sheet: which rows they stand above. YAML readers drop them; a person would miss them.

use super::SheetRow;

/// What a sheet's text holds beside its values.
pub(super) struct Comments {
    /// The comment lines at the top, with their line ends.
    pub(super) header: String,
    /// The comment lines above each row, by the row's place in the text.
    pub(super) rows: Vec<Vec<String>>,
    /// The comment lines after the last row.
    pub(super) tail: Vec<String>,
    /// There is nothing but comments.
    pub(super) is_blank: bool,
}

/// Finds the comment lines. Rows are the lines that begin with the dash of the first one.
pub(super) fn collect(text: &str) -> Comments {
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let top = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    let header: String = text.lines().take_while(top).flat_map(|line| [line, "\n"]).collect();
    let body: Vec<&str> = text.lines().skip_while(top).collect();
    let dash = body.iter().find_map(|line| {
        let is_row = line.trim_start() == "-" || line.trim_start().starts_with("- ");
        is_row.then(|| line.len() - line.trim_start().len())
    });
    let (mut rows, mut waiting) = (Vec::new(), Vec::new());
    for line in &body {
        if is_comment(line) {
            waiting.push(line.trim().to_owned());
        } else if dash.is_some_and(|indent| line.get(indent..).is_some_and(|rest| is_dash(line, rest, indent))) {
            rows.push(std::mem::take(&mut waiting));
        }
    }
    Comments {
        header,
        rows,
        tail: waiting,
        is_blank: body.is_empty(),
    }
}

/// Whether `rest`, which is `line` without its first `indent` bytes, is where a row begins.
fn is_dash(line: &str, rest: &str, indent: usize) -> bool {
    line[..indent].trim().is_empty() && (rest == "-" || rest.starts_with("- "))
}

/// Gives rows their comments, and returns those that belong to none. If text and rows do not agree, all stay at the
/// end, where a person finds them.
pub(super) fn attach(rows: &mut [SheetRow], comments: Vec<Vec<String>>, tail: Vec<String>) -> Vec<String> {
    if rows.len() != comments.len() {
        return comments.into_iter().flatten().chain(tail).collect();
    }
    for (row, comments) in rows.iter_mut().zip(comments) {
        row.comments = comments;
    }
    tail
}
