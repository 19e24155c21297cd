//! The grammar of a pipeline file: which keys there are, what they hold, and what each is for.
//!
//! These types are the JSON Schema that editors use and the shape every file is held against. They hold no meaning:
//! names are looked up elsewhere, in the tree that still knows where each value stands. The doc comments of the fields
//! are what an editor shows.

use super::file_values::{
    Amount, AudioChoice, Clipping, FormatWord, Length, MatrixFile, OverlapWord, Salt, Selection, Variable,
};
use crate::catalog::{BackendKind, Purpose};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// An AI-music pipeline: reference uploads, lyric variations and audio settings, and the songs rendered from them.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "takesheet pipeline")]
pub struct PipelineFile {
    /// Version of the file format; always 1.
    #[schemars(range(min = 1, max = 1), extend("examples" = [1]))]
    pub version: u32,
    /// The pipeline's name, used for folders and the take sheet. The default is the file's name without its ending.
    #[schemars(extend("examples" = ["rainy-city"]))]
    pub name: Option<String>,
    /// Who renders the songs, unless a song says otherwise. `sandbox` is local and free; `aimlapi` is paid.
    pub backend: Option<BackendKind>,
    /// What renders the songs, unless a song says otherwise.
    #[schemars(extend("examples" = ["music-01"]))]
    pub model: Option<String>,
    /// Values for templates: `{{artist}}`.
    pub vars: Option<BTreeMap<String, Variable>>,
    /// Environment variables that templates may read. Never an API key.
    #[schemars(extend("examples" = [["SEASON"]]))]
    pub env: Option<Vec<String>>,
    /// Other files whose declarations are brought in; paths inside them are relative to them.
    #[schemars(extend("examples" = [["shared.yaml"]]))]
    pub include: Option<Vec<String>>,
    /// Uploads: each yields a voice id, an instrumental id, or both.
    pub references: Option<BTreeMap<String, ReferenceFile>>,
    /// Named audio settings.
    pub audio: Option<BTreeMap<String, AudioFile>>,
    /// Texts: templates, rendered for every cell of their matrix.
    pub lyrics: Option<BTreeMap<String, LyricsFile>>,
    /// What is rendered.
    pub songs: Option<BTreeMap<String, SongFile>>,
    /// What songs have unless they say otherwise.
    pub defaults: Option<DefaultsFile>,
    /// How much at once, how fast, and for how much money.
    pub limits: Option<LimitsFile>,
    /// What this project says of those who render: limits, patience, prices.
    pub backends: Option<BackendsFile>,
    /// An IANA time zone, or `UTC`: where the budget's day begins, and the schedules' own. The machine's unless given.
    #[schemars(extend("examples" = ["Europe/Lisbon"]))]
    pub timezone: Option<String>,
    /// What scratch takes are to be like, whatever the references are like. Changes nothing that is paid for.
    pub sandbox: Option<WishesFile>,
    /// Named sets of overrides for `--profile NAME`: maps merge, lists and single values replace.
    pub profiles: Option<BTreeMap<String, ProfileFile>>,
    /// Recurring runs.
    pub schedules: Option<BTreeMap<String, ScheduleFile>>,
}

/// An upload. Either `file` or `from` says where the sound comes from.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReferenceFile {
    /// An mp3 or wav file, longer than 10 seconds and at most 10 minutes, relative to this file.
    #[schemars(extend("examples" = ["references/voice.wav"]))]
    pub file: Option<String>,
    /// A rendered take: `songs.bed#1`, or `songs.bed[mood=bright]#1` for one cell of a matrix.
    #[schemars(extend("examples" = ["songs.bed#1"]))]
    pub from: Option<String>,
    /// What the upload is for: `song` yields a voice and an instrumental, the other two yield one of them.
    pub purpose: Purpose,
}

/// What a profile changes about an upload.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReferenceOverride {
    /// An audio file instead.
    pub file: Option<String>,
    /// A rendered take instead.
    pub from: Option<String>,
    /// Another purpose.
    pub purpose: Option<Purpose>,
}

/// Audio settings. What is left out is the model's default.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AudioFile {
    /// The container.
    pub format: Option<FormatWord>,
    /// Samples per second. `music-01` takes 16000, 24000, 32000 and 44100.
    #[schemars(extend("examples" = [44100, 32000, 24000, 16000]))]
    pub sample_rate: Option<u32>,
    /// Bits per second of an mp3. `music-01` takes 32000, 64000, 128000 and 256000.
    #[schemars(extend("examples" = [256_000, 128_000, 64000, 32000]))]
    pub bitrate: Option<u32>,
}

/// A text. Either `template` or `file` says what it is.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LyricsFile {
    /// The text, with `{{variables}}`. One line of text is one line sung.
    #[schemars(extend("examples" = ["Lights of {{city}}, {{mood}} and wide"]))]
    pub template: Option<String>,
    /// A file with the text, relative to this file.
    #[schemars(extend("examples" = ["lyrics/bridge.hbs"]))]
    pub file: Option<String>,
    /// Wraps the text in `## … ##`, which asks the model for accompaniment.
    pub accompaniment: Option<bool>,
    /// Variations of this text: one cell for each combination of axis values.
    pub matrix: Option<MatrixFile>,
    /// Steps that must be done before, without using what they yield.
    #[schemars(extend("examples" = [["songs.bed"]]))]
    pub needs: Option<Vec<String>>,
    /// Words to select by: `tag:draft`.
    pub tags: Option<Vec<String>>,
}

/// A render: one take or more of each cell.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SongFile {
    /// A name under `lyrics:`; its axes become the song's.
    pub lyrics: Option<String>,
    /// A name under `references:` that yields a voice.
    pub voice: Option<String>,
    /// A name under `references:` that yields an instrumental.
    pub instrumental: Option<String>,
    /// A name under `audio:`, or the settings themselves.
    pub audio: Option<AudioChoice>,
    /// How many takes of each cell. Raising it renders only the takes that are missing.
    #[schemars(range(min = 1, max = 100))]
    pub takes: Option<u32>,
    /// What a take must measure; one outside is kept, marked, and retaken as often as is said.
    pub accept: Option<AcceptFile>,
    /// Words to select by: `tag:draft`.
    pub tags: Option<Vec<String>>,
    /// A template for the names of its files.
    #[schemars(extend("examples" = ["{{city}}-{{take}}"]))]
    pub name: Option<String>,
    /// Who renders it.
    pub backend: Option<BackendKind>,
    /// What renders it.
    #[schemars(extend("examples" = ["music-01"]))]
    pub model: Option<String>,
    /// Any text; changing it renders everything anew.
    pub salt: Option<Salt>,
    /// Axes of the song's own, beside those of its lyrics.
    pub matrix: Option<MatrixFile>,
    /// Steps that must be done before, without using what they yield.
    pub needs: Option<Vec<String>>,
}

/// What a take must measure to be accepted. Gates are no part of what is bought: changing them renders nothing anew.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AcceptFile {
    /// How long it must be.
    pub duration: Option<LengthBoundsFile>,
    /// How loud it must be, in LUFS.
    pub loudness: Option<LoudnessBoundsFile>,
    /// How much silence there may be before the first sound, and how much after the last.
    #[schemars(extend("examples" = [1.5, "1500ms"]))]
    pub silence: Option<Length>,
    /// How many samples may be cut off at full scale; `none` is 0.
    pub clipping: Option<Clipping>,
    /// How often a take outside is bought again, at most; never unless given. Each retake costs what a take costs.
    #[schemars(range(max = 5))]
    pub retake: Option<u32>,
}

/// The shortest and the longest.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LengthBoundsFile {
    /// The shortest.
    #[schemars(extend("examples" = [20, "20s"]))]
    pub min: Option<Length>,
    /// The longest.
    #[schemars(extend("examples" = [45, "1m 30s"]))]
    pub max: Option<Length>,
}

/// The softest and the loudest, in LUFS.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LoudnessBoundsFile {
    /// The softest.
    #[schemars(range(min = -70, max = 0), extend("examples" = [-18]))]
    pub min: Option<f64>,
    /// The loudest.
    #[schemars(range(min = -70, max = 0), extend("examples" = [-10]))]
    pub max: Option<f64>,
}

/// What songs have unless they say otherwise.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DefaultsFile {
    /// A name under `lyrics:`.
    pub lyrics: Option<String>,
    /// A name under `references:` that yields a voice.
    pub voice: Option<String>,
    /// A name under `references:` that yields an instrumental.
    pub instrumental: Option<String>,
    /// A name under `audio:`, or the settings themselves.
    pub audio: Option<AudioChoice>,
    /// How many takes of each cell.
    #[schemars(range(min = 1, max = 100))]
    pub takes: Option<u32>,
    /// What a take must measure; one outside is kept, marked, and retaken as often as is said.
    pub accept: Option<AcceptFile>,
    /// Words to select by; a song's own tags replace them.
    pub tags: Option<Vec<String>>,
    /// A template for the names of files.
    pub name: Option<String>,
    /// Who renders.
    pub backend: Option<BackendKind>,
    /// What renders.
    pub model: Option<String>,
    /// Any text; changing it renders everything anew.
    pub salt: Option<Salt>,
}

/// How much at once, how fast, and for how much money.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimitsFile {
    /// Calls under way at once; 3 unless given.
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: Option<u32>,
    /// At most so many calls in any such stretch of time.
    #[schemars(extend("examples" = ["10/1m"]))]
    pub rate: Option<String>,
    /// How much may be spent.
    pub budget: Option<BudgetFile>,
}

/// How much may be spent, in US dollars.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetFile {
    /// In one run.
    pub run: Option<Amount>,
    /// In one day.
    pub day: Option<Amount>,
}

/// What the project says of those who render.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BackendsFile {
    /// AI/ML API.
    pub aimlapi: Option<PaidFile>,
    /// The local server. It costs nothing, so it has no prices.
    pub sandbox: Option<FreeFile>,
}

/// Limits, patience and prices of a backend that is paid.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PaidFile {
    /// Calls under way at once at this backend, within the limit of the run.
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: Option<u32>,
    /// At most so many calls in any such stretch of time at this backend.
    #[schemars(extend("examples" = ["10/1m"]))]
    pub rate: Option<String>,
    /// How long a whole render may take, from 10s to 1h; 5m unless given. Giving up early may lose what was paid for.
    #[schemars(extend("examples" = ["5m"]))]
    pub timeout: Option<String>,
    /// How long a lost call is looked up in the account's log before it is called unsure, up to 1h; 3m unless given.
    #[schemars(extend("examples" = ["3m", "0s"]))]
    pub patience: Option<String>,
    /// What a take costs in US dollars, by model: goes over the catalog's price.
    #[schemars(extend("examples" = [{ "music-01": 0.05 }]))]
    pub prices: Option<BTreeMap<String, Amount>>,
}

/// Limits and patience of a backend that is free.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FreeFile {
    /// Calls under way at once at this backend, within the limit of the run.
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: Option<u32>,
    /// At most so many calls in any such stretch of time at this backend.
    #[schemars(extend("examples" = ["10/1m"]))]
    pub rate: Option<String>,
    /// How long a whole render may take, from 10s to 1h; 5m unless given.
    #[schemars(extend("examples" = ["5m"]))]
    pub timeout: Option<String>,
    /// How long a lost call is looked up in the log before it is called unsure, up to 1h; 3m unless given.
    #[schemars(extend("examples" = ["3m", "0s"]))]
    pub patience: Option<String>,
}

/// What scratch takes are to be like. What is left out follows from the references.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WishesFile {
    /// Beats a minute. Over a track of the user's own it says which of its beats are counted.
    #[schemars(range(min = 40, max = 240), extend("examples" = [96, 92.5]))]
    pub bpm: Option<f64>,
    /// Tonic and mode: a note and `major` or `minor`.
    #[schemars(extend("examples" = ["D minor", "F# major"]))]
    pub key: Option<String>,
    /// A number that everything left to chance follows from, in place of the references.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), extend("examples" = [7]))]
    pub seed: Option<u64>,
}

/// Overrides: maps merge, lists and single values replace.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProfileFile {
    /// Who renders.
    pub backend: Option<BackendKind>,
    /// What renders.
    pub model: Option<String>,
    /// Values for templates.
    pub vars: Option<BTreeMap<String, Variable>>,
    /// Environment variables that templates may read.
    pub env: Option<Vec<String>>,
    /// Uploads.
    pub references: Option<BTreeMap<String, ReferenceOverride>>,
    /// Named audio settings.
    pub audio: Option<BTreeMap<String, AudioFile>>,
    /// Texts.
    pub lyrics: Option<BTreeMap<String, LyricsFile>>,
    /// Renders.
    pub songs: Option<BTreeMap<String, SongFile>>,
    /// What songs have unless they say otherwise.
    pub defaults: Option<DefaultsFile>,
    /// How much at once, how fast, and for how much money.
    pub limits: Option<LimitsFile>,
    /// What this project says of those who render.
    pub backends: Option<BackendsFile>,
    /// Where the budget's day begins.
    pub timezone: Option<String>,
    /// What scratch takes are to be like.
    pub sandbox: Option<WishesFile>,
}

/// A recurring run.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScheduleFile {
    /// Five fields: minute, hour, day of month, month, day of week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    #[schemars(extend("examples" = ["0 3 * * *", "@daily"]))]
    pub cron: String,
    /// An IANA time zone, or `UTC`; the pipeline's unless given.
    #[schemars(extend("examples" = ["Europe/Lisbon"]))]
    pub timezone: Option<String>,
    /// What to run; everything unless given.
    #[schemars(extend("examples" = ["tag:draft"]))]
    pub select: Option<Selection>,
    /// Which profile to run with.
    pub profile: Option<String>,
    /// What to do when the last one is still running; `skip` unless given.
    pub overlap: Option<OverlapWord>,
    /// How late a missed run may still start.
    #[schemars(extend("examples" = ["6h", "90m"]))]
    pub max_lateness: Option<String>,
    /// New takes each time; needs a budget.
    pub fresh: Option<bool>,
    /// How much each run may spend, in US dollars.
    pub budget: Option<Amount>,
    /// Stop after so many failed runs in a row, until `takesheet schedule resume`.
    #[schemars(range(min = 1))]
    pub stop_after: Option<u32>,
    /// What is told of each failed run: a URL that its JSON is posted to, or a command of the shell that gets it as input.
    #[schemars(extend("examples" = ["mail -s 'night run failed' ana@example.org", "https://example.org/hook"]))]
    pub on_failure: Option<String>,
    /// The same for the first run that succeeds after one that failed.
    #[schemars(extend("examples" = ["https://example.org/hook"]))]
    pub on_recovery: Option<String>,
}

/// A file that holds the rows of a matrix, in place of the rows.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RowsFile {
    /// A `.csv` file whose first line names the axes, or a `.json` file with a list of objects; relative to this file.
    #[schemars(extend("examples" = ["cities.csv"]))]
    pub file: String,
}
