//! Rows as text: JSON numbers, and base64.

mod base64;
mod half_decimals;
mod json;

pub use base64::{base64_length, write_base64};
pub use json::{json_row_bound, write_json_row, write_json_rows};
