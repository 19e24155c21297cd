//! `takesheet init`: a first pipeline with comments, and a reference it can use.

use crate::{
    audio, band,
    base::audio_settings::{AudioSettings, Format},
    cli::{args::InitArgs, context::Context, exit::Exit, failure},
    pipeline,
    service::shown,
    store::{StoreError, fs},
    ui::Terminal,
};

/// The file's name, found without being named.
const PIPELINE: &str = "takesheet.yaml";

/// Writes what is not there yet; what is there stays as it is.
pub(super) fn init(context: &Context, terminal: &mut Terminal, args: &InitArgs) -> Exit {
    write(context, terminal, args).unwrap_or_else(|error| failure::store(terminal, &error))
}

fn write(context: &Context, terminal: &mut Terminal, args: &InitArgs) -> Result<Exit, StoreError> {
    let folder = context.environment.folder.join(&args.folder);
    let samples = band::reference(band::Reference::Voice, 1);
    let settings = AudioSettings { format: Format::Wav, sample_rate: samples.sample_rate, bitrate: 0 };
    let schema = serde_json::to_string_pretty(&pipeline::schema()).expect("a schema is JSON");
    let files = [
        (PIPELINE, pipeline::scaffold().as_bytes().to_vec()),
        (pipeline::SCAFFOLD_REFERENCE, audio::encode(&samples, settings)),
        (pipeline::SCAFFOLD_SCHEMA, format!("{schema}\n").into_bytes()),
    ];
    let mut wrote_pipeline = false;
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let wrote = fs::write_new(&path, &bytes)?;
        wrote_pipeline |= wrote && name == PIPELINE;
        let verb = if wrote { "wrote" } else { "kept" };
        if !context.global.quiet {
            terminal.say(&format!("{verb:>8} {}\n", shown(&path, &context.environment.folder)));
        }
    }
    if context.global.quiet {
        return Ok(Exit::Done);
    }
    if !wrote_pipeline {
        terminal.say("There is a pipeline already; nothing of it was changed.\n");
    }
    terminal.say("Next: `takesheet plan` says what it would do, `takesheet run` renders it (free, on the sandbox).\n");
    Ok(Exit::Done)
}
