//! Following real files in a real folder. Nothing here says how soon a change is told, only that it is.

#![expect(clippy::disallowed_methods, reason = "what a person does to files is done here")]

mod desk;
mod planning;
mod saves;
mod stress;
mod weight;
