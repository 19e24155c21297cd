//! What the planner promises, told on small pipelines.

mod cells;
mod graph;
mod keys;
mod names;
mod references;
mod selection;
mod texts;
mod verdicts;
mod yaml;
