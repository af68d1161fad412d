//! Gets vectors and, indirectly, ids from model2vec-rs.
//!
//! model2vec-rs has no function that returns ids, but it can be loaded with any table. So it is
//! loaded a second time, with a table of pseudorandom whole numbers that are small enough for exact
//! sums. The vector of a text is then a fingerprint of its ids. A fingerprint does not depend on
//! the order of the ids, which changes a real vector by rounding only.

use std::path::{Path, PathBuf};

use model2vec_rs::model::StaticModel;

use std::error::Error;

/// The numbers of a fingerprint, of ten bits each: different sets of ids have the same one with a
/// probability of about one in 2^100.
const FINGERPRINT: usize = 16;

pub(crate) struct Official {
    model: StaticModel,
    /// The same tokenizer with the table of fingerprints.
    fingerprints: StaticModel,
    /// The table of fingerprints, ids × [`FINGERPRINT`].
    table: Vec<f32>,
}

impl Official {
    /// `ids` is the number of ids that the tokenizer can give.
    pub(crate) fn load(
        directory: &str,
        subfolder: Option<&str>,
        normalize: bool,
        ids: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let model = StaticModel::from_pretrained(directory, None, Some(normalize), subfolder)?;
        let tokenizer = std::fs::read(tokenizer_of(&Path::new(directory).join(subfolder.unwrap_or("."))))?;
        let table: Vec<f32> = (0..ids * FINGERPRINT).map(element).collect();
        let fingerprints = StaticModel::from_bytes(tokenizer, safetensors(&table, ids), "{}", Some(false))?;
        Ok(Self { model, fingerprints, table })
    }

    pub(crate) fn dim(&self) -> usize {
        self.model.dim()
    }

    pub(crate) fn vectors(&self, texts: &[String], max_length: Option<usize>) -> Vec<f32> {
        self.model.encode_flat_with_args(texts, max_length)
    }

    /// The indexes of the texts for which model2vec-rs has other ids than `ids`.
    pub(crate) fn other_ids(&self, texts: &[String], max_length: Option<usize>, ids: &[Vec<u32>]) -> Vec<usize> {
        let fingerprints = self.fingerprints.encode_flat_with_args(texts, max_length);
        let pairs = fingerprints.chunks_exact(FINGERPRINT).zip(ids).enumerate();
        pairs.filter(|(_, (theirs, ids))| *theirs != self.fingerprint_of(ids)).map(|(index, _)| index).collect()
    }

    /// The fingerprint of ids: their mean row, as model2vec-rs computes it.
    fn fingerprint_of(&self, ids: &[u32]) -> [f32; FINGERPRINT] {
        let mut sums = [0.0_f32; FINGERPRINT];
        for &id in ids {
            let row = self.table.get(id as usize * FINGERPRINT..).and_then(|rows| rows.first_chunk::<FINGERPRINT>());
            // An id beyond the table has no row: NaN equals nothing.
            let row = row.unwrap_or(&[f32::NAN; FINGERPRINT]);
            sums.iter_mut().zip(row).for_each(|(sum, element)| *sum += element);
        }
        sums.map(|sum| sum / ids.len().max(1) as f32)
    }
}

/// Element `index` of the table of fingerprints: ten bits of SplitMix64 (Steele, Lea, Flood: Fast
/// splittable pseudorandom number generators, 2014).
fn element(index: usize) -> f32 {
    let mut state = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ state >> 31) % 1024) as f32
}

/// The tokenizer file that model2vec-rs reads, of the layouts that it knows.
fn tokenizer_of(directory: &Path) -> PathBuf {
    let own = directory.join("tokenizer.json");
    if own.exists() { own } else { directory.join("0_StaticEmbedding/tokenizer.json") }
}

fn safetensors(table: &[f32], rows: usize) -> Vec<u8> {
    let bytes = size_of_val(table);
    let tensor = serde_json::json!({ "dtype": "F32", "shape": [rows, FINGERPRINT], "data_offsets": [0, bytes] });
    let header = serde_json::json!({ "embeddings": tensor }).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(table.iter().flat_map(|element| element.to_le_bytes()));
    file
}
