//! A loaded model: table, tokenizer and kernels behind one type.

pub(crate) mod config;
pub(crate) mod layout;
pub(crate) mod output;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::LoadError;
use crate::dtype::Dtype;
use crate::files::source_file::SourceFile;
use crate::isa::Isa;
use crate::model::config::ModelConfig;
use crate::model::layout::ModelFiles;
use crate::pooling::kernel::{Converters, Kernels};
use crate::pooling::pool::{self, PoolScratch};
use crate::table::cluster::Watch;
use crate::table::{EmbeddingTable, MemoryMode, Reduction};
use crate::texts::Texts;
use crate::texts::utf16::Utf8Buffer;
use crate::tokenizer::{EncodeError, Tokenizer, TokenizerScratch};

/// What changes the table that is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LoadOptions {
    /// A folder inside the model's directory that holds the model's files.
    pub subfolder: Option<String>,
    /// How the table's bytes are held.
    pub memory: MemoryMode,
    /// What is made of the table.
    pub reduction: Reduction,
    /// How many clusters the rows become first: work of seconds to minutes.
    pub vocabulary_quantization: Option<usize>,
}

/// What changes one call's vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// The most token ids of a text, the unknown one included; `None` = all.
    pub max_length: Option<usize>,
    /// Whether vectors are scaled to length 1.
    pub normalize: bool,
    /// How many elements of a vector, the first ones, are computed, from 1 to the table's; `None` = all. They are scaled after
    /// that, as a model that Python loads with this `dimensionality` does.
    pub dimensionality: Option<usize>,
    /// The element type of rows; vectors of this crate are float32.
    pub dtype: Dtype,
}

/// What one text came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStats {
    /// How many token ids were pooled: those within the limit, less the unknown ones.
    pub pooled: u32,
    /// Whether the text was cut: it had more code points than the limit reads, or more ids than the limit keeps.
    pub truncated: bool,
}

/// The largest buffer that is kept for the next text.
const KEPT_BYTES: usize = 8 << 20;

/// How many times the size of its file a tokenizer takes in memory: 2.4 to 5 times with the test models.
const TOKENIZER_FACTOR: usize = 3;

/// Buffers that one thread reuses from text to text. Belongs to the model that made it.
#[derive(Debug)]
pub struct Scratch {
    /// The ids of the texts at work, one after the other.
    pub(crate) ids: Vec<u32>,
    /// Where the ids of each of these texts end.
    pub(crate) ends: Vec<usize>,
    /// What the texts came to whose ids were found last.
    pub(crate) stats: Vec<TextStats>,
    tokenizer: TokenizerScratch,
    pub(crate) pool: PoolScratch,
    utf8: Utf8Buffer,
    /// A text's vector, on its way to another element type.
    pub(crate) vector: Vec<f32>,
}

impl Scratch {
    /// How many bytes it takes, but for small buffers that grow with the text at work.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tokenizer.bytes() + self.utf8.capacity() + self.ids.capacity() * size_of::<u32>()
    }
}

/// The files of a loaded model.
#[derive(Debug)]
pub(crate) struct LoadedFiles {
    pub(crate) config: SourceFile,
    pub(crate) tokenizer: SourceFile,
    pub(crate) table: PathBuf,
}

/// A model that was loaded from a directory. Immutable: threads share it.
#[derive(Debug)]
pub struct StaticModel {
    path: PathBuf,
    files: LoadedFiles,
    config: ModelConfig,
    table: EmbeddingTable,
    tokenizer: Tokenizer,
    unknown_id: Option<u32>,
    median_token_length: usize,
    kernels: Kernels,
    converters: Converters,
    /// Buffers that no thread uses just now.
    scratches: Mutex<Vec<Scratch>>,
}

impl StaticModel {
    /// Loads the model in `directory`.
    ///
    /// # Errors
    /// A [`LoadError`] for everything that such a directory can have wrong.
    pub fn load(directory: &Path, options: &LoadOptions) -> Result<Self, LoadError> {
        Self::load_watched(directory, options, &Watch::default())
    }

    /// [`load`](Self::load), in which another thread sees how far a vocabulary quantization is, and which it can cancel.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`LoadError::Cancelled`].
    pub fn load_watched(directory: &Path, options: &LoadOptions, watch: &Watch) -> Result<Self, LoadError> {
        let files = ModelFiles::find(directory, options.subfolder.as_deref())?;
        let loaded = LoadedFiles {
            config: SourceFile::new(files.config.clone()),
            tokenizer: SourceFile::new(files.tokenizer.clone()),
            table: files.table.clone(),
        };
        let config = ModelConfig::read(&files.config)?;
        let tokenizer = Tokenizer::read(&files.tokenizer)?;
        // Rows that are to be clustered are read once, in single precision: a copy would be a second one.
        let (memory, reduction) = match options.vocabulary_quantization {
            None => (options.memory, options.reduction),
            Some(_) => (MemoryMode::Map, Reduction::default()),
        };
        let mut table = EmbeddingTable::read(&files.table, files.tensor, memory, reduction)?;
        let mismatch = |reason| LoadError::ShapeMismatch { path: files.table.clone(), reason };
        if table.mapping().is_none() && table.rows() != tokenizer.token_count() {
            return Err(mismatch(format!(
                "expected one row a token (there is no `mapping`), found {} rows and {} tokens",
                table.rows(),
                tokenizer.token_count()
            )));
        }
        if tokenizer.id_bound() > table.id_count() {
            return Err(mismatch(format!(
                "expected table, `mapping` and `weights` to serve the token ids below {}, found only {} ids served",
                tokenizer.id_bound(),
                table.id_count()
            )));
        }
        if let Some(clusters) = options.vocabulary_quantization {
            table = table.quantize_vocabulary(&files.table, clusters, options.reduction, watch)?;
        }
        let kernels = Kernels::of(Isa::detect());
        Ok(Self {
            path: directory.to_path_buf(),
            files: loaded,
            config,
            unknown_id: tokenizer.unknown_id(),
            median_token_length: tokenizer.median_token_length(),
            table,
            tokenizer,
            converters: Converters::like(&kernels),
            kernels,
            scratches: Mutex::new(Vec::new()),
        })
    }

    /// The directory that the model was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that the model was loaded from.
    pub(crate) fn files(&self) -> &LoadedFiles {
        &self.files
    }

    /// The elements of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.table.dim()
    }

    /// The embedding table.
    #[must_use]
    pub fn table(&self) -> &EmbeddingTable {
        &self.table
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The table's element type, as Python's `embedding_dtype` names it.
    #[must_use]
    pub fn table_dtype(&self) -> &'static str {
        self.table.element_type().name()
    }

    /// The instruction set of the pooling kernels.
    #[must_use]
    pub fn kernel(&self) -> &'static str {
        self.kernels.isa().name()
    }

    /// What the model's configuration says where a call says nothing.
    #[must_use]
    pub fn defaults(&self) -> EncodeOptions {
        EncodeOptions {
            max_length: self.config.max_length,
            normalize: self.config.normalize,
            dimensionality: None,
            dtype: Dtype::Float32,
        }
    }

    /// How many elements of a vector are computed under these options.
    #[must_use]
    pub fn columns(&self, options: EncodeOptions) -> usize {
        options.dimensionality.unwrap_or(self.dim())
    }

    pub(crate) fn converters(&self) -> &Converters {
        &self.converters
    }

    /// The most UTF-16 units of a text that can matter under a limit of `max_length` ids; `None` = all.
    #[must_use]
    pub fn unit_limit(&self, max_length: Option<usize>) -> Option<usize> {
        // Two units a code point, and two more: whoever reads this much sees that there was more.
        max_length.map(|ids| ids.saturating_mul(self.median_token_length).saturating_mul(2).saturating_add(2))
    }

    /// From this many UTF-16 units on a part is long: it takes its thread some 15 milliseconds and more, for which other calls do not wait.
    pub(crate) fn long_units(&self) -> usize {
        if self.tokenizer.is_native() { 1 << 20 } else { 1 << 14 }
    }

    /// About how many bytes of memory the model holds: the table, unless it is mapped, the tokenizer, and the buffers that no thread uses
    /// just now. The tokenizer counts by its file.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let scratches = self.scratches.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let buffers: usize = scratches.iter().map(Scratch::bytes).sum();
        self.table.memory_bytes() + TOKENIZER_FACTOR * self.files.tokenizer.size() as usize + buffers
    }

    /// Takes buffers for one thread: those of an earlier taker, or new ones.
    #[must_use]
    pub fn take_scratch(&self) -> Scratch {
        let kept = self.scratches.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Scratch {
            ids: Vec::new(),
            ends: Vec::new(),
            stats: Vec::new(),
            tokenizer: self.tokenizer.scratch(),
            pool: PoolScratch::default(),
            utf8: Utf8Buffer::default(),
            vector: Vec::new(),
        })
    }

    /// Gives buffers back for the next taker. Those that one huge text made large are freed.
    pub fn put_scratch(&self, scratch: Scratch) {
        if scratch.utf8.capacity() > KEPT_BYTES || scratch.ids.capacity() * size_of::<u32>() > KEPT_BYTES {
            return;
        }
        self.scratches.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(scratch);
    }

    /// Writes the vector of `text` into `vector`, which has [`columns`](Self::columns) elements.
    ///
    /// # Errors
    /// When the tokenizer file has no answer for this text.
    pub fn encode(
        &self,
        text: &str,
        options: EncodeOptions,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<TextStats, EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids(text, options.max_length, &mut scratch.tokenizer, &mut scratch.ids)?;
        self.pool_ids(&scratch.ids, options, &mut scratch.pool, vector);
        Ok(stats)
    }

    /// [`encode`](Self::encode) of a text in UTF-16; a lone surrogate is U+FFFD.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_utf16(
        &self,
        units: &[u16],
        options: EncodeOptions,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<TextStats, EncodeError> {
        scratch.ids.clear();
        let stats = self.read_ids(units, options.max_length, scratch)?;
        self.pool_ids(&scratch.ids, options, &mut scratch.pool, vector);
        Ok(stats)
    }

    /// Appends the ids of text number `from`, and of others behind it where that is faster, to `scratch.ids`, the end of each to
    /// `scratch.ends`, and puts what each came to into `scratch.stats`.
    ///
    /// # Errors
    /// When the tokenizer file has no answer for text `from`.
    pub(crate) fn read_some(
        &self,
        texts: &Texts,
        from: usize,
        max_length: Option<usize>,
        scratch: &mut Scratch,
    ) -> Result<(), EncodeError> {
        let limit = max_length.unwrap_or(usize::MAX);
        // No more code points than units: a text that is so short is not cut.
        let most_units = limit.saturating_mul(self.median_token_length);
        let Scratch { ids, ends, stats, tokenizer, .. } = &mut *scratch;
        stats.clear();
        let together = self.tokenizer.encode_together(texts, from, most_units, tokenizer);
        if together.ends.is_empty() {
            let alone = self.read_ids(texts.units(from), max_length, scratch)?;
            scratch.ends.push(scratch.ids.len());
            scratch.stats.push(alone);
            return Ok(());
        }
        let dropped = self.unknown_id.filter(|unknown| has(together.ids, *unknown));
        let mut start = 0;
        for &end in together.ends {
            let found = &together.ids[start..end as usize];
            start = end as usize;
            let (before, kept) = (ids.len(), &found[..found.len().min(limit)]);
            match dropped {
                None => ids.extend_from_slice(kept),
                Some(unknown) => ids.extend(kept.iter().filter(|id| **id != unknown)),
            }
            ends.push(ids.len());
            stats.push(TextStats { pooled: (ids.len() - before) as u32, truncated: kept.len() < found.len() });
        }
        Ok(())
    }

    /// Appends the ids of a text in UTF-16 to `scratch.ids`.
    pub(crate) fn read_ids(
        &self,
        units: &[u16],
        max_length: Option<usize>,
        scratch: &mut Scratch,
    ) -> Result<TextStats, EncodeError> {
        let Scratch { utf8, tokenizer, ids, .. } = scratch;
        self.append_ids(utf8.transcode(units), max_length, tokenizer, ids)
    }

    /// Asks for the table's rows of `ids`.
    pub(crate) fn prefetch(&self, ids: &[u32], options: EncodeOptions, scratch: &mut PoolScratch) {
        pool::prefetch(&self.table, ids, self.columns(options), &mut scratch.rows);
    }

    /// Writes the vector of `ids` into `vector`, which has [`columns`](Self::columns) elements.
    pub(crate) fn pool_ids(&self, ids: &[u32], options: EncodeOptions, scratch: &mut PoolScratch, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.columns(options), "a vector has as many elements as the options say");
        pool::pool(&self.table, &self.kernels, ids, options.normalize, scratch, vector);
    }

    /// The token ids of `text` that [`encode`](Self::encode) pools.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn token_ids<'a>(
        &self,
        text: &str,
        max_length: Option<usize>,
        scratch: &'a mut Scratch,
    ) -> Result<(&'a [u32], TextStats), EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids(text, max_length, &mut scratch.tokenizer, &mut scratch.ids)?;
        Ok((&scratch.ids, stats))
    }

    /// [`token_ids`](Self::token_ids) of a text in UTF-16; a lone surrogate is U+FFFD.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn token_ids_utf16<'a>(
        &self,
        units: &[u16],
        max_length: Option<usize>,
        scratch: &'a mut Scratch,
    ) -> Result<(&'a [u32], TextStats), EncodeError> {
        scratch.ids.clear();
        let stats = self.read_ids(units, max_length, scratch)?;
        Ok((&scratch.ids, stats))
    }

    /// The token ids that [`encode`](Self::encode) pools of each of the texts, and what each came to, some texts at a time, to `each`,
    /// until it breaks.
    ///
    /// # Errors
    /// The first text, by its index, that the tokenizer file has no answer for.
    pub fn token_ids_of(
        &self,
        texts: &Texts,
        max_length: Option<usize>,
        scratch: &mut Scratch,
        mut each: impl FnMut(&[u32], &[TextStats]) -> ControlFlow<()>,
    ) -> Result<(), (usize, EncodeError)> {
        let mut index = 0;
        while index < texts.len() {
            scratch.ids.clear();
            scratch.ends.clear();
            self.read_some(texts, index, max_length, scratch).map_err(|error| (index, error))?;
            index += scratch.stats.len();
            if each(&scratch.ids, &scratch.stats).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Writes the row of one token id, with its weight, into `vector`, as Python's `encode_as_sequence` gives it.
    ///
    /// # Panics
    /// When `id` is not below the table's `id_count()`, or `vector` has not [`columns`](Self::columns) elements.
    pub fn row(&self, id: u32, options: EncodeOptions, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.columns(options), "a vector has as many elements as the options say");
        pool::gather(&self.table, &self.kernels, id, options.normalize, vector);
    }

    /// The rules of model2vec 0.10.0 (model.py, `_encode_dispatch` and `tokenize`): cut to `max_length × median` code points,
    /// keep the first `max_length` ids, then drop the unknown id. What is in `ids` stays there.
    fn append_ids(
        &self,
        text: &str,
        max_length: Option<usize>,
        tokenizer: &mut TokenizerScratch,
        ids: &mut Vec<u32>,
    ) -> Result<TextStats, EncodeError> {
        let start = ids.len();
        let mut truncated = false;
        if let Some(limit) = max_length {
            let kept = first_code_points(text, limit.saturating_mul(self.median_token_length));
            truncated = kept.len() < text.len();
            // One id more than is kept tells whether ids were cut.
            self.tokenizer.encode(kept, limit.saturating_add(1), tokenizer, ids)?;
            truncated |= ids.len() - start > limit;
            ids.truncate(start.saturating_add(limit));
        } else {
            self.tokenizer.encode(text, usize::MAX, tokenizer, ids)?;
        }
        if let Some(unknown) = self.unknown_id {
            drop_from(ids, start, unknown);
        }
        Ok(TextStats { pooled: (ids.len() - start) as u32, truncated })
    }
}

/// Whether `ids` has `unknown`: most texts have not, which the compiler finds out four ids or more at a time.
fn has(ids: &[u32], unknown: u32) -> bool {
    ids.iter().fold(false, |any, &id| any | (id == unknown))
}

/// Removes `unknown` from `ids`, from `start` on.
fn drop_from(ids: &mut Vec<u32>, start: usize, unknown: u32) {
    if !has(&ids[start..], unknown) {
        return;
    }
    let mut kept = start;
    for place in start..ids.len() {
        ids[kept] = ids[place];
        kept += usize::from(ids[kept] != unknown);
    }
    ids.truncate(kept);
}

/// The first `count` code points of `text`.
fn first_code_points(text: &str, count: usize) -> &str {
    // A code point takes a byte at least: most texts are short enough to need no counting.
    if text.len() <= count {
        return text;
    }
    let mut left = count;
    for (position, block) in text.as_bytes().chunks(64).enumerate() {
        let starts = block.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        if starts > left {
            // The boundary lies in this block: before its start number `left`.
            let within = block.iter().enumerate().filter(|&(_, &byte)| byte & 0xc0 != 0x80).nth(left);
            return &text[..position * 64 + within.map_or(0, |(offset, _)| offset)];
        }
        left -= starts;
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
