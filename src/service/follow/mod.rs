//! Following the files that a plan was made of, for as long as a process lives.
//!
//! What is followed is what the planner read, with what it saw then: so a change between reading and following is found
//! like any other. Events say only that it is time to look; what counts is what a look shows. A file that was touched,
//! or saved as it was, has not changed; one that nobody read is not looked at at all. Knows nothing of pipelines, money
//! or what a change means to anybody.

mod change;
mod events;
mod followed;
mod follower;
mod ground;
mod sight;

pub use change::{Change, Changes, Kind};
pub use events::FollowError;
pub use followed::Followed;
pub use follower::{Follower, How};

