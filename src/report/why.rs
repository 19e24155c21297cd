//! Everything about one take: what will happen to it, why, what its request is, and where its file is or goes.
//!
//! Knows nothing of how the plan was made.

use crate::{
    base::{digest::Digest, money::Price, words},
    pipeline::all_misses,
    plan::{Content, Draft, Node, NodeId, NodeWork, OutputName, Plan, Take, Upload},
    report::{
        heard,
        look::{Ink, Look},
        names,
        plan::{changes, price_source, reason, sign},
    },
};

/// What is wider than the labels.
const LABEL: usize = 12;

/// Columns of the waveform.
const WAVEFORM: usize = 48;

/// The story of one node. `folder` is where takes go, as the user would type it.
pub fn text(plan: &Plan, id: NodeId, folder: &str, look: &Look) -> String {
    let node = plan.node(id);
    let (_, ink) = sign(node.verdict);
    let mut lines = vec![format!(
        "{}  {} · {}",
        look.paint(Ink::Bold, &names::of(node)),
        look.paint(ink, node.verdict.word()),
        reason(&node.reason),
    )];
    if let crate::plan::Reason::Differs { changes: list } = &node.reason {
        lines.extend(changes(list, look, usize::MAX));
    }
    lines.push(String::new());
    let facts = match &node.work {
        NodeWork::Take(take) => take_facts(plan, node, take, folder),
        NodeWork::Upload(upload) => upload_facts(plan, upload),
    };
    let common = [
        ("asked for", node.location.to_string()),
        ("tags", node.tags.join(", ")),
        ("needs", needs(plan, node)),
        ("needed by", needed_by(plan, id)),
    ];
    for (label, value) in facts.into_iter().chain(common) {
        if !value.is_empty() {
            lines.push(fact(label, &value, look));
        }
    }
    if let NodeWork::Take(take) = &node.work
        && let Some(lyrics) = &take.draft.request.lyrics
    {
        lines.push(String::new());
        lines.extend(numbered(lyrics, look));
    }
    look.spell(&(lines.join("\n") + "\n")).into_owned()
}

fn fact(label: &str, value: &str, look: &Look) -> String {
    let label = format!("{label:>LABEL$}");
    format!("{}  {value}", look.paint(Ink::Cyan, &label))
}

fn take_facts(plan: &Plan, node: &Node, take: &Take, folder: &str) -> Vec<(&'static str, String)> {
    let request = &take.draft.request;
    let audio = request.audio;
    let key = take.key.map_or_else(
        || "not known before its references are".to_owned(),
        |key| key.to_string(),
    );
    let mut facts = vec![
        ("key", key),
        ("file", file(take, folder)),
        ("price", price(plan, node, take)),
        (
            "model",
            format!(
                "{} by {}, contract {}",
                request.model, request.backend, request.contract
            ),
        ),
        (
            "audio",
            format!(
                "{}, {} Hz, {} bit/s",
                audio.format.word(),
                audio.sample_rate,
                audio.bitrate
            ),
        ),
        ("take", request.take.to_string()),
        ("retake", retake(take)),
        ("salt", take.draft.request.of_first_try().salt),
        ("voice", reference(plan, &take.draft, take.draft.voice)),
        ("instrumental", reference(plan, &take.draft, take.draft.instrumental)),
    ];
    for one in &take.outside {
        let (name, misses) = (tried(one.number), all_misses(&one.misses));
        facts.push((
            "outside",
            format!("{name}, digest {}: {misses}", one.stored.digest.short()),
        ));
    }
    if let Some(twin) = take.twin {
        facts.push(("same as", names::of(plan.node(twin))));
    }
    if let Some(stored) = &take.stored {
        let sound = stored.sound;
        let (length, loudness) = (words::length(sound.seconds), heard::loudness(&sound));
        facts.push(("sound", format!("{length}, {loudness}, {}", words::size(stored.bytes))));
        facts.push(("waveform", heard::waveform(&stored.peaks.outline(WAVEFORM))));
        facts.extend(heard::details(&sound));
        facts.push(("rendered", stored.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()));
        let paid = stored.charged.map_or(stored.price, Price::Known);
        facts.push(("cost", paid.to_string()));
        facts.push(("digest", stored.digest.to_string()));
    }
    facts
}

/// Which retake it is, if it is one.
fn retake(take: &Take) -> String {
    match take.attempt {
        0 => String::new(),
        number => format!("{number} of at most {}", take.gates.retake.max(number)),
    }
}

/// Which of the tries.
fn tried(number: u32) -> String {
    match number {
        0 => "the first try".to_owned(),
        number => format!("retake {number}"),
    }
}

fn price(plan: &Plan, node: &Node, take: &Take) -> String {
    match (node.verdict.is_work(), take.twin) {
        (true, None) => format!("{}{}", node.price, price_source(plan.price_source(&take.draft.request))),
        (true, Some(_)) => node.price.to_string(),
        (false, _) => String::new(),
    }
}

fn file(take: &Take, folder: &str) -> String {
    let name = match take.key {
        Some(key) => take.output.with_key(key),
        None => take.output.pattern.replace(OutputName::KEY, "…"),
    };
    let goes = if take.stored.is_some() { "" } else { " (to be)" };
    format!("{}/{name}{goes}", folder.trim_end_matches('/'))
}

fn reference(plan: &Plan, draft: &Draft, upload: Option<NodeId>) -> String {
    debug_assert!(draft.request.voice.is_none() && draft.request.instrumental.is_none());
    let Some(id) = upload else { return String::new() };
    let node = plan.node(id);
    let NodeWork::Upload(upload) = &node.work else {
        return names::of(node);
    };
    format!("{}: {}", upload.name, content(plan, upload))
}

fn upload_facts(plan: &Plan, upload: &Upload) -> Vec<(&'static str, String)> {
    vec![
        ("content", content(plan, upload)),
        ("purpose", upload.purpose.word().to_owned()),
        ("to", upload.backend.to_string()),
    ]
}

fn content(plan: &Plan, upload: &Upload) -> String {
    let shown = |digest: &Digest| format!("digest {}", digest.short());
    match &upload.content {
        Content::File {
            shown: file, digest, ..
        } => format!("{file}, {}", shown(digest)),
        Content::Take { node, digest } => {
            let digest = digest.as_ref().map_or_else(|| "not rendered yet".to_owned(), shown);
            format!("{}, {digest}", names::of(plan.node(*node)))
        }
    }
}

fn needs(plan: &Plan, node: &Node) -> String {
    let one = |id: &NodeId| {
        let need = plan.node(*id);
        format!("{} ({})", names::of(need), need.verdict.word())
    };
    node.needs.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn needed_by(plan: &Plan, id: NodeId) -> String {
    const SHOWN: usize = 3;
    let all: Vec<String> = plan
        .nodes
        .iter()
        .filter(|node| node.needs.contains(&id))
        .map(names::of)
        .collect();
    match all.len().checked_sub(SHOWN + 1) {
        Some(rest) => format!("{} and {} more", all[..SHOWN].join(", "), rest + 1),
        None => all.join(", "),
    }
}

fn numbered<'a>(lyrics: &'a str, look: &'a Look) -> impl Iterator<Item = String> + 'a {
    (1..).zip(lyrics.lines()).map(|(number, line)| {
        let number = look.paint(Ink::Dim, &format!("{number:>LABEL$}"));
        format!("{number}  {line}").trim_end().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Change, Reason, Verdict},
        report::{
            layout,
            samples::{at, plan, take, take_name, upload},
        },
    };

    #[test]
    fn a_changed_take_shows_its_differences_its_request_and_where_it_goes() {
        let mut plan = plan();
        let vox = upload(&mut plan, "vox", 1);
        let changes = vec![Change {
            field: "lyrics line 2".into(),
            before: "夜の歌".into(),
            after: "bright and wide".into(),
        }];
        let name = take_name("hook", &[("city", "Lisbon")], 2);
        let id = take(
            &mut plan,
            name,
            Verdict::Changed,
            Reason::Differs { changes },
            Some(vox),
        );
        let key = Digest::of(b"songs.hook[city=Lisbon]#2");
        let voice = Digest::of(b"vox").short();
        let expected = format!(
            "\
songs.hook[city=Lisbon]#2  changed · lyrics line 2 differs
      lyrics line 2: \"夜の歌\" → \"bright and wide\"

         key  {key}
        file  takes/rainy-city/hook/t02_{}.mp3 (to be)
       price  $0.0315, AI/ML API documentation, 2025-01-15
       model  music-01 by aimlapi, contract 1
       audio  mp3, 44100 Hz, 256000 bit/s
        take  2
       voice  references.vox: refs/vox.mp3, digest {voice}
   asked for  pipelines/rainy.yaml:20:3
        tags  draft
       needs  references.vox (new)

           1  Lights of Lisbon
           2  bright and wide
",
            key.short()
        );
        let text = text(&plan, id, "takes/", &Look::PLAIN);
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| layout::width(line) <= 80));
    }

    #[test]
    fn a_cached_take_says_what_it_sounds_like_and_what_it_cost() {
        let mut plan = plan();
        let reason = Reason::Rendered {
            at: at("2026-03-01T10:00:00Z"),
        };
        let id = take(&mut plan, take_name("hook", &[], 1), Verdict::Cached, reason, None);
        let text = text(&plan, id, "takes", &Look::PLAIN);
        assert!(
            text.starts_with("songs.hook#1  cached · rendered 2026-03-01\n"),
            "{text}"
        );
        assert!(text.contains("       sound  0:58, -13.1 LUFS, 1.8 MB\n"), "{text}");
        assert!(text.contains("        cost  $0.0315\n"), "{text}");
        assert!(!text.contains("price") && !text.contains("to be"), "{text}");
    }

    #[test]
    fn what_waits_has_no_key_yet_and_an_upload_names_who_needs_it() {
        let mut plan = plan();
        let vox = upload(&mut plan, "vox", 5);
        for number in 1..=5 {
            let reason = Reason::WaitsFor {
                take: take_name("bed", &[], 1),
            };
            take(
                &mut plan,
                take_name("hook", &[], number),
                Verdict::Waits,
                reason,
                Some(vox),
            );
        }
        let waiting = text(&plan, NodeId(1), "takes", &Look::PLAIN);
        assert!(
            waiting.contains("         key  not known before its references are\n"),
            "{waiting}"
        );
        assert!(
            waiting.contains("        file  takes/rainy-city/hook/t01_….mp3 (to be)\n"),
            "{waiting}"
        );
        let upload = text(&plan, vox, "takes", &Look::PLAIN);
        assert!(
            upload.contains("   needed by  songs.hook#1, songs.hook#2, songs.hook#3 and 2 more\n"),
            "{upload}"
        );
    }
}
