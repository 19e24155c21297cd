//! `takesheet schedule export`: files that have the machine's own clock run what is due.

use crate::{
    cli::{
        args::{ExportTarget, ScheduleExportArgs},
        context::Context,
        exit::Exit,
        failure,
    },
    report::export::{self, Exported, ExportedFile, Here, MARK, Target},
    service::{self, shown},
    store::{StoreError, fs},
    ui::Terminal,
};
use std::path::Path;

/// Prints the files, or writes them.
pub(super) fn export(context: &Context, terminal: &mut Terminal, args: &ScheduleExportArgs) -> Exit {
    let (pipelines, here) = match gather(context, terminal, args) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let target = match args.target {
        ExportTarget::Systemd => Target::Systemd,
        ExportTarget::Cron => Target::Cron,
        ExportTarget::Launchd => Target::Launchd,
        ExportTarget::Github => Target::Github,
    };
    let files = export::export(target, &pipelines, &here);
    match &args.to {
        Some(folder) => {
            let written = write(context, terminal, &files, &context.environment.folder.join(folder));
            if let Err(exit) = written {
                return exit;
            }
        }
        None => print(terminal, &files),
    }
    if !context.global.quiet {
        let folder = args.to.as_ref().map(|folder| folder.to_string_lossy());
        terminal.say(&export::next_steps(target, &files, folder.as_deref()));
    }
    Exit::Done
}

fn gather(
    context: &Context,
    terminal: &mut Terminal,
    args: &ScheduleExportArgs,
) -> Result<(Vec<Exported>, Here), Exit> {
    let mut pipelines = Vec::new();
    for file in context.pipelines(&args.pipelines, terminal)? {
        match service::exported(&file, &context.environment) {
            Ok(one) if one.schedules.is_empty() => {
                terminal.say(&format!("error: {} has no schedules\n", file.display()));
                terminal.say("help: write them under `schedules:`; docs/schedules.md tells how\n");
                return Err(Exit::NothingSelected);
            }
            Ok(one) => pipelines.push(one),
            Err(error) => return Err(failure::gather(context, terminal, &error)),
        }
    }
    let program = std::env::current_exe().map_err(|error| {
        terminal.say(&format!("error: this program cannot find out where it lies: {error}\n"));
        Exit::Machine
    })?;
    let here = Here {
        program: program.to_string_lossy().into_owned(),
        home: context.environment.get("HOME").map(str::to_owned),
        now: context.clock.now(),
    };
    if let Some(path) = odd_path(&pipelines, &here) {
        terminal.say(&format!(
            "error: the path {path:?} cannot be written into such a file\n"
        ));
        terminal.say("help: it has characters that are no text; give it another name\n");
        return Err(Exit::Usage);
    }
    Ok((pipelines, here))
}

/// A path that these files cannot hold: they are lines of text.
fn odd_path<'a>(pipelines: &'a [Exported], here: &'a Here) -> Option<&'a String> {
    let paths = pipelines.iter().flat_map(|one| [&one.file, &one.root]);
    let odd = |letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER;
    paths.chain([&here.program]).find(|path| path.chars().any(odd))
}

/// One file as it is; several with their names between them.
fn print(terminal: &mut Terminal, files: &[ExportedFile]) {
    for file in files {
        let name = match (files, file.name.rsplit_once('.')) {
            ([_], _) => String::new(),
            (_, Some((_, "plist"))) => format!("<!-- {} -->\n", file.name),
            _ => format!("# {}\n", file.name),
        };
        terminal.data(&format!("{name}{}", file.text));
    }
}

/// Writes all of them or none.
fn write(context: &Context, terminal: &mut Terminal, files: &[ExportedFile], folder: &Path) -> Result<(), Exit> {
    let failed = |terminal: &mut Terminal, error: &StoreError| Err(failure::store(terminal, error));
    for file in files {
        match fs::read_text(&folder.join(&file.name)) {
            Ok(Some(text)) if !text.contains(MARK) => {
                terminal.say(&format!(
                    "error: {} is there, and was not exported\n",
                    folder.join(&file.name).display()
                ));
                terminal.say("help: name another folder, or move it away\n");
                return Err(Exit::Usage);
            }
            Ok(_) => {}
            Err(error) => return failed(terminal, &error),
        }
    }
    for file in files {
        let path = folder.join(&file.name);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write_changed(&path, file.text.as_bytes()));
        let wrote = match written {
            Ok(wrote) => wrote,
            Err(error) => return failed(terminal, &error),
        };
        if !context.global.quiet {
            let verb = if wrote { "wrote" } else { "kept" };
            terminal.say(&format!("{verb:>8} {}\n", shown(&path, &context.environment.folder)));
        }
    }
    Ok(())
}
