//! Rows as JSON Lines, off the event loop: on Node's thread pool, which an ending environment waits
//! for. The memory is the caller's, who uses it again for other lines: new pages would take as long
//! as the digits.

use model2vec_engine::{LineHeads, Member, Rows, Utf8Values, VectorText, lines_bound, write_lines};
use napi::bindgen_prelude::{AsyncTask, BigInt64Array, Buffer, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{Thrown, catch_panic};
use crate::js::Js;
use crate::options::dtype_of;

/// What comes before the vectors: see [`LineHeads`].
#[napi(object, object_to_js = false)]
pub struct NativeLineHeads {
    /// What each line begins with.
    pub opening: String,
    /// The members before the vector.
    pub members: Vec<NativeMember>,
    /// The vector's key and its colon.
    pub end: String,
}

/// A member of each line's object.
#[napi(object, object_to_js = false)]
pub struct NativeMember {
    /// The key and its colon; not there = the values are text that is written as it is.
    pub key: Option<String>,
    /// The values, of integers.
    pub integers: Option<BigInt64Array>,
    /// The bytes of all values, of strings and text.
    pub bytes: Option<Buffer>,
    /// Where each value begins, and where the last ends.
    pub offsets: Option<Uint32Array>,
    /// How many bytes before the next one each value ends.
    pub gap: u32,
}

impl NativeMember {
    fn member(&self) -> Option<Member<'_>> {
        if let (Some(key), Some(integers)) = (&self.key, &self.integers) {
            return Some(Member::Integers(key, integers));
        }
        let values = Utf8Values::new(self.bytes.as_ref()?, self.offsets.as_ref()?, self.gap)?;
        Some(self.key.as_ref().map_or(Member::Text(values), |key| Member::Strings(key, values)))
    }
}

/// Lines that are being written.
pub struct LinesTask {
    vectors: Buffer,
    dtype: f64,
    dim: u32,
    heads: NativeLineHeads,
    text: VectorText,
    out: Buffer,
}

impl Task for LinesTask {
    type Output = Result<f64, Thrown>;
    type JsValue = f64;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch_panic("writing lines", || self.write()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|thrown| Js(env.raw()).rejection(thrown))
    }
}

impl LinesTask {
    /// How many bytes the lines take. Where `out` has not the room that they might take, nothing is
    /// written, and it is minus that room.
    fn write(&mut self) -> Result<f64, Thrown> {
        let wrong = || Thrown::internal("internal error: the heads are not those of the rows");
        let rows = Rows::new(&self.vectors, dtype_of(self.dtype)?, self.dim as usize).ok_or_else(wrong)?;
        let members: Option<Vec<_>> = self.heads.members.iter().map(NativeMember::member).collect();
        let members = members.ok_or_else(wrong)?;
        let heads =
            LineHeads { opening: self.heads.opening.as_bytes(), members: &members, end: self.heads.end.as_bytes() };
        if !heads.are_of(rows.len()) {
            return Err(wrong());
        }
        let bound = lines_bound(rows, heads, self.text);
        if bound > self.out.len() {
            return Ok(-(bound as f64));
        }
        Ok(write_lines(&mut self.out, rows, heads, self.text) as f64)
    }
}

/// Writes a JSON line for each row of `vectors` to the start of `out`. How many bytes they take;
/// where `out` might be too small, minus the room that is needed, and nothing is written.
///
/// Until the promise settles, all this memory must neither be changed nor detached: the caller has
/// it for itself.
#[napi(ts_return_type = "Promise<number>")]
pub fn write_row_lines(
    vectors: Buffer,
    dtype: f64,
    dim: u32,
    heads: NativeLineHeads,
    is_base64: bool,
    out: Buffer,
) -> AsyncTask<LinesTask> {
    let text = if is_base64 { VectorText::Base64 } else { VectorText::Json };
    AsyncTask::new(LinesTask { vectors, dtype, dim, heads, text, out })
}
