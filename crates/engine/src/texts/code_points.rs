//! The first code points of a text, which is what limits count.

use crate::interrupt::{STRIDE_BYTES, check};

/// The first `count` code points of `text`.
pub(crate) fn first_code_points(text: &str, count: usize) -> &str {
    // A code point takes at least one byte, so most texts are short enough to need no counting.
    if text.len() <= count {
        return text;
    }
    let mut left = count;
    for (position, block) in text.as_bytes().chunks(64).enumerate() {
        let starts = block.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        if starts > left {
            // The cut lies in this block, before the code point with index `left`.
            let within = block.iter().enumerate().filter(|&(_, &byte)| byte & 0xc0 != 0x80).nth(left);
            return &text[..position * 64 + within.map_or(0, |(offset, _)| offset)];
        }
        left -= starts;
        if position * 64 % STRIDE_BYTES == STRIDE_BYTES - 64 {
            check();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::first_code_points;

    #[test]
    fn texts_are_cut_at_code_points_wherever_the_blocks_fall() {
        for text in ["", "a", "äöü", "日本語テキスト", "😀a😀", &"aé日😀".repeat(60), &"x".repeat(200)]
        {
            let total = text.chars().count();
            for count in 0..=total + 1 {
                let expected: String = text.chars().take(count).collect();
                assert_eq!(first_code_points(text, count), expected, "{count} of {total}");
            }
        }
    }
}
