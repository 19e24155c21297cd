//! The names of all points, with what is on disk when one is passed. Knows nothing of how one dies.

/// Every point, in the order of a run, with what has just been done or is about to be.
pub const POINTS: &[(&str, &str)] = &[
    // The store is opened, or made.
    ("store.folder", "the store's folder is there, and nothing in it"),
    ("store.ignored", "the store's folder ignores itself"),
    ("store.connected", "the database's file is open; it may be empty"),
    ("schema.before", "the tables are about to be made"),
    ("schema.inside", "the tables are made, and the transaction is open"),
    ("schema.after", "the tables are there"),
    ("owner.made", "this process has a lock file, and not its lock"),
    ("owner.locked", "this process holds its lock"),
    ("owner.tidied", "a file of a dead process is removed"),
    ("adopt.before", "the cards of an output folder are about to be read"),
    (
        "adopt.audio",
        "the audio of a named take is in the store again, and the ledger does not know it",
    ),
    (
        "adopt.inside",
        "a named take is known again, and the transaction is open",
    ),
    ("adopt.after", "a named take is known again"),
    // A schedule is looked at, fired and ended.
    ("schedule.see.before", "a new or changed schedule is about to be noted"),
    (
        "schedule.see.inside",
        "a schedule is noted, and the transaction is open",
    ),
    ("schedule.see.after", "a schedule is noted"),
    (
        "schedule.decide.before",
        "what is fired or left out is about to be written down",
    ),
    (
        "schedule.decide.inside",
        "what is fired or left out is written down, and the transaction is open",
    ),
    (
        "schedule.decide.after",
        "what is fired is claimed, and nothing of it is begun",
    ),
    (
        "schedule.end.before",
        "an occasion is over, and about to be written down as such",
    ),
    (
        "schedule.end.inside",
        "an occasion is written down as over, and the transaction is open",
    ),
    ("schedule.end.after", "an occasion is written down as over"),
    (
        "schedule.resume.before",
        "the word that a stopped schedule goes on is about to be written down",
    ),
    (
        "schedule.resume.inside",
        "a stopped schedule goes on, and the transaction is open",
    ),
    ("schedule.resume.after", "a stopped schedule goes on"),
    // The run begins.
    ("run.planned", "the plan is made, and nothing is begun"),
    ("history.begin.before", "the run is about to be noted"),
    ("history.begin.inside", "the run is noted, and the transaction is open"),
    ("history.begin.after", "the run is noted"),
    ("history.append.before", "events are about to be noted"),
    ("history.append.inside", "events are noted, and the transaction is open"),
    ("history.append.after", "events are noted"),
    // A reference is sent.
    ("upload.before", "a reference is about to be sent"),
    ("upload.head", "the head of the answer to a reference has come"),
    (
        "upload.answered",
        "a reference was sent, and its ids are in memory only",
    ),
    ("ledger.upload.before", "ids are about to be written"),
    ("ledger.upload.inside", "ids are written, and the transaction is open"),
    ("ledger.upload.after", "ids are on disk"),
    // A take is claimed.
    ("blob.place", "the folder for the audio is about to get an empty file"),
    ("blob.made", "there is an empty file for the audio"),
    ("ledger.claim.before", "a key is about to be claimed"),
    ("ledger.claim.inside", "a key is claimed, and the transaction is open"),
    ("ledger.claim.after", "the claim is on disk, and nothing was sent"),
    // The call.
    ("call.before", "the paid request is about to be sent"),
    ("call.head", "the head of the answer has come"),
    ("call.piece", "a piece of the answer was taken in"),
    ("call.last-piece", "the last byte of the answer has come"),
    ("call.judged", "the answer is found to be whole"),
    (
        "ledger.submitted.before",
        "the answer is a link, which is in memory only",
    ),
    (
        "ledger.submitted.inside",
        "the link is written, and the transaction is open",
    ),
    ("ledger.submitted.after", "the link is on disk"),
    ("fetch.before", "a link is about to be asked for"),
    ("fetch.head", "the head of a link's answer has come"),
    ("fetch.piece", "a piece of what is behind a link was taken in"),
    ("fetch.last-piece", "the last byte of what is behind a link has come"),
    ("blob.write.before", "a piece of audio is about to be written"),
    ("blob.write.after", "a piece of audio is written, or waits in memory"),
    // The audio lands.
    (
        "ledger.land.before",
        "the audio is there but for its end, and the ledger does not know it",
    ),
    (
        "ledger.land.inside",
        "the ledger knows the audio, and the transaction is open",
    ),
    (
        "ledger.land.noted",
        "the ledger knows the audio, whose end is in memory only",
    ),
    (
        "blob.flushed",
        "the whole audio is in its file, under a name of its process",
    ),
    ("blob.protected", "that file is protected"),
    ("blob.synced", "that file is synced"),
    ("blob.folder", "the folder of the audio's last name is there"),
    (
        "ledger.land.after",
        "the audio has its last name, and the call is still `claimed`",
    ),
    ("ledger.received.before", "the call is about to be `received`"),
    (
        "ledger.received.inside",
        "the call is `received`, and the transaction is open",
    ),
    ("ledger.received.after", "the call is `received`"),
    ("take.heard", "the audio was decoded and is sound"),
    ("ledger.commit.before", "the take is about to be committed"),
    (
        "ledger.commit.inside",
        "the take is committed, and the transaction is open",
    ),
    ("ledger.commit.after", "the take is committed, and has no named file"),
    // Calls that bring nothing.
    ("ledger.release.before", "a claim is about to be given back"),
    (
        "ledger.release.inside",
        "a claim is given back, and the transaction is open",
    ),
    ("ledger.release.after", "a claim is given back"),
    ("ledger.fail.before", "a refused call is about to be written down"),
    (
        "ledger.fail.inside",
        "a refused call is written down, and the transaction is open",
    ),
    ("ledger.fail.after", "a refused call is written down"),
    ("ledger.unsure.before", "a call in doubt is about to be written down"),
    (
        "ledger.unsure.inside",
        "a call in doubt is written down, and the transaction is open",
    ),
    ("ledger.unsure.after", "a call in doubt is written down"),
    ("look-up.before", "a call in doubt is about to be looked up"),
    (
        "look-up.told",
        "the account's log told of a call in doubt, or nothing, and nothing is written down",
    ),
    ("ledger.charge.before", "what calls cost is about to be written down"),
    (
        "ledger.charge.inside",
        "what calls cost is written down, and the transaction is open",
    ),
    ("ledger.charge.after", "what calls cost is written down"),
    // What a dead process left.
    ("settle.before", "what dead processes left is about to be settled"),
    (
        "ledger.take-over.before",
        "audio or a link of a dead process is about to be taken over",
    ),
    (
        "ledger.take-over.inside",
        "audio or a link of a dead process is taken over, and the transaction is open",
    ),
    (
        "ledger.take-over.after",
        "audio or a link of a dead process is this process's own",
    ),
    (
        "ledger.found-out.before",
        "what the account's log tells of a dead process's call is about to be written down",
    ),
    (
        "ledger.found-out.inside",
        "what the account's log tells is written down, and the transaction is open",
    ),
    ("ledger.found-out.after", "what the account's log tells is written down"),
    (
        "settle.after",
        "what dead processes left is settled, and nothing is begun",
    ),
    (
        "ledger.orphan.taken",
        "audio of a process that died meanwhile is taken over, and the transaction is open",
    ),
    (
        "ledger.orphan.unsure",
        "a call of a process that died meanwhile is found to be unsure, and the transaction is open",
    ),
    ("ledger.resolve.before", "a person's word is about to be written down"),
    (
        "ledger.resolve.inside",
        "a person's word is written down, and the transaction is open",
    ),
    ("ledger.resolve.after", "a person's word is written down"),
    (
        "store.put-back",
        "a ledger that was deleted while in use is in its place again",
    ),
    // Takes that are given up.
    (
        "ledger.give-up.before",
        "the word that a lost take is bought again is about to be written down",
    ),
    (
        "ledger.give-up.inside",
        "a lost take is given up, and the transaction is open",
    ),
    ("ledger.give-up.after", "a lost take is given up"),
    ("ledger.collect.before", "a take is about to be deleted from the ledger"),
    (
        "ledger.collect.inside",
        "a take is deleted from the ledger, and the transaction is open",
    ),
    (
        "ledger.collect.after",
        "a take is deleted from the ledger, and its audio is there",
    ),
    ("blob.collected", "the audio of a deleted take is removed"),
    (
        "blob.salvaged",
        "audio of a dead process is set aside, because it is whole",
    ),
    // Files.
    ("file.temp.made", "a file beside its place is made, and empty"),
    ("file.temp.written", "a file beside its place is written"),
    ("file.temp.synced", "a file beside its place is synced"),
    ("file.rename.before", "a file is about to be renamed into its place"),
    ("file.renamed", "a file is in its place, and its folder is not synced"),
    ("file.folder-synced", "a file is in its place for good"),
    ("file.new", "a new file is in its place"),
    ("file.link.before", "a take is about to get its name by a hard link"),
    ("file.linked", "a take has its name by a hard link"),
    // The take gets its files.
    ("place.folder", "the folder of a take's files is there"),
    ("place.card", "a take's card is there"),
    ("place.lyrics", "a take's lyrics are there"),
    ("place.way", "what stood in a take's place is out of the way"),
    (
        "place.audio",
        "a take's audio has its name, and the store does not know it",
    ),
    ("place.noted", "a take's audio has its name, and the store knows it"),
    // The run ends.
    ("sheet.before", "the take sheet is about to be written"),
    (
        "sheet.written",
        "the take sheet is written, and the store does not know it",
    ),
    ("sheet.after", "the take sheet is written"),
    ("run.over", "everything is written, and the process has not ended"),
];
