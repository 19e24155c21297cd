//! A user agent of macOS, which knows the machine's zone only.

use super::{Exported, ExportedFile, Here, MARK, calendar, said};
use std::fmt::Write;

pub(super) fn file(one: &Exported, unit: &str, here: &Here) -> ExportedFile {
    let label = xml(unit);
    let due: Vec<String> = one.schedules.iter().map(said).collect();
    // Two hyphens would end a comment.
    let due = xml(&due.join("; ")).replace("--", "- -");
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {MARK} launchd`: wakes up whenever something may be due; the program knows what is.
     {due}
     The key: a line AIML_API_KEY=... in a .env at the root of the project, which only you may read. -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{label}</string>
	<key>ProgramArguments</key>
	<array>
"#
    );
    for word in [&here.program, "schedule", "run", "--once", "-q", &one.file] {
        let _ = writeln!(text, "\t\t<string>{}</string>", xml(word));
    }
    let _ = write!(
        text,
        "\t</array>\n\t<key>WorkingDirectory</key>\n\t<string>{}</string>\n",
        xml(&one.root)
    );
    text += &times(&calendar::minutes(&one.schedules));
    text += "\t<key>RunAtLoad</key>\n\t<false/>\n\t<key>ProcessType</key>\n\t<string>Background</string>\n";
    let _ = write!(
        text,
        "\t<key>ExitTimeOut</key>\n\t<integer>{}</integer>\n",
        one.landing.as_secs()
    );
    if let Some(home) = &here.home {
        let log = xml(&format!("{}/Library/Logs/{unit}.log", home.trim_end_matches('/')));
        for stream in ["StandardOutPath", "StandardErrorPath"] {
            let _ = write!(text, "\t<key>{stream}</key>\n\t<string>{log}</string>\n");
        }
    }
    text += "</dict>\n</plist>\n";
    ExportedFile {
        name: format!("{unit}.plist"),
        text,
    }
}

fn times(minutes: &[u16]) -> String {
    if minutes.len() == 60 {
        return "\t<key>StartInterval</key>\n\t<integer>60</integer>\n".to_owned();
    }
    let mut text = "\t<key>StartCalendarInterval</key>\n\t<array>\n".to_owned();
    for minute in minutes {
        let _ = writeln!(
            text,
            "\t\t<dict>\n\t\t\t<key>Minute</key>\n\t\t\t<integer>{minute}</integer>\n\t\t</dict>"
        );
    }
    text + "\t</array>\n"
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
