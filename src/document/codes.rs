//! The kinds of complaint this module makes, by their stable names.

use crate::base::diagnostic::codes;

codes! {
    /// The file is larger than [`MAX_BYTES`](super::MAX_BYTES).
    TOO_LARGE = "too-large";
    /// The bytes are no text at all.
    BINARY_FILE = "binary-file";
    /// The bytes are text in another encoding.
    NOT_UTF8 = "not-utf8";
    /// There is nothing but comments.
    EMPTY_FILE = "empty-file";
    /// A tab stands where spaces indent.
    TAB = "tab-indent";
    /// A line stands too far left or right, or is neither a key nor an item.
    INDENTATION = "bad-indentation";
    /// A quote is never closed.
    UNCLOSED_QUOTE = "unclosed-quote";
    /// A `[` or `{` is never closed, or by the other kind.
    UNCLOSED_BRACKET = "unclosed-bracket";
    /// A second `: ` in one line.
    UNEXPECTED_COLON = "unexpected-colon";
    /// Unquoted text begins with a character that YAML reserves.
    RESERVED_CHARACTER = "reserved-character";
    /// A character that cannot be seen.
    CONTROL_CHARACTER = "control-character";
    /// A backslash in double quotes begins no escape that YAML knows.
    UNKNOWN_ESCAPE = "unknown-escape";
    /// Anything else that is not YAML.
    SYNTAX = "yaml-syntax";
    /// The two readers understand it differently.
    AMBIGUOUS = "ambiguous-yaml";
    /// A key stands twice in one map.
    DUPLICATE_KEY = "duplicate-key";
    /// A key that is a number, a truth value, empty, a list or a map.
    KEY_NOT_TEXT = "key-not-text";
    /// `---` begins a second document.
    SECOND_DOCUMENT = "second-document";
    /// A value that begins with `{{` without quotes.
    UNQUOTED_TEMPLATE = "unquoted-template";
    /// A tag such as `!env`.
    TAG = "tag-not-used";
    /// Nested too deeply.
    TOO_DEEP = "too-deep";
    /// Aliases expand to too much.
    ALIAS_LIMIT = "alias-limit";
    /// `*name` without `&name` before it.
    UNKNOWN_ALIAS = "unknown-alias";
    /// `*name` inside the value that `&name` marks.
    SELF_ALIAS = "self-alias";
    /// The value of `<<` is no map.
    MERGE_NOT_MAP = "merge-not-map";
    /// A key the format does not have.
    UNKNOWN_KEY = "unknown-key";
    /// A key the format requires is absent.
    MISSING_KEY = "missing-key";
    /// A value of another kind than the format asks for.
    WRONG_TYPE = "wrong-type";
    /// A word that is not one of those allowed.
    UNKNOWN_VALUE = "unknown-value";
    /// A number too small or too large.
    OUT_OF_RANGE = "out-of-range";
    /// A list with too few or too many items.
    WRONG_LENGTH = "wrong-length";
}
