//! Rows as text: JSON numbers, base64, and lines of both.

mod base64;
mod half_decimals;
mod json;
mod lines;

pub use base64::write_base64;
pub use json::{json_row_bound, write_json_row, write_json_rows};
pub use lines::{LineHeads, Member, Utf8Values, VectorText, lines_bound, write_lines};
