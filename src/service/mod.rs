//! Long-lived work around the engine: finding the project, planning, conducting a run, signals.
//!
//! Knows nothing of arguments or terminals: it is handed an [`Environment`] and returns values.

mod agenda;
mod aspect;
mod check;
mod conductor;
mod credentials;
mod doctor;
mod earlier;
mod environment;
mod export;
pub mod follow;
mod gather;
mod hooks;
mod lock;
mod player;
mod preflight;
mod project;
mod promote;
mod proof;
pub mod schedule;
mod sheet;
mod signals;
pub mod watch;

pub use agenda::{Entry, agenda, project_of, resume, schedules_of, schedules_through};
pub use aspect::Aspect;
pub use check::check;
pub use conductor::{ConductError, Conducted, RunOptions, conduct, paying_account};
pub use credentials::{Account, CredentialError, account};
pub use doctor::{DoctorOptions, doctor};
pub use earlier::{look_up, settle_earlier};
pub use environment::Environment;
pub use export::exported;
pub use gather::{
    GatherError, Gathered, PlanOptions, Planned, StoreUse, gather, gather_through, plan, plan_through, project,
    resolved, with_dotenv,
};
pub use hooks::{HOOK_TIME, tell};
pub use player::{NoPlayer, Player};
pub use preflight::preflight;
pub use project::{Project, find_pipeline, shown};
pub use promote::{Delivered, Delivery, Promotion, promote};
pub use proof::{Grounds, Proof};
pub use signals::stop_requests;
