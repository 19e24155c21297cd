//! YAML text → a tree in which every key and value knows where it stands.
//!
//! A file counts only if two readers accept it and agree on every value: `saphyr-parser`, which tells places, and
//! `serde_yaml`, whose values the typed structs are made from. Everything is bounded before anything is built: size,
//! depth, and what aliases expand to, so no file can exhaust the stack or the memory.
//!
//! Knows nothing of pipelines: what keys there are comes from a type's JSON Schema ([`shape()`]), what they mean is for
//! others to say. Reads no files; bytes are handed in ([`decode()`]), texts live in [`Sources`](crate::base::span::Sources).

mod agree;
mod assemble;
pub mod codes;
mod complaints;
mod decode;
mod expand;
mod merge;
mod node;
mod offsets;
mod place;
mod quote;
mod read;
mod scalar;
mod shape;
mod syntax;
mod typed;

pub use decode::{decode, too_large};
pub use merge::merge;
pub use node::{Document, Entry, Node, Step, Value};
pub use read::read;
pub use shape::{schema, shape};
pub use typed::typed;

/// The largest YAML file that is read, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;
