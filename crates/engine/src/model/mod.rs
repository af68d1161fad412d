//! A loaded model. `static_model.rs` is the type; each other file adds one ability to it, or
//! holds a part of it.

mod chunks;
mod config;
mod encode;
mod head;
mod ids;
pub(crate) mod layout;
mod load;
mod options;
mod row_head;
mod rows;
mod save;
mod scratch;
mod static_model;
mod text_stats;

pub use options::{EncodeOptions, LoadOptions};
pub use save::SaveError;
pub use scratch::Scratch;
pub use static_model::StaticModel;
pub use text_stats::TextStats;
