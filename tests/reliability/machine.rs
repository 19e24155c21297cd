//! What a long run was made on.

use std::{fs, thread};

/// One line: system, kernel, cores, processor.
pub(crate) fn described() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    let kernel = kernel.map_or_else(|_| String::new(), |text| format!(", kernel {}", text.trim()));
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let value = text.lines().find_map(|line| line.strip_prefix("model name"))?;
        Some(format!(" of {}", value.split_once(':')?.1.trim()))
    });
    format!("{os} {arch}{kernel}, {cores} cores{}", processor.unwrap_or_default())
}
