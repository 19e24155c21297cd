//! The stable names of everything a pipeline can be told.

use crate::base::diagnostic::codes;

codes! {
    /// A file that a pipeline names is not there.
    MISSING_FILE = "missing-file";
    /// A file is there and cannot be read: a folder, no permission.
    UNREADABLE_FILE = "unreadable-file";
    /// `version:` names a version this program does not read.
    UNSUPPORTED_VERSION = "unsupported-version";
    /// A file includes itself, directly or through others.
    INCLUDE_CYCLE = "include-cycle";
    /// An included file has a section that only the pipeline itself may have.
    MISPLACED_SECTION = "misplaced-section";
    /// Two files declare the same name.
    DUPLICATE_NAME = "duplicate-name";
    /// A name has a character that names do not have.
    INVALID_NAME = "invalid-name";
    /// An API key or the like stands in the file.
    SECRET_IN_PIPELINE = "secret-in-pipeline";
    /// `--profile`, or a schedule, names a profile that is not there.
    UNKNOWN_PROFILE = "unknown-profile";
    /// A name stands for no step.
    UNKNOWN_STEP = "unknown-step";
    /// `audio:` names no entry.
    UNKNOWN_AUDIO = "unknown-audio";
    /// No such model, or not on that backend.
    UNKNOWN_MODEL = "unknown-model";
    /// `--backend` names no backend.
    UNKNOWN_BACKEND = "unknown-backend";
    /// Two keys stand where one is wanted, or none does.
    ONE_OF = "one-of";
    /// A step uses itself, directly or through others.
    DEPENDENCY_CYCLE = "dependency-cycle";
    /// A reference does not yield the id that is asked of it.
    WRONG_PURPOSE = "wrong-purpose";
    /// The model needs something the song does not give.
    MODEL_NEEDS = "model-needs";
    /// The model does not take that audio setting.
    AUDIO_SETTING = "audio-setting";
    /// An audio setting that has no effect, or less than it says.
    AUDIO_SETTING_IGNORED = "audio-setting-ignored";
    /// Gates that no take can pass.
    IMPOSSIBLE_GATE = "impossible-gate";
    /// `retake` where every take is accepted.
    IDLE_RETAKE = "idle-retake";
    /// The vendor says that the model is gone.
    MODEL_WITHDRAWN = "model-withdrawn";
    /// `from:` cannot be read, or names a take that the song does not have.
    UNKNOWN_TAKE = "unknown-take";
    /// A matrix without cells, or an axis without values.
    EMPTY_MATRIX = "empty-matrix";
    /// A value stands twice on an axis, or a cell twice in the matrix.
    DUPLICATE_VALUE = "duplicate-value";
    /// A row names an axis that is not there, or leaves one out.
    AXIS_MISMATCH = "axis-mismatch";
    /// A matrix, or a step with what flows into it, has more cells than `max_cells`.
    TOO_MANY_CELLS = "too-many-cells";
    /// An `exclude` that excludes nothing.
    UNUSED_EXCLUDE = "unused-exclude";
    /// A rows file that is not a table.
    INVALID_ROWS = "invalid-rows";
    /// A template that cannot be parsed.
    INVALID_TEMPLATE = "invalid-template";
    /// A template reads a variable that is not there.
    UNKNOWN_VARIABLE = "unknown-variable";
    /// One name in two scopes.
    AMBIGUOUS_VARIABLE = "ambiguous-variable";
    /// `env:` names a variable that is not set.
    ENV_NOT_SET = "env-not-set";
    /// An amount of money that is not one.
    INVALID_AMOUNT = "invalid-amount";
    /// A length of time that is not one.
    INVALID_DURATION = "invalid-duration";
    /// A rate that is not one.
    INVALID_RATE = "invalid-rate";
    /// A musical key that is not one.
    INVALID_KEY = "invalid-key";
    /// A cron line that is not one.
    INVALID_CRON = "invalid-cron";
    /// `on_failure` or `on_recovery` is neither a command nor an address.
    INVALID_HOOK = "invalid-hook";
    /// A time zone that nobody knows.
    UNKNOWN_TIMEZONE = "unknown-timezone";
    /// `fresh: true` without a budget.
    FRESH_WITHOUT_BUDGET = "fresh-without-budget";
    /// Files include each other in too long a row.
    TOO_MANY_INCLUDES = "too-many-includes";
    /// A path that works on this machine alone.
    ABSOLUTE_PATH = "absolute-path";
}
