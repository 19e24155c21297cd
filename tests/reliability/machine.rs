//! What a long run was made on, as far as it tells of speed: nothing of it names the machine or its system's build.

use std::{fs, thread};

/// One line: system, architecture, cores, processor.
pub(crate) fn described() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let value = text.lines().find_map(|line| line.strip_prefix("model name"))?;
        processor(value.split_once(':')?.1)
    });
    let of = processor.map_or_else(String::new, |name| format!(" of {name}"));
    format!("{os} {arch}, {cores} cores{of}")
}

/// Words that tell of whoever hosts a virtual machine, and not of its processor.
const OF_HOSTS: &[&str] = &["qemu", "kvm", "virtual", "cloud", "vcpu", "hypervisor"];

/// The name of a processor's model; nothing if it names the host as well.
fn processor(model: &str) -> Option<String> {
    let name = model.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = name.to_lowercase();
    let is_plain = !name.is_empty() && !OF_HOSTS.iter().any(|word| lower.contains(word));
    is_plain.then_some(name)
}

#[test]
fn a_processor_is_named_and_its_host_is_not() {
    assert_eq!(
        processor(" AMD EPYC  7763 64-Core Processor "),
        Some("AMD EPYC 7763 64-Core Processor".to_owned())
    );
    for model in ["", "QEMU Virtual CPU version 2.5+", "Common KVM processor"] {
        assert_eq!(processor(model), None, "{model}");
    }
}
