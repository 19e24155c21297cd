//! What the reader's screen can show. Decided once, from what the program was started with.
//!
//! Knows nothing of streams: the caller asks them, and the environment, and hands the answers in.

use std::borrow::Cow;

/// What the reader's screen can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours and bold.
    pub colour: bool,
    /// Characters beyond ASCII in what the program itself says; names and lyrics are shown as they are.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Somebody watches: lines may be redrawn.
    pub tty: bool,
    /// GitHub reads along: failures are annotated.
    pub github: bool,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// As the stream and the environment say.
    #[default]
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

/// How a word stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// More important.
    Bold,
    /// Less important.
    Dim,
    /// Good, or new.
    Green,
    /// Changed, or slow.
    Yellow,
    /// Bad.
    Red,
    /// Unclear.
    Magenta,
    /// Under way.
    Cyan,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "1;32",
            Self::Yellow => "1;33",
            Self::Red => "1;31",
            Self::Magenta => "1;35",
            Self::Cyan => "1;36",
        }
    }
}

/// The narrowest screen that is laid out for; on a narrower one the terminal wraps.
const NARROWEST: usize = 40;

impl Look {
    /// For a file or a pipe: no colours, 80 columns.
    pub const PLAIN: Self = Self {
        colour: false,
        unicode: true,
        width: 80,
        tty: false,
        github: false,
    };

    /// Decides by `--color`, the environment and the stream: `width` is that of the terminal, if the stream is one.
    ///
    /// `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR=0` and `TERM=dumb` are obeyed, in this order; a locale that
    /// is named and is not UTF-8 gets ASCII.
    pub fn choose(colour: Colour, environment: impl Fn(&str) -> Option<String>, width: Option<usize>) -> Self {
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let on = |name: &str| environment(name).is_some_and(|value| !value.is_empty() && value != "0");
        let tty = width.is_some();
        let dumb = environment("TERM").is_some_and(|term| term == "dumb");
        let by_itself = if set("NO_COLOR") {
            false
        } else if on("CLICOLOR_FORCE") || on("FORCE_COLOR") {
            true
        } else {
            tty && !dumb && environment("CLICOLOR").is_none_or(|value| value != "0")
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| environment(name).filter(|value| !value.is_empty()))
            .map(|locale| locale.to_lowercase());
        Self {
            colour: match colour {
                Colour::Auto => by_itself,
                Colour::Always => true,
                Colour::Never => false,
            },
            unicode: locale.is_none_or(|locale| locale.contains("utf-8") || locale.contains("utf8")),
            width: width.unwrap_or(80).max(NARROWEST),
            tty: tty && !dumb,
            github: environment("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }

    /// The text, standing out if there are colours.
    pub fn paint(&self, ink: Ink, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_owned()
        }
    }

    /// The program's own symbols in ASCII where the screen has no others.
    pub fn spell<'a>(&self, text: &'a str) -> Cow<'a, str> {
        const SPELLINGS: [(char, &str); 14] = [
            ('·', "-"),
            ('→', "->"),
            ('…', "..."),
            ('—', "-"),
            ('×', "x"),
            ('━', "="),
            ('╌', "-"),
            ('├', "|"),
            ('└', "`"),
            ('▁', "_"),
            ('▂', "."),
            ('▃', "-"),
            ('▅', "="),
            ('▇', "#"),
        ];
        if self.unicode || text.is_ascii() {
            return text.into();
        }
        let mut spelt = text.replace('│', "|").replace('─', "-");
        for (symbol, ascii) in SPELLINGS {
            spelt = spelt.replace(symbol, ascii);
        }
        spelt.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(colour: Colour, environment: &[(&str, &str)], width: Option<usize>) -> Look {
        let value = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Look::choose(colour, value, width)
    }

    #[test]
    fn colours_follow_the_conventions() {
        let coloured = |environment: &[(&str, &str)], width| choose(Colour::Auto, environment, width).colour;
        assert!(coloured(&[], Some(80)));
        assert!(!coloured(&[], None));
        assert!(!coloured(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], Some(80)));
        assert!(coloured(&[("NO_COLOR", "")], Some(80)), "an empty NO_COLOR is none");
        assert!(coloured(&[("CLICOLOR_FORCE", "1")], None));
        assert!(!coloured(&[("CLICOLOR_FORCE", "0")], None));
        assert!(!coloured(&[("CLICOLOR", "0")], Some(80)));
        assert!(!coloured(&[("TERM", "dumb")], Some(80)));
        assert!(choose(Colour::Always, &[("NO_COLOR", "1")], None).colour);
        assert!(!choose(Colour::Never, &[("FORCE_COLOR", "1")], Some(80)).colour);
    }

    #[test]
    fn a_dumb_terminal_is_not_animated_and_a_pipe_is_80_columns_wide() {
        assert!(!choose(Colour::Auto, &[("TERM", "dumb")], Some(100)).tty);
        let pipe = choose(Colour::Auto, &[("GITHUB_ACTIONS", "true")], None);
        assert_eq!((pipe.width, pipe.tty, pipe.github), (80, false, true));
    }

    #[test]
    fn symbols_are_spelt_out_where_the_locale_has_none() {
        let ascii = choose(Colour::Auto, &[("LANG", "C"), ("LC_ALL", "")], None);
        assert_eq!(ascii.spell("8 × a → b …"), "8 x a -> b ...");
        assert_eq!(ascii.spell("▁▂▃▅▇"), "_.-=#");
        let utf8 = choose(Colour::Auto, &[("LANG", "pt_PT.UTF-8")], None);
        assert_eq!(utf8.spell("8 × a → b …"), "8 × a → b …");
    }

    #[test]
    fn paint_leaves_no_trace_without_colours() {
        assert_eq!(Look::PLAIN.paint(Ink::Red, "error"), "error");
        let look = Look {
            colour: true,
            ..Look::PLAIN
        };
        assert_eq!(look.paint(Ink::Red, "error"), "\u{1b}[1;31merror\u{1b}[0m");
    }
}
