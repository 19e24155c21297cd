//! Bytes of a file → text, or the reason why they are none.

use super::{MAX_BYTES, codes};
use crate::base::{diagnostic::Diagnostic, words};

/// The complaint about a file that is larger than `limit` bytes; for whoever found out without reading it.
pub fn too_large(name: &str, limit: u64) -> Diagnostic {
    let message = format!("`{name}` is larger than {}", words::size(limit));
    let is_yaml = [".yaml", ".yml"].iter().any(|extension| name.ends_with(extension));
    Diagnostic::file_error(codes::TOO_LARGE, name, message).help(if is_yaml {
        "is this the right file? Long lists of cells can stand in a CSV file: `rows: { file: cells.csv }`"
    } else {
        "is this the right file? A pipeline's texts and tables are smaller"
    })
}

/// Takes a file's bytes as text without its byte order mark. `name` is the file as the user would type it.
#[expect(
    clippy::result_large_err,
    reason = "made once a file; a box would burden every caller"
)]
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(name, MAX_BYTES));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(not_utf8(name, "is UTF-16 text"));
    }
    if bytes.contains(&0) {
        return Err(
            Diagnostic::file_error(codes::BINARY_FILE, name, format!("`{name}` is binary, not text"))
                .help("is this the right file? Sound belongs under `references:`, with `file: …`"),
        );
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{FEFF}') {
                text.drain(..'\u{FEFF}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].split(|byte| *byte == b'\n').count();
            Err(not_utf8(name, &format!("is not UTF-8 text from line {line} on")))
        }
    }
}

fn not_utf8(name: &str, what: &str) -> Diagnostic {
    Diagnostic::file_error(codes::NOT_UTF8, name, format!("`{name}` {what}")).help("save it in the encoding UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        decode("p.yaml", bytes.to_vec()).unwrap_err().code.0
    }

    #[test]
    fn a_mark_is_dropped_and_nothing_else() {
        assert_eq!(decode("p", b"\xEF\xBB\xBFa: 1\r\n".to_vec()).unwrap(), "a: 1\r\n");
        assert_eq!(decode("p", Vec::new()).unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(code(b"ID3\x03\0\0"), "binary-file");
        assert_eq!(code(b"\xFF\xFEa\0"), "not-utf8");
        assert_eq!(code(&vec![b'x'; 1024 * 1024 + 1]), "too-large");
        let latin = decode("p", b"a: 1\nb: caf\xE9\n".to_vec()).unwrap_err();
        assert_eq!(latin.message, "`p` is not UTF-8 text from line 2 on");
    }
}
