//! What the system tells of the program while it runs: its arguments, as anybody's `ps` shows them, and its memory.
//!
//! Only Linux tells, in `/proc`; elsewhere nothing is seen.

use std::fs;

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// The arguments, each ended by NUL; empty if they could not be seen.
    pub(crate) arguments: Vec<u8>,
    /// The most memory at a time, in bytes.
    pub(crate) peak_memory: Option<u64>,
}

impl Watched {
    /// Looks once more. A program that has ended shows nothing, which changes nothing.
    pub(crate) fn look(&mut self, process: u32) {
        if let Ok(arguments) = fs::read(format!("/proc/{process}/cmdline"))
            && !arguments.is_empty()
        {
            self.arguments = arguments;
        }
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        // Between fork and exec it is the test itself that is measured.
        let is_itself = self
            .arguments
            .split(|byte| *byte == 0)
            .next()
            .is_some_and(|name| name.ends_with(b"takesheet"));
        if let Some(kilobytes) = kilobytes.filter(|_| is_itself) {
            self.peak_memory = Some(kilobytes * 1024);
        }
    }
}
