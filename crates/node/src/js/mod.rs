//! Raw N-API calls with Rust types around them, for the functions that napi-derive can't express:
//! those that take any number of texts, and those that keep hold of JavaScript's memory.

pub(crate) mod callback;
mod exception;
pub(crate) mod memory;
pub(crate) mod value;

pub(crate) use callback::{Arguments, RawCallback, RawValue, callback, unwrap};
pub(crate) use value::{Js, into_object};
