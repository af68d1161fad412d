//! The numbers and names that both sides of the binding must agree on.
//!
//! JavaScript has copies of those that every inline call needs (src/native/interface.ts), and of
//! the layouts, which it needs without native code; test/native-constants.test.ts compares them
//! with these.

use std::collections::HashMap;

use model2vec_engine::{HEAD_FILE, LAYOUTS, LEGACY_HEAD_FILE, MAX_ITERATIONS};
use napi_derive::napi;

use crate::job::Mode;
use crate::js::callback::MAX_TEXTS;
use crate::model::HEAD_OUTPUTS;
use crate::options::{DTYPES, METRICS, NO_LIMIT};

/// See [`constants`].
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct NativeConstants {
    /// The most texts of one call.
    pub max_texts: u32,
    /// The `maxLength` that means "no limit".
    pub no_limit: i32,
    /// The modes of a job by name.
    pub job_modes: HashMap<&'static str, u32>,
    /// The element types of rows by name.
    pub dtypes: HashMap<&'static str, u32>,
    /// The metrics of a search by name.
    pub metrics: HashMap<&'static str, u32>,
    /// What rows through a head are, by name.
    pub head_outputs: HashMap<&'static str, u32>,
    /// The files of a head: the one that is loaded, and that of older pipelines.
    pub head_files: Vec<&'static str>,
    /// The most iterations of a vocabulary quantization.
    pub max_iterations: u32,
    /// The ways to lay out a model's files, in the order in which they are looked for.
    pub layouts: Vec<NativeLayout>,
}

/// The files of one layout, relative to the model's directory.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct NativeLayout {
    /// The configuration, the tokenizer, the embedding table.
    pub files: Vec<&'static str>,
    /// The name of the tensor in the file of the table.
    pub tensor: &'static str,
}

/// The numbers and names that both sides must agree on.
#[napi(catch_unwind)]
pub fn constants() -> NativeConstants {
    let numbered = |names: &mut dyn Iterator<Item = &'static str>| names.zip(0..).collect();
    let layouts = LAYOUTS.iter().map(|layout| NativeLayout {
        files: vec![layout.config, layout.tokenizer, layout.table],
        tensor: layout.tensor,
    });
    NativeConstants {
        max_texts: MAX_TEXTS as u32,
        no_limit: NO_LIMIT,
        job_modes: numbered(&mut Mode::NAMED.iter().map(|&(name, _)| name)),
        dtypes: numbered(&mut DTYPES.iter().map(|&(name, _)| name)),
        metrics: numbered(&mut METRICS.iter().map(|&(name, _)| name)),
        head_outputs: numbered(&mut HEAD_OUTPUTS.iter().map(|&(name, _)| name)),
        head_files: vec![HEAD_FILE, LEGACY_HEAD_FILE],
        max_iterations: MAX_ITERATIONS,
        layouts: layouts.collect(),
    }
}
