//! `takesheet` runs AI-music pipelines that are written down, and never pays twice for a take.
//!
//! The modules stand on floors; a module imports only from floors below its own, and `tests/floors.rs` proves it:
//!
//! ```text
//! YAML text → document → pipeline → plan → engine → event → RunState → report · ui
//! ```
//!
//! Nothing flows back: what is shown is a fold over the events, live or from the store.

pub mod audio;
pub mod backend;
pub mod band;
pub mod base;
pub mod catalog;
pub mod cli;
pub mod document;
pub mod engine;
pub mod event;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod sandbox;
pub mod service;
pub mod store;
pub mod template;
pub mod ui;
