//! Runs the pool, the batches and the tasks of the engine, and the values that threads share, as
//! they are, in every order of the steps of their threads: the scheduler (shuttle) decides at each
//! lock and each wait which thread goes on. A small case has all its orders tried, a larger one many
//! random ones. The scheduler reports a deadlock or a failed assertion together with the order that
//! led there.
//!
//! The work on a slice and the load of a value are replaced (`work.rs`, `slice.rs`, `checks.rs`),
//! and what threads meet at (`sync.rs`).

#![allow(irrefutable_let_patterns, reason = "the engine's inputs have two kinds, those of these checks one")]
#![allow(dead_code, reason = "the engine's files have more than is checked here")]

mod checks;
#[path = "../../crates/engine/src/error.rs"]
mod error;
#[path = "../../crates/engine/src/interrupt.rs"]
mod interrupt;
mod run;
#[path = "../../crates/node/src/shared.rs"]
mod shared;
mod slice;
mod sync;
#[path = "../../crates/engine/src/threads.rs"]
mod threads;
mod work;

mod model {
    pub(crate) use crate::run::work::StaticModel;
}

fn main() {
    let most = std::env::args().nth(1).and_then(|most| most.parse().ok()).unwrap_or(20_000);
    checks::run(most);
}
