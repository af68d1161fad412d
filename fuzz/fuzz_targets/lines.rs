//! Compares the texts and ids of any JSON Lines, and the texts of plain lines, with those that serde_json
//! and the standard library find. The first byte says which fields are read, and the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model2vec_engine::{Ids, LineColumns, LineFormat, LineLimits, Texts, Utf8Column, read_lines};
use serde_json::Value;

/// Of texts and ids: a name, and paths with the same start.
const FIELDS: [(&str, &str); 4] = [("text", "id"), ("a.b", "a.c"), ("a.b.c", "a"), ("", "text")];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let (field, id) = FIELDS[usize::from(choice & 3)];
    let is_plain = choice & 4 != 0;
    let format = if is_plain { LineFormat::Plain } else { LineFormat::Json(field.to_owned()) };
    let id_field = (!is_plain && choice & 8 != 0).then(|| id.to_owned());
    let text_units = (choice & 16 != 0).then_some(usize::from(choice >> 5));
    let limits = LineLimits { lines: usize::MAX, units: usize::MAX, text_units };
    let mut texts = Texts::default();
    let mut columns = LineColumns::default();
    columns.texts = Some(Utf8Column::default());
    columns.id_field = id_field;
    let read = read_lines(bytes, &format, limits, &mut texts, &mut columns);

    let lines: Vec<&[u8]> = bytes[..read.bytes].split_inclusive(|&byte| byte == b'\n').collect();
    assert_eq!((lines.len(), texts.len()), (read.lines, read.lines));
    let whole = columns.texts.as_ref().unwrap();
    let mut units = 0;
    for (index, line) in lines.iter().enumerate() {
        let line = str::from_utf8(line.strip_suffix(b"\n").expect("a line ends")).expect("it is UTF-8");
        let found = string(whole, index);
        let cut = text_units.unwrap_or(usize::MAX);
        if is_plain {
            assert_eq!(found, line.strip_suffix('\r').unwrap_or(line));
        } else {
            // JavaScript's strings may have half a pair of surrogates, serde's may not.
            let Some(value) = value_of(line) else { continue };
            assert_eq!(Some(found), at(&value, field).and_then(Value::as_str), "{line:?}");
            if columns.id_field.is_some() {
                let expected = at(&value, id);
                match columns.ids.as_ref().expect("there are ids") {
                    Ids::Strings(ids) => {
                        assert_eq!(Some(string(ids, index)), expected.and_then(Value::as_str), "{line:?}")
                    }
                    Ids::Integers(ids) => assert_eq!(Some(ids[index]), expected.and_then(Value::as_i64), "{line:?}"),
                }
            }
        }
        let expected: Vec<u16> = found.encode_utf16().collect();
        units += expected.len();
        assert_eq!(texts.units(index), &expected[..expected.len().min(cut)], "{line:?}");
    }
    if lines.iter().all(|line| is_plain || str::from_utf8(line).is_ok_and(|line| value_of(line).is_some())) {
        assert_eq!(read.units, units);
    }
});

fn string(column: &Utf8Column, index: usize) -> &str {
    let range = column.offsets[index] as usize..column.offsets[index + 1] as usize;
    str::from_utf8(&column.bytes[range]).expect("a column is UTF-8")
}

/// `None` for what JavaScript reads and serde_json refuses: the escape of a lone surrogate, and a number that
/// is larger than any float.
///
/// # Panics
/// When the line is no JSON.
fn value_of(line: &str) -> Option<Value> {
    match serde_json::from_str(line) {
        Ok(value) => Some(value),
        Err(error) => {
            let reason = error.to_string();
            let is_wider = ["surrogate", "hex escape", "out of range"].iter().any(|known| reason.contains(known));
            assert!(is_wider, "a line that was read is no JSON: {reason}: {line:?}");
            None
        }
    }
}

/// What is at a path: an exact name first, then the shortest name before a dot.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    if let Some(found) = object.get(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| at(object.get(&path[..dot])?, &path[dot + 1..]))
}
