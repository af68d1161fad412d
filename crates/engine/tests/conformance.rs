//! Compares this engine with the official Rust engine, model2vec-rs 0.4.0, over the same texts.
//!
//! On potion-base-8M both must agree within float error. On other models the official engine
//! differs from Python in places (it measures tokens in bytes, keeps other ids, or can't load the
//! model). There the test only prints on how many texts they differ; `parity.rs` shows that this
//! engine equals Python.

mod test_data;

use model2vec_engine::{LoadOptions, StaticModel};
use model2vec_rs::model::StaticModel as OfficialModel;

/// The official engine sums in another order, and multiplies by a reciprocal instead of dividing.
/// That changes the last bits of numbers around 1.
const FLOAT_ERROR: f32 = 2e-6;
/// Python rounds the vectors of a half-precision table to half precision; the official engine does
/// not.
const HALF_ERROR: f32 = 1.5e-3;

const CORPORA: [&str; 3] = ["edge", "multilingual_300", "docs_en_300"];

/// The number of texts whose vectors differ by more than float error, and the number of all texts;
/// `None` when the official engine can't load the model.
fn differing_texts(model: &test_data::Model) -> Option<(usize, usize)> {
    let directory = model.root.join("models").join(&model.name);
    let ours = StaticModel::load(&directory, &LoadOptions::default()).unwrap();
    // `normalize` is given, because its default is another one there.
    let official = OfficialModel::from_pretrained(&directory, None, Some(ours.defaults().normalize), None).ok()?;
    let error = if ours.table_dtype() == "float16" { HALF_ERROR } else { FLOAT_ERROR };
    let mut scratch = ours.take_scratch();
    let mut vector = vec![0.0; ours.dim()];
    let (mut differing, mut compared) = (0, 0);
    for corpus in CORPORA {
        let texts = test_data::corpus(&model.root, corpus).expect("the corpus must be there");
        let theirs = official.encode_flat_with_args(&texts, ours.defaults().max_length);
        for (text, theirs) in texts.iter().zip(theirs.chunks_exact(ours.dim())) {
            ours.encode(text, ours.defaults(), &mut scratch, &mut vector).unwrap();
            let close = |(ours, theirs): (&f32, &f32)| (ours - theirs).abs() <= error * ours.abs().max(1.0);
            compared += 1;
            if !vector.iter().zip(theirs).all(close) {
                differing += 1;
            }
        }
    }
    Some((differing, compared))
}

#[test]
fn the_official_engine_agrees_within_float_error_on_potion_base_8m() {
    let models = test_data::models();
    assert!(models.iter().any(|model| model.name == "potion-base-8M"), "the default model is part of the repository");
    for model in &models {
        match differing_texts(model) {
            None => println!("{}: model2vec-rs can't load it", model.name),
            Some((differing, compared)) => {
                println!("{}: model2vec-rs differs on {differing} of {compared} texts", model.name);
                assert!(compared > 1_000, "{}: only {compared} texts", model.name);
                if model.name == "potion-base-8M" {
                    assert_eq!(differing, 0, "{}", model.name);
                }
            }
        }
    }
}
