//! model2vec-rs, asked for its vectors and, on a way around, for its ids.
//!
//! It gives no ids. But it can be loaded with any table: here also with one whose rows are whole numbers that look random, so small that a
//! sum of them is exact. The vector of a text is then a mark of its ids: other ids, another mark. What a mark doesn't tell is the order of ids, on
//! which a vector depends by rounding only.

use std::path::{Path, PathBuf};

use model2vec_rs::model::StaticModel;

use std::error::Error;

/// Sixteen numbers of ten bits: two sets of ids that differ have the same by a chance of one in 2^100 or so.
const MARK: usize = 16;

pub(crate) struct Official {
    model: StaticModel,
    /// The same tokenizer over a table of marks.
    marks: StaticModel,
    table: Vec<f32>,
}

impl Official {
    /// `ids` is how many ids the tokenizer can give.
    pub(crate) fn load(
        directory: &str,
        subfolder: Option<&str>,
        normalize: bool,
        ids: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let model = StaticModel::from_pretrained(directory, None, Some(normalize), subfolder)?;
        let tokenizer = std::fs::read(tokenizer_of(&Path::new(directory).join(subfolder.unwrap_or("."))))?;
        let table: Vec<f32> = (0..ids * MARK).map(mark).collect();
        let marks = StaticModel::from_bytes(tokenizer, safetensors(&table, ids), "{}", Some(false))?;
        Ok(Self { model, marks, table })
    }

    pub(crate) fn dim(&self) -> usize {
        self.model.dim()
    }

    pub(crate) fn vectors(&self, texts: &[String], max_length: Option<usize>) -> Vec<f32> {
        self.model.encode_flat_with_args(texts, max_length)
    }

    /// The indexes of the texts of which model2vec-rs has other ids than these.
    pub(crate) fn other_ids(&self, texts: &[String], max_length: Option<usize>, ids: &[Vec<u32>]) -> Vec<usize> {
        let marks = self.marks.encode_flat_with_args(texts, max_length);
        let pairs = marks.chunks_exact(MARK).zip(ids).enumerate();
        pairs.filter(|(_, (mark, ids))| *mark != self.mark_of(ids)).map(|(index, _)| index).collect()
    }

    /// As the engine sums rows: in the order of the ids, divided by their count.
    fn mark_of(&self, ids: &[u32]) -> [f32; MARK] {
        let mut sums = [0.0_f32; MARK];
        for &id in ids {
            let row = self.table.get(id as usize * MARK..).and_then(|rows| rows.first_chunk::<MARK>());
            // An id beyond the table has no mark: nothing equals it.
            let row = row.unwrap_or(&[f32::NAN; MARK]);
            sums.iter_mut().zip(row).for_each(|(sum, element)| *sum += element);
        }
        sums.map(|sum| sum / ids.len().max(1) as f32)
    }
}

/// Element `index` of the table of marks: ten bits of SplitMix64.
fn mark(index: usize) -> f32 {
    let mut state = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ state >> 31) % 1024) as f32
}

/// The file that model2vec-rs takes, of the layouts that it knows.
fn tokenizer_of(directory: &Path) -> PathBuf {
    let own = directory.join("tokenizer.json");
    if own.exists() { own } else { directory.join("0_StaticEmbedding/tokenizer.json") }
}

fn safetensors(table: &[f32], rows: usize) -> Vec<u8> {
    let bytes = size_of_val(table);
    let tensor = serde_json::json!({ "dtype": "F32", "shape": [rows, MARK], "data_offsets": [0, bytes] });
    let header = serde_json::json!({ "embeddings": tensor }).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(table.iter().flat_map(|element| element.to_le_bytes()));
    file
}
