//! The first pipeline, as `takesheet init` writes it.

/// The schema its modeline names, relative to it; whoever writes the pipeline puts [`schema`](super::schema) there.
pub const SCAFFOLD_SCHEMA: &str = "pipeline.schema.json";

/// The upload the first pipeline names, relative to it; whoever writes the pipeline puts a sound there.
pub const SCAFFOLD_REFERENCE: &str = "references/hum.wav";

/// A commented pipeline of two texts and four takes that renders on the sandbox.
pub fn scaffold() -> &'static str {
    include_str!("scaffold.yaml")
}
