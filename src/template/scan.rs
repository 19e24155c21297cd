//! A first look at a template's tags, before the parser sees them: are blocks closed, in order, and not too deep?
//!
//! The parser below recurses once per level and knows no bound, so what is nested too deep must not reach it. What can
//! be said better here than by a grammar (an open block, a stray `else`) is said here. Knows nothing of variables or
//! helpers. A text that passes has at most [`DEEPEST`] levels in the parser's eyes too; a property test compares the
//! two.

use super::{DEEPEST, LARGEST, Place, TemplateError};

/// How deep parentheses and brackets may be nested inside one tag.
const DEEPEST_VALUE: usize = 16;

/// One `{{…}}` of a text, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    pub(super) start: usize,
    pub(super) end: usize,
}

struct Open<'a> {
    name: &'a str,
    start: usize,
    /// One for the block itself, one more for each `else if`, which nests in the tree.
    levels: usize,
    has_else: bool,
}

struct Scanner<'a> {
    text: &'a str,
    partial: Option<&'a str>,
    open: Vec<Open<'a>>,
    depth: usize,
    tags: Vec<Tag>,
    errors: Vec<TemplateError>,
}

/// The tags of a text, or all that is wrong with how they are put together.
pub(super) fn scan(text: &str, partial: Option<&str>) -> Result<Vec<Tag>, Vec<TemplateError>> {
    let mut scanner = Scanner {
        text,
        partial,
        open: Vec::new(),
        depth: 0,
        tags: Vec::new(),
        errors: Vec::new(),
    };
    if text.len() > LARGEST {
        let message = format!("the template has {} bytes; at most {LARGEST} are read", text.len());
        scanner.complain(
            0,
            message,
            "a lyric has a few hundred characters: is this the right file?",
        );
    } else {
        scanner.run();
    }
    if scanner.errors.is_empty() {
        Ok(scanner.tags)
    } else {
        Err(scanner.errors)
    }
}

/// Where a byte of a text stands.
pub(super) fn place(text: &str, partial: Option<&str>, at: usize) -> Place {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        partial: partial.map(str::to_owned),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        let mut from = 0;
        while let Some(found) = self.text[from..].find("{{") {
            let start = from + found;
            let backslashes = self.text[from..start]
                .bytes()
                .rev()
                .take_while(|byte| *byte == b'\\')
                .count();
            let braces = if self.text[start..].starts_with("{{{{") { 4 } else { 2 };
            let escaped = backslashes == 1;
            let after = if escaped { Some(start + braces) } else { self.tag(start) };
            // A tag without an end swallows the rest; what follows would only be noise.
            let Some(after) = after else { return };
            from = after;
        }
        for open in std::mem::take(&mut self.open) {
            let name = open.name;
            self.complain(
                open.start,
                format!("`{{{{#{name}}}}}` is never closed"),
                format!("close it with `{{{{/{name}}}}}`"),
            );
        }
    }

    /// Reads the tag that begins at `start` and returns where the text goes on.
    fn tag(&mut self, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        if rest.starts_with("{{!") {
            return self.comment(start);
        }
        if rest.starts_with("{{{{") {
            return self.raw(start);
        }
        let end = self.end_of_tag(start)?;
        self.tags.push(Tag { start, end });
        let inside = self.text[start + 2..end - 2].trim_start_matches('~').trim_start();
        let sigil = inside.chars().next().unwrap_or(' ');
        let name = first_word(inside.trim_start_matches(['#', '/', '^', '*', '>', '&', '{']));
        match sigil {
            '#' => self.block(start, inside[1..].trim_start()),
            '/' => self.close(start, name),
            '^' => self.otherwise(start, name),
            '*' => self.complain(start, "decorators cannot be used", "write the text where it is needed"),
            _ if name == "else" => self.otherwise(start, first_word(&inside[4..])),
            _ if inside.trim_end_matches('~').trim().is_empty() => {
                self.complain(
                    start,
                    "an empty `{{}}`",
                    "name a variable, or write `\\{{` for the braces themselves",
                );
            }
            _ => {}
        }
        Some(end)
    }

    fn comment(&mut self, start: usize) -> Option<usize> {
        let body = start + 3;
        let rest = &self.text[body..];
        let end = if rest.trim_start().starts_with("--") {
            let dashes = body + rest.find("--").unwrap_or(0) + 2;
            self.text[dashes..].find("--}}").map(|at| dashes + at + 4)
        } else {
            None
        };
        let end = end.or_else(|| rest.find("}}").map(|at| body + at + 2));
        if end.is_none() {
            self.complain(start, "the comment is never closed", "close it with `}}`");
        }
        end
    }

    fn raw(&mut self, start: usize) -> Option<usize> {
        let Some(opened) = self.text[start..].find("}}}}").map(|at| start + at + 4) else {
            self.complain(start, "`{{{{` is never closed", "close it with `}}}}`");
            return None;
        };
        let name = first_word(self.text[start + 4..opened - 4].trim_start_matches('~'));
        let mut from = opened;
        while let Some(at) = self.text[from..].find("{{{{").map(|at| from + at) {
            let escaped = self.text[opened..at]
                .bytes()
                .rev()
                .take_while(|byte| *byte == b'\\')
                .count()
                == 1;
            if !escaped {
                self.tags.push(Tag { start, end: opened });
                return self.text[at..].find("}}}}").map(|end| at + end + 4);
            }
            from = at + 4;
        }
        self.complain(
            start,
            format!("`{{{{{{{{{name}}}}}}}}}` is never closed"),
            format!("close it with `{{{{{{{{/{name}}}}}}}}}`"),
        );
        None
    }

    fn end_of_tag(&mut self, start: usize) -> Option<usize> {
        match measure(self.text, start) {
            Ok((end, deepest)) if deepest <= DEEPEST_VALUE => return Some(end),
            Ok(_) => self.complain(start, "too many parentheses or brackets inside each other", TOO_DEEP),
            Err(Some((quote, opened))) => self.complain(
                opened,
                format!("the text that begins with `{quote}` is never closed"),
                "add the second quote",
            ),
            Err(None) => self.complain(
                start,
                "`{{` is never closed",
                "close it with `}}`, or write `\\{{` for the braces themselves",
            ),
        }
        None
    }

    fn block(&mut self, start: usize, inside: &'a str) {
        if inside.starts_with('*') {
            self.complain(
                start,
                "inline partials and decorators cannot be used",
                "put the text into a partial file",
            );
        } else if inside.starts_with('>') {
            self.complain(
                start,
                "partial blocks cannot be used",
                "include the partial with `{{> name}}`",
            );
        }
        self.open.push(Open {
            name: first_word(inside.trim_start_matches(['*', '>'])),
            start,
            levels: 1,
            has_else: false,
        });
        self.deepen(start);
    }

    fn close(&mut self, start: usize, name: &str) {
        let Some(open) = self.open.pop() else {
            self.complain(
                start,
                format!("`{{{{/{name}}}}}` closes nothing"),
                "remove it, or open the block before it",
            );
            return;
        };
        self.depth -= open.levels;
        if open.name != name {
            let line = place(self.text, None, open.start).line;
            self.complain(
                start,
                format!("`{{{{/{name}}}}}` closes `{{{{#{}}}}}` of line {line}", open.name),
                format!("close it with `{{{{/{}}}}}`", open.name),
            );
        }
    }

    fn otherwise(&mut self, start: usize, condition: &str) {
        let chained = !matches!(condition, "" | "~");
        let Some(open) = self.open.last_mut() else {
            self.complain(
                start,
                "`{{else}}` stands outside of a block",
                "remove it, or open an `{{#if}}` before it",
            );
            return;
        };
        if open.has_else {
            self.complain(
                start,
                "nothing can follow the last `{{else}}` of a block",
                "write `{{else if …}}` before it",
            );
        } else if chained {
            open.levels += 1;
            self.deepen(start);
        } else {
            open.has_else = true;
        }
    }

    fn deepen(&mut self, start: usize) {
        self.depth += 1;
        if self.depth == DEEPEST + 1 {
            self.complain(start, format!("more than {DEEPEST} blocks inside each other"), TOO_DEEP);
        }
    }

    fn complain(&mut self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        let place = place(self.text, self.partial, at);
        self.errors.push(TemplateError::new(place, message).help(help));
    }
}

/// Where the tag that begins at `start` ends, and how deep parentheses, brackets and braces are nested in it. If it does
/// not end: the quote that is still open, with its place.
fn measure(text: &str, start: usize) -> Result<(usize, usize), Option<(char, usize)>> {
    let bytes = text.as_bytes();
    let (mut quote, mut depth, mut braces, mut deepest) = (None::<(u8, usize)>, 0_usize, 0_usize, 0);
    let mut at = start + 2;
    while at < bytes.len() {
        if let Some((opened, _)) = quote {
            match bytes[at] {
                b'\\' => at += 1,
                byte if byte == opened => quote = None,
                _ => {}
            }
        } else {
            match bytes[at] {
                b'}' if braces == 0 && bytes.get(at + 1) == Some(&b'}') => return Ok((at + 2, deepest)),
                byte @ (b'"' | b'\'') => quote = Some((byte, at)),
                b'{' => braces += 1,
                b'}' => braces = braces.saturating_sub(1),
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        deepest = deepest.max(depth + braces);
        at += 1;
    }
    Err(quote.map(|(byte, opened)| (char::from(byte), opened)))
}

const TOO_DEEP: &str = "write it flatter: a partial or one more axis often does it";

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|c: char| c.is_whitespace() || "~}=()|".contains(c))
        .unwrap_or(text.len());
    &text[..end]
}
