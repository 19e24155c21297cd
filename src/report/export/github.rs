//! A workflow of GitHub, whose clock is UTC and whose machines remember nothing.

use super::{Exported, ExportedFile, Here, MARK, calendar, said};
use std::fmt::Write;

/// GitHub starts no workflow more often than every five minutes.
const OFTEN: &str = "*/5";

pub(super) fn file(one: &Exported, unit: &str, here: &Here) -> ExportedFile {
    let mut text = format!(
        "# {MARK} github`: wakes up at each moment in UTC that may be one of these; the program knows which is.\n"
    );
    for schedule in &one.schedules {
        let _ = writeln!(text, "#   {}", said(schedule));
    }
    let _ = write!(
        text,
        "name: {}\n\non:\n  schedule:\n",
        quoted(&format!("takesheet {}", one.name))
    );
    for line in calendar::utc(&one.schedules, here.now) {
        let line = line
            .strip_prefix("* ")
            .map_or(line.clone(), |rest| format!("{OFTEN} {rest}"));
        let _ = writeln!(text, "    - cron: '{line}'");
    }
    text += "  workflow_dispatch:\n\npermissions:\n  contents: read\n";
    text += "\n# One at a time: what is paid for is never cancelled.\nconcurrency:\n";
    let _ = write!(text, "  group: {unit}\n  cancel-in-progress: false\n\n");
    text += &job(one, unit);
    ExportedFile {
        name: format!("{unit}.yml"),
        text,
    }
}

fn job(one: &Exported, unit: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let pipeline = quoted(&one.file_in_repository);
    format!(
        "jobs:
  render:
    # Not in forks: they have no key, and no business to spend.
    if: ${{{{ !github.event.repository.fork }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 350
    steps:
      - uses: actions/checkout@v4
      - name: Install takesheet
        run: cargo install --locked takesheet --version {version}
      # .takesheet is the memory: what is paid for, and which moments were dealt with. If this cache is lost, takes may be
      # paid for twice. GitHub deletes it a week after its last use, and when the repository's caches outgrow 10 GB.
      - name: Remember what is paid for
        uses: actions/cache/restore@v4
        with:
          path: .takesheet
          key: {unit}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: {unit}-
      - name: Render what is due
        env:
          AIML_API_KEY: ${{{{ secrets.AIML_API_KEY }}}}
          PIPELINE: {pipeline}
        # GitHub is often late; without a memory, what was due within the last six hours is due.
        run: takesheet schedule run --once --since 6h -q \"$PIPELINE\"
      - name: Keep what is paid for
        if: always()
        uses: actions/cache/save@v4
        with:
          path: .takesheet
          key: {unit}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - name: Hand out the takes
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: takes-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          path: |
            takes
            **/*.takes.yaml
          if-no-files-found: ignore
"
    )
}

/// A text of YAML in which GitHub evaluates nothing.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace("${{", "${{ ''${{'' }}"))
}
