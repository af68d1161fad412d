//! The engine's files that are checked, and what stands in for the others.

#[path = "../../crates/engine/src/run/batch.rs"]
pub(crate) mod batch;
#[path = "../../crates/engine/src/run/outcome.rs"]
pub(crate) mod outcome;
pub(crate) use crate::{slice, work};
#[path = "../../crates/engine/src/run/tasks.rs"]
pub(crate) mod tasks;
#[path = "../../crates/engine/src/run/workers.rs"]
pub(crate) mod workers;
