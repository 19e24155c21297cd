//! The stable names of this module's complaints.

use crate::base::diagnostic::codes;

codes! {
    /// What flows into a step has no axis values in common.
    NO_CELLS = "no-cells";
    /// A template could not be filled in for some cell.
    TEMPLATE_FAILED = "template-failed";
    /// A song would be sung from an empty text.
    EMPTY_LYRICS = "empty-lyrics";
    /// A rendered text is longer than its model takes.
    LYRICS_TOO_LONG = "lyrics-too-long";
    /// A rendered text is longer than its model surely takes.
    LONG_LYRICS = "long-lyrics";
    /// A name that is no file name everywhere, or leads out of the output folder.
    BAD_FILE_NAME = "bad-file-name";
    /// Two takes would have the same file.
    SAME_FILE_NAME = "same-file-name";
    /// `from:` names a song whose audio is no wav or mp3.
    REFERENCE_FORMAT = "reference-format";
    /// A reference file cannot be read.
    UNREADABLE_REFERENCE = "unreadable-reference";
    /// A reference file is neither wav nor mp3, or nothing of it decodes.
    NOT_AUDIO = "not-audio";
    /// A reference file is damaged, but plays.
    DAMAGED_REFERENCE = "damaged-reference";
    /// A reference is too short or too long for a model.
    REFERENCE_LENGTH = "reference-length";
    /// A reference file's name says another format than its content.
    MISNAMED_REFERENCE = "misnamed-reference";
    /// A schedule selects what is not there, or its selection cannot be read.
    UNKNOWN_SELECTION = "unknown-selection";
}
