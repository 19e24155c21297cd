use crate::studio::{GENERATE, Studio, faulty};
use takesheet::sandbox::FAULTS;

const PAIR: &str = "\
version: 1
name: pair
backend: aimlapi
backends: { aimlapi: { timeout: 10s, patience: 0s } }
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse:
    template: |
      One line and nothing more.
songs:
  hook: { lyrics: verse, instrumental: demo, audio: draft, takes: 2 }
limits: { concurrency: 1 }
";

#[test]
fn facts() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut list: Vec<String> = FAULTS.iter().map(|k| k.word.to_owned()).collect();
    list.extend(std::env::var("MORE").unwrap_or_default().split('|').filter(|t| !t.is_empty()).map(str::to_owned));
    for fault in list {
        if !fault.starts_with(&only) { continue }
        let faults: Vec<&str> = fault.split(' ').collect();
        let r = std::panic::catch_unwind(|| {
        let studio = Studio::with(faulty(&faults)).pipeline(PAIR);
        let t = std::time::Instant::now();
        let told = studio.command(&["run"]).output().unwrap();
        let first = (told.status.code(), studio.asked(GENERATE), studio.counts().charged, studio.takes().len(), t.elapsed().as_millis());
        let text = String::from_utf8_lossy(&told.stderr).into_owned();
        let told2 = studio.command(&["run"]).output().unwrap();
        let second = (told2.status.code(), studio.asked(GENERATE), studio.counts().charged, studio.takes().len());
        println!("=== {fault}: first {first:?} second {second:?} open {:?}", studio.ledger("open").len());
        for line in text.lines() { println!("    {line}"); }
        if second.0 != Some(0) { for line in String::from_utf8_lossy(&told2.stderr).lines() { println!("    2> {line}"); } }
        let told3 = studio.run(&["run"]);
        println!("    memory {:?}", told3.peak_memory.map(|p| p >> 20));
        });
        if r.is_err() { println!("=== {fault}: PANIC"); }
    }
}
