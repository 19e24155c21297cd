//! Long-lived work around the engine: finding the project, planning, conducting a run, signals.
//!
//! Knows nothing of arguments or terminals: it is handed an [`Environment`] and returns values.

mod aspect;
mod conductor;
mod credentials;
mod doctor;
mod earlier;
mod environment;
pub mod follow;
mod gather;
mod player;
mod preflight;
mod project;
mod promote;
mod proof;
mod sheet;
mod signals;
pub mod watch;

pub use aspect::Aspect;
pub use conductor::{ConductError, Conducted, RunOptions, conduct, paying_account};
pub use credentials::{Account, CredentialError, account};
pub use doctor::{DoctorOptions, doctor};
pub use earlier::{look_up, settle_earlier};
pub use environment::Environment;
pub use gather::{
    GatherError, Gathered, PlanOptions, Planned, StoreUse, gather, gather_through, plan, plan_through, project, resolved,
    with_dotenv,
};
pub use player::{NoPlayer, Player};
pub use preflight::preflight;
pub use project::{Project, find_pipeline, shown};
pub use promote::{Delivered, Delivery, Promotion, promote};
pub use proof::{Grounds, Proof};
pub use signals::stop_requests;
