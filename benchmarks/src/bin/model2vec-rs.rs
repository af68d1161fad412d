//! model2vec-rs 0.4.0, the official Rust engine: `encode_flat` for many texts, `encode_single` for
//! one. Threads are those of rayon (`RAYON_NUM_THREADS`) and none when `TOKENIZERS_PARALLELISM` is
//! false.

use model2vec_benchmarks::{Error, Peer, serve};
use model2vec_rs::model::StaticModel;

struct Official(StaticModel);

impl Peer for Official {
    type Output = Vec<f32>;

    fn pass(&self, texts: &[String]) -> Vec<f32> {
        self.0.encode_flat(texts)
    }

    fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        Ok(self.0.encode_single(text))
    }

    fn vectors(&self, texts: &[String]) -> Result<Vec<f32>, Error> {
        Ok(self.0.encode_flat(texts))
    }
}

fn main() {
    serve(|directory| Ok(Official(StaticModel::from_pretrained(directory, None, None, None)?)));
}
