//! What an event weighs before anything is looked at.

use super::desk::Desk;
use crate::service::follow::{
    How,
    ground::{Ground, Weight},
};
use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, MetadataKind, ModifyKind, RenameMode},
};
use std::{fs, path::PathBuf};

const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

struct Weighing {
    desk: Desk,
    root: PathBuf,
}

impl Weighing {
    fn new() -> Self {
        let desk = Desk::new(How::Events);
        let root = fs::canonicalize(desk.path("songs")).unwrap();
        Self { desk, root }
    }

    fn weigh(&self, kind: EventKind, name: &str) -> Weight {
        let event = Event::new(kind).add_path(self.root.join(name));
        Ground::of(&self.desk.planned()).weigh(&event)
    }
}

#[test]
fn own_outputs_and_strangers_weigh_nothing() {
    let weighing = Weighing::new();
    for name in [
        "takes",
        "takes/hook-1.mp3",
        ".takesheet",
        ".takesheet/store.db",
        "song.yaml~",
        "4913",
    ] {
        for kind in [WRITTEN, EventKind::Create(CreateKind::Any)] {
            assert_eq!(weighing.weigh(kind, name), Weight::None, "{name}");
        }
    }
    assert_eq!(weighing.weigh(WRITTEN, "song.yaml"), Weight::Stirs);
    assert_eq!(weighing.weigh(WRITTEN, "rows.csv"), Weight::Stirs);
    assert_eq!(weighing.weigh(WRITTEN, "partials/new.hbs"), Weight::Stirs);
    assert_eq!(weighing.weigh(WRITTEN, "partials/new.txt"), Weight::None);
}

#[test]
fn reading_weighs_nothing_and_closing_after_a_write_does() {
    let weighing = Weighing::new();
    let access = |kind| weighing.weigh(EventKind::Access(kind), "song.yaml");
    assert_eq!(access(AccessKind::Open(AccessMode::Any)), Weight::None);
    assert_eq!(access(AccessKind::Close(AccessMode::Read)), Weight::None);
    assert_eq!(access(AccessKind::Close(AccessMode::Write)), Weight::Stirs);
}

#[test]
fn whatever_leads_to_a_file_shakes_the_ground() {
    let weighing = Weighing::new();
    let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    for name in ["", "verses", "later", "partials"] {
        assert_eq!(weighing.weigh(renamed, name), Weight::Shakes, "{name}");
    }
    let mode = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
    assert_eq!(weighing.weigh(mode, "verses"), Weight::Shakes);
    // Some systems say so of a folder whenever something in it is written.
    assert_eq!(
        weighing.weigh(EventKind::Modify(ModifyKind::Any), "verses"),
        Weight::None
    );
}

#[test]
fn lost_events_shake_the_ground() {
    let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
    assert_eq!(Ground::default().weigh(&lost), Weight::Shakes);
}

#[test]
fn only_folders_are_watched_and_only_near_ones() {
    let weighing = Weighing::new();
    let ground = Ground::of(&weighing.desk.planned());
    assert!(ground.folders.keys().all(|folder| folder.is_dir()));
    let above = weighing.root.parent().unwrap();
    let inside = |folder: &PathBuf| folder.starts_with(above);
    assert!(ground.folders.keys().all(inside), "{:?}", ground.folders);
    assert!(ground.folders.contains_key(above));
    assert!(!ground.folders.contains_key(&weighing.root.join("takes")));
}
