//! The pages of a Parquet column, off the event loop: on Node's thread pool, which an ending
//! environment waits for.

use model2vec_engine::{Column, ColumnPages, PageTooLarge, PhysicalType, ValueRun, write_pages};
use napi::bindgen_prelude::{AsyncTask, Buffer, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;
use snap::raw::Encoder;

use crate::error::{Thrown, catch_panic};
use crate::js::Js;

/// The values of consecutive rows: see [`ValueRun`].
#[napi(object, object_to_js = false)]
pub struct NativeValueRun {
    /// The bytes of all values.
    pub bytes: Buffer,
    /// Of strings, where each value begins, and where the last ends.
    pub offsets: Option<Uint32Array>,
    /// Of strings, how many bytes before the next one each value ends.
    pub gap: u32,
    /// Of all other values, how many bytes each has.
    pub width: u32,
    /// For each row 1 where it is null.
    pub nulls: Option<Buffer>,
}

impl NativeValueRun {
    fn run(&self) -> Option<ValueRun<'_>> {
        let nulls = self.nulls.as_deref();
        match &self.offsets {
            Some(offsets) => ValueRun::strings(&self.bytes, offsets, self.gap, nulls),
            None => ValueRun::fixed(&self.bytes, self.width as usize, nulls),
        }
    }
}

/// Pages: see [`ColumnPages`].
#[napi(object, object_from_js = false)]
pub struct NativePages {
    /// As they are in the file.
    pub bytes: Buffer,
    /// Their bytes before they were packed.
    pub unpacked: f64,
    /// The bytes of the dictionary's page, which comes first; 0 = there is none.
    pub dictionary: f64,
}

/// Pages that are being written.
pub struct PagesTask {
    physical: PhysicalType,
    is_optional: bool,
    runs: Vec<NativeValueRun>,
}

impl Task for PagesTask {
    type Output = Result<ColumnPages, Thrown>;
    type JsValue = NativePages;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch_panic("writing a column", || self.write()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        let ColumnPages { bytes, unpacked, dictionary } = output.map_err(|thrown| Js(env.raw()).rejection(thrown))?;
        Ok(NativePages { bytes: bytes.into(), unpacked: unpacked as f64, dictionary: dictionary as f64 })
    }
}

impl PagesTask {
    fn write(&self) -> Result<ColumnPages, Thrown> {
        let runs: Option<Vec<_>> = self.runs.iter().map(NativeValueRun::run).collect();
        let runs = runs.ok_or_else(|| Thrown::internal("internal error: the values are not those of the rows"))?;
        let column = Column { physical: self.physical, is_optional: self.is_optional, runs: &runs };
        write_pages(column, |bytes| Encoder::new().compress_vec(bytes).expect("a page has less than 4 GiB"))
            .map_err(|PageTooLarge| Thrown::Coded("ERR_OUT_OF_MEMORY", "a value has more than 2 GiB".to_owned()))
    }
}

/// The pages of a column, packed by Snappy. `physical` is `bytes`, `number` or `boolean`.
///
/// Until the promise settles, the memory of the runs must neither be changed nor detached.
#[napi(ts_return_type = "Promise<NativePages>")]
pub fn write_parquet_pages(physical: String, is_optional: bool, runs: Vec<NativeValueRun>) -> AsyncTask<PagesTask> {
    let physical = match physical.as_str() {
        "boolean" => PhysicalType::Boolean,
        "number" => PhysicalType::Number,
        _ => PhysicalType::ByteArray,
    };
    AsyncTask::new(PagesTask { physical, is_optional, runs })
}
