//! Small calls: up to 256 texts, at once and on the calling thread, with nothing allocated.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use model2vec_engine::{EncodeOptions, Scratch, StaticModel, Texts, fault};
use napi::sys;

use crate::js::{Arguments, Js, Thrown, callback, unwrap};
use crate::model::NativeModel;
use crate::options::encode_options;
use crate::texts;

/// Buffers of one model handle, used from call to call.
pub(crate) struct FewBuffers {
    pub(crate) texts: Texts,
    pub(crate) scratch: Scratch,
}

/// `encodeFew.call(model, out, tokens, firstRow, maxLength, normalize, dimensionality, dtype, ...texts)`: the number of truncated
/// texts.
pub(crate) unsafe extern "C" fn encode_few(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| js.number(run(js, arguments)? as f64))
}

fn run(js: Js, arguments: &Arguments) -> Result<usize, Thrown> {
    let ([out, tokens, first_row, options @ ..], values) = arguments.split::<7>();
    let model = unwrap::<NativeModel>(js, arguments.this, "NativeModel")?;
    let first_row = js.get_number(first_row, "firstRow")? as usize;
    let shared = model.model()?;
    let options = encode_options(js, &shared, options)?;
    let mut buffers = model.few_buffers(&shared);
    buffers.texts.clear();
    texts::read(js, values, shared.unit_limit(options.max_length), &mut buffers.texts)?;

    // Only now: reading a string can't run user code, but everything before this call could.
    let row_bytes = shared.row_bytes(options);
    let memory = js.rows_array(out, options.dtype)?;
    let end = first_row.saturating_add(values.len()).saturating_mul(row_bytes);
    if memory.length < end {
        return Err(too_small(end, memory.length));
    }
    // SAFETY: the typed array has `length >= end` bytes at `start`, and nothing runs JavaScript until this function is done. On a
    // SharedArrayBuffer other threads may write at the same time: that garbles the numbers, no more, as in every such write.
    let rows =
        unsafe { std::slice::from_raw_parts_mut(memory.start.add(first_row * row_bytes), values.len() * row_bytes) };
    let mut counts = [0_u32; 256];
    let truncated = guarded(&shared, options, &mut buffers, rows, &mut counts)?;
    if !js.is_nullish(tokens) {
        let memory = js.uint32_array(tokens)?;
        if memory.length < first_row + values.len() {
            return Err(too_small((first_row + values.len()) * 4, memory.length * 4));
        }
        // SAFETY: as for `rows`; `counts` has at least as many values as there are texts.
        unsafe { std::ptr::copy_nonoverlapping(counts.as_ptr(), memory.start.add(first_row), values.len()) };
    }
    Ok(truncated)
}

fn guarded(
    model: &StaticModel,
    options: EncodeOptions,
    buffers: &mut FewBuffers,
    rows: &mut [u8],
    counts: &mut [u32; 256],
) -> Result<usize, Thrown> {
    let FewBuffers { texts, scratch } = buffers;
    // A panic leaves no broken state: the scratch is replaced, the model is immutable.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        fault::panic_where_injected();
        let (mut truncated, mut left) = (0, counts.iter_mut());
        model.encode_rows(texts, options, scratch, rows, false, |stats| {
            if let Some(count) = left.next() {
                *count = stats.pooled;
            }
            truncated += usize::from(stats.truncated);
            ControlFlow::Continue(())
        })?;
        Ok(truncated)
    }));
    match outcome {
        Ok(Ok(truncated)) => Ok(truncated),
        Ok(Err((index, error))) => {
            Err(Thrown::Coded("ERR_BAD_TOKENIZER", format!("text {index} could not be tokenized: {error}")))
        }
        Err(_) => {
            buffers.scratch = model.take_scratch();
            Err(Thrown::internal("internal error: the engine panicked"))
        }
    }
}

/// The error for an array with room for `found` bytes of the `expected`.
pub(crate) fn too_small(expected: usize, found: usize) -> Thrown {
    Thrown::Coded(
        "ERR_OUT_TOO_SMALL",
        format!("expected `out` to have at least {expected} bytes, found {found} (0 also when it is detached)"),
    )
}
