//! Compares saved models, byte for byte, with those that Python model2vec 0.10.0 saves
//! (test/expected/save_pretrained.py), and loads them again with this engine and the official one.

mod test_data;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use model2vec_engine::{ElementType, EncodeOptions, LoadOptions, MemoryMode, Reduction, StaticModel};
use serde::Deserialize;

#[derive(Deserialize)]
struct Run {
    options: Options,
    crc32: BTreeMap<String, u32>,
}

#[derive(Deserialize, Debug)]
struct Options {
    normalize: Option<bool>,
    /// Missing = the model's own limit; null = no limit.
    #[serde(default, with = "given")]
    max_length: Option<Option<usize>>,
    quantize_to: Option<String>,
    dimensionality: Option<usize>,
}

/// Distinguishes null from a missing field.
mod given {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<usize>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// A temporary folder, removed when the test ends.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-save-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn entries(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load(directory: &Path, options: &LoadOptions) -> StaticModel {
    StaticModel::load(directory, options).unwrap_or_else(|error| panic!("{error}"))
}

fn crc32(path: &Path) -> u32 {
    crc32fast::hash(&fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn vectors(model: &StaticModel, texts: &[String]) -> Vec<u32> {
    let mut scratch = model.take_scratch();
    let mut vector = vec![0.0; model.dim()];
    let mut bits = Vec::new();
    for text in texts {
        model.encode(text, model.defaults(), &mut scratch, &mut vector).unwrap();
        bits.extend(vector.iter().map(|element| element.to_bits()));
    }
    bits
}

/// Models whose tokenizer files are in an older form. The `tokenizers` library saves them in its
/// newer form (merges as pairs, fields with their defaults); this engine keeps the older one. The
/// ids are the same.
const OLDER_FORMS: [&str; 6] =
    ["bpe-clip-raw", "bpe-gpt2-raw", "spbpe-mistral03-raw", "ug-e5enpt-raw", "ug-t5-raw", "wp-bert-cased-raw"];

#[test]
fn saved_files_are_those_of_python_and_load_again_with_the_same_bits() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/expected/save_pretrained.json");
    let expected: BTreeMap<String, Vec<Run>> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut different = BTreeSet::new();
    for (name, runs) in expected {
        let directory = test_data::model_directory(&name);
        let texts = test_data::corpus(directory.parent().unwrap().parent().unwrap(), "edge").unwrap();
        for Run { options, crc32: expected } in runs {
            let reduction = Reduction {
                quantize_to: options.quantize_to.as_deref().and_then(ElementType::named),
                dimensionality: options.dimensionality,
            };
            let subfolder = (name == "m8k-subfolder").then(|| "sub".to_owned());
            let model = load(&directory, &LoadOptions { subfolder, reduction, ..LoadOptions::default() });
            let defaults = EncodeOptions {
                normalize: options.normalize.unwrap_or(model.defaults().normalize),
                max_length: options.max_length.unwrap_or(model.defaults().max_length),
                ..model.defaults()
            };
            let place = Place::new();
            let saved = place.0.join("new/model");
            model.save(&saved, defaults).unwrap();
            for (file, crc) in expected {
                if crc32(&saved.join(&file)) != crc {
                    different.insert(format!("{name}/{file}"));
                }
            }
            let again = load(&saved, &LoadOptions::default());
            assert_eq!(again.defaults(), defaults, "{name}, {options:?}");
            if defaults == model.defaults() {
                assert!(vectors(&again, &texts) == vectors(&model, &texts), "{name}, {options:?}: vectors");
            }
        }
    }
    assert_eq!(different.into_iter().collect::<Vec<_>>(), OLDER_FORMS.map(|model| format!("{model}/tokenizer.json")));
}

#[test]
fn the_official_engine_loads_a_saved_model_and_agrees_within_float_error() {
    let model = load(&test_data::model_directory("potion-base-8M"), &LoadOptions::default());
    let place = Place::new();
    let saved = place.0.join("model");
    model.save(&saved, model.defaults()).unwrap();
    let official = model2vec_rs::model::StaticModel::from_pretrained(&saved, None, None, None).unwrap();
    let mut scratch = model.take_scratch();
    let mut vector = vec![0.0; model.dim()];
    for text in ["a dog in the park", "Straße", "日本語 and English, mixed"] {
        model.encode(text, model.defaults(), &mut scratch, &mut vector).unwrap();
        let theirs = official.encode_single(text);
        assert!(vector.iter().zip(&theirs).all(|(ours, theirs)| (ours - theirs).abs() < 2e-6), "{text}");
    }
}

#[test]
fn an_old_model_is_replaced_and_what_is_not_of_it_stays() {
    let place = Place::new();
    let saved = place.0.join("model");
    fs::create_dir_all(saved.join("1_Normalize")).unwrap();
    fs::write(saved.join("README.md"), "mine").unwrap();
    fs::write(saved.join("1_Normalize/note"), "mine").unwrap();
    fs::write(saved.join("model.safetensors"), "old").unwrap();
    let model = load(&test_data::model_directory("m8k-f32"), &LoadOptions::default());
    for _ in 0..2 {
        model.save(&saved, model.defaults()).unwrap();
        load(&saved, &LoadOptions::default());
        assert_eq!(fs::read_to_string(saved.join("README.md")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(saved.join("1_Normalize/note")).unwrap(), "mine");
        // Nothing else is left in the folder.
        assert_eq!(place.entries(), ["model"]);
    }
}

#[test]
fn a_copied_model_can_be_saved_over_itself_and_a_mapped_one_can_not() {
    let place = Place::new();
    let saved = place.0.join("model");
    let model = load(&test_data::model_directory("m8k-f32"), &LoadOptions::default());
    model.save(&saved, model.defaults()).unwrap();

    let mapped = load(&saved, &LoadOptions { memory: MemoryMode::Map, ..LoadOptions::default() });
    let before = crc32(&saved.join("model.safetensors"));
    let error = mapped.save(&saved, mapped.defaults()).unwrap_err();
    assert_eq!(error.code(), "ERR_INVALID_OPTION");
    assert!(error.to_string().ends_with(
        "model: expected another directory than the one whose table is mapped (`memory` 'map'), found the same"
    ));
    assert_eq!(crc32(&saved.join("model.safetensors")), before);

    let reduction = Reduction { quantize_to: Some(ElementType::F16), dimensionality: Some(3) };
    let reduced = load(&saved, &LoadOptions { reduction, memory: MemoryMode::Map, ..LoadOptions::default() });
    reduced.save(&saved, reduced.defaults()).unwrap();
    let again = load(&saved, &LoadOptions::default());
    assert_eq!((again.dim(), again.table_dtype()), (3, "float16"));
    // The files are no longer those that the model was loaded from.
    let error = reduced.save(&place.0.join("other"), reduced.defaults()).unwrap_err();
    assert!(
        error.to_string().ends_with("json: the model can't be saved: the file has changed since it was loaded"),
        "{error}"
    );
    assert_eq!(place.entries(), ["model"]);
}

#[test]
fn a_place_that_can_not_be_written_is_an_error_and_stays_as_it_is() {
    let place = Place::new();
    fs::write(place.0.join("file"), "mine").unwrap();
    let model = load(&test_data::model_directory("m8k-f32"), &LoadOptions::default());
    for (target, expected) in
        [("file", "file: expected a directory to save to, found a file"), ("file/model", "the model can't be saved: ")]
    {
        let error = model.save(&place.0.join(target), model.defaults()).unwrap_err();
        assert_eq!(error.code(), "ERR_INVALID_OPTION");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(place.entries(), ["file"]);
    assert_eq!(fs::read_to_string(place.0.join("file")).unwrap(), "mine");
}
