//! Keeps the take sheet beside the pipeline in step with the plan: one row for each take that is on disk.
//!
//! What people wrote into it (ratings, choices, notes) is theirs and stays.
