//! What threads meet at. In this crate it is the standard library's; `model-check/` compiles
//! `shared.rs` with a scheduler's, which tries every order of steps.

pub(crate) use std::sync::Mutex;
