//! What must hold after a death, read from both sides: the API's own books, and what lies in the user's folder.
//!
//! Knows nothing of who died where. Each `Err` says what is wrong in a sentence.

use crate::{
    project::{Project, Told},
    wrong::Wrong,
};
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use takesheet::{audio, base::digest::Digest, store::TakeSheet};

/// One row of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) take: String,
    pub(crate) request_id: String,
    state: String,
    /// It blocks its key.
    pub(crate) is_open: bool,
    /// A person decided on it.
    is_resolved: bool,
    /// Its take was given up by a person's word.
    pub(crate) is_given_up: bool,
    /// Its audio waits behind a link that is on disk.
    has_link: bool,
}

/// Every paid call the ledger knows of.
pub(crate) fn rows(project: &Project) -> Vec<Row> {
    try_rows(project).unwrap()
}

/// The same of a ledger that may have no tables yet.
fn try_rows(project: &Project) -> rusqlite::Result<Vec<Row>> {
    let path = project.path(".takesheet/takesheet.db");
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut statement = database.prepare(
        "SELECT key, take, request_id, state, open, coalesce(resolved, '') IN ('paid', 'not_paid', 'retake', 'collected'),
                    task IS NOT NULL, state = 'committed' AND coalesce(resolved, '') IN ('retake', 'collected')
             FROM claims ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Row {
            key: row.get(0)?,
            take: row.get(1)?,
            request_id: row.get(2)?,
            state: row.get(3)?,
            is_open: row.get(4)?,
            is_resolved: row.get(5)?,
            has_link: row.get(6)?,
            is_given_up: row.get(7)?,
        })
    })?;
    rows.collect()
}

/// The API's books from some moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    /// Charges before that.
    pub(crate) charges: usize,
    /// Purchases that are needed from then on.
    pub(crate) keys: usize,
}

/// The names of paid calls, as the API knows them.
pub(crate) fn charged(project: &Project, since: Since) -> Result<Vec<String>, String> {
    let sold = project.api.sold().into_iter().skip(since.charges);
    sold.map(|sold| {
        sold.client_request_id
            .ok_or_else(|| "a paid call has no name".to_owned())
    })
    .collect()
}

/// The paid calls whose audio is whole on this disk, wherever it lies, or waits behind a link that is on this disk: none
/// of them may be bought again.
pub(crate) fn arrived(project: &Project) -> BTreeSet<String> {
    let files = files(&project.path(".takesheet/blobs"));
    let here: BTreeSet<_> = files.iter().map(|path| Digest::of(&fs::read(path).unwrap())).collect();
    let sold = project.api.sold().into_iter();
    let rows = try_rows(project).unwrap_or_default().into_iter();
    sold.filter(|sold| here.contains(&sold.audio))
        .filter_map(|sold| sold.client_request_id)
        .chain(rows.filter(|row| row.has_link).map(|row| row.request_id))
        .collect()
}

/// No key is paid for twice unless a person said so; each charge stands in the ledger; what arrived is a take.
pub(crate) fn check_charges(project: &Project, since: Since, arrived: &BTreeSet<String>) -> Result<(), Wrong> {
    let rows = rows(project);
    let charged = charged(project, since)?;
    let mut paid: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for name in &charged {
        let row = rows.iter().find(|row| row.request_id == *name);
        let row = row.ok_or_else(|| format!("the ledger knows nothing of the paid call {name}"))?;
        paid.entry(&row.key).or_default().push(row);
    }
    for (key, calls) in paid {
        let decided = calls.iter().filter(|row| row.is_resolved).count();
        if calls.len() > decided + 1 {
            let why = format!("{key} was paid for {} times: {calls:?}", calls.len());
            return Err(Wrong::double(why));
        }
    }
    for name in arrived {
        let row = rows.iter().find(|row| row.request_id == *name);
        // What was bought before the ledger was lost is not in it.
        if row.is_some_and(|row| row.state != "committed") {
            let why = format!("the audio of {name} came whole and is no take: {row:?}");
            return Err(Wrong::lost(why));
        }
    }
    let mut committed: Vec<_> = rows
        .iter()
        .filter(|row| row.state == "committed" && !row.is_given_up)
        .map(|row| &row.key)
        .collect();
    let count = committed.len();
    committed.sort();
    committed.dedup();
    if committed.len() == count {
        Ok(())
    } else {
        Err(Wrong::double(format!("a key was committed twice: {rows:?}")))
    }
}

/// A command that settles a take, as it was printed.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    pub(crate) take: String,
    pub(crate) words: Vec<&'static str>,
}

/// Every `takesheet resolve [-C FOLDER] TAKE --a | --b` in what was said.
pub(crate) fn printed(told: &Told) -> Vec<Printed> {
    let lines = told
        .stderr
        .lines()
        .filter_map(|line| line.split_once("takesheet resolve "));
    let commands = lines.filter_map(|(_, rest)| {
        // The folder may come first.
        let take = rest.split_once('\'')?.1.split_once('\'')?.0;
        let known = ["--paid", "--not-paid", "--retake"].into_iter();
        Some(Printed {
            take: take.to_owned(),
            words: known
                .filter(|word| rest.split_whitespace().any(|given| given == *word))
                .collect(),
        })
    });
    commands.collect()
}

/// Everything is there: each take once, sound and as recorded; a take sheet; nothing left over; no secret.
pub(crate) fn check_folder(project: &Project, told: &Told) -> Result<(), String> {
    let names: BTreeSet<_> = project
        .scenario
        .takes
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut found = BTreeSet::new();
    for path in files(&project.path("takes")) {
        if path.extension().is_some_and(|extension| extension == "json") {
            found.insert(check_take(&path)?);
        }
    }
    if found != names {
        return Err(format!("the takes are {found:?}"));
    }
    let sheet = TakeSheet::read(&project.path("takesheet.takes.yaml")).map_err(|error| error.to_string())?;
    let listed: BTreeSet<_> = sheet.rows().iter().map(|row| row.take.clone()).collect();
    if listed != names || sheet.rows().len() < names.len() {
        return Err(format!("the take sheet lists {listed:?}"));
    }
    let rows = rows(project);
    if let Some(row) = rows.iter().find(|row| row.is_open) {
        return Err(format!("a call is still open: {row:?}"));
    }
    let own = project.path(".takesheet");
    for path in files(project.path("").as_path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_left = name.ends_with("-tmp")
            || path.extension().is_some_and(|extension| extension == "tmp")
            || path.starts_with(own.join("blobs/tmp"))
            || path.starts_with(own.join("owners"));
        if is_left {
            return Err(format!("LEFT OVER: {}", path.display()));
        }
        let bytes = fs::read(&path).unwrap();
        if memchr::memmem::find(&bytes, crate::api::KEY.as_bytes()).is_some() {
            return Err(format!("the key stands in {}", path.display()));
        }
    }
    if fs::read(own.join(".gitignore")).unwrap() != b"*\n" {
        return Err("the store is not ignored by git".to_owned());
    }
    let history = project.run(&["runs", "list"]);
    if history.code != Some(0) || history.stdout.lines().any(|line| line.ends_with("running")) {
        return Err(format!("the history is wrong\n{history}"));
    }
    if told.stdout.contains(crate::api::KEY) || told.stderr.contains(crate::api::KEY) {
        return Err("the key was said".to_owned());
    }
    Ok(())
}

/// A take's files agree with each other; gives its name.
fn check_take(card: &Path) -> Result<String, String> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(card).unwrap())
        .map_err(|error| format!("{} is torn: {error}", card.display()))?;
    let word = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let path = card.with_extension(word("format"));
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if Digest::of(&bytes).hex() != word("digest") {
        return Err(format!("{} is not what was recorded", path.display()));
    }
    audio::probe(&bytes).map_err(|error| format!("{} does not decode: {error}", path.display()))?;
    let lyrics = card.with_extension("lyrics.txt");
    if !lyrics.is_file() {
        return Err(format!("{} is missing", lyrics.display()));
    }
    Ok(word("take"))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
