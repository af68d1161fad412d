//! The Node binding: the only crate that names napi.
