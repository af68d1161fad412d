//! The number of bytes that a model says it holds.

mod test_data;

use model2vec_engine::{EmbeddingTable, LoadOptions, MemoryMode, Reduction, StaticModel};

fn load(name: &str, memory: MemoryMode) -> StaticModel {
    StaticModel::load(&test_data::model_directory(name), &LoadOptions { memory, ..LoadOptions::default() }).unwrap()
}

#[test]
fn a_table_counts_unless_it_is_a_mapped_file() {
    let (copied, mapped) = (load("m8k-f32", MemoryMode::Copy), load("m8k-f32", MemoryMode::Map));
    let table = copied.table();
    assert_eq!(copied.memory_bytes() - mapped.memory_bytes(), table.rows() * table.dim() * size_of::<f32>());
}

/// On Windows 'auto' copies at once.
#[cfg(not(windows))]
#[test]
fn an_auto_table_is_mapped_until_it_is_settled() {
    let path = test_data::model_directory("m8k-f32").join("model.safetensors");
    let table = EmbeddingTable::read(&path, "embeddings", MemoryMode::Auto, Reduction::default()).unwrap();
    assert_eq!((table.memory(), table.is_to_be_copied()), (MemoryMode::Map, true));
    table.settle();
    assert_eq!((table.memory(), table.is_to_be_copied()), (MemoryMode::Copy, false));
    let mapped = EmbeddingTable::read(&path, "embeddings", MemoryMode::Map, Reduction::default()).unwrap();
    mapped.settle();
    assert_eq!((mapped.memory(), mapped.is_to_be_copied()), (MemoryMode::Map, false));
}

#[test]
fn the_table_of_a_loaded_model_is_copied_soon_and_gives_the_same_bits() {
    let model = load("m8k-f32", MemoryMode::Auto);
    let vector = |model: &StaticModel| {
        let (mut scratch, mut vector) = (model.take_scratch(), vec![0.0; model.dim()]);
        model.encode("a dog in the park", model.defaults(), &mut scratch, &mut vector).unwrap();
        vector.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let (counted, before) = (model.memory_bytes(), vector(&model));
    for _ in 0..6000 {
        if model.table().memory() == MemoryMode::Copy {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(model.table().memory(), MemoryMode::Copy);
    assert_eq!(vector(&model), before);
    let copied = load("m8k-f32", MemoryMode::Copy);
    assert_eq!(vector(&copied), before);
    // It counts from the start as what it soon is.
    assert_eq!(counted, copied.memory_bytes());
}

#[test]
fn buffers_that_threads_returned_count() {
    // One model of the BERT tokenizer, one of the generic tokenizer.
    for name in ["m8k-f32", "ug-t5-raw"] {
        let model = load(name, MemoryMode::Copy);
        let before = model.memory_bytes();
        let mut scratches = [model.take_scratch(), model.take_scratch()];
        let mut vector = vec![0.0; model.dim()];
        for scratch in &mut scratches {
            model.encode("a text", model.defaults(), scratch, &mut vector).unwrap();
        }
        let bytes: usize = scratches.iter().map(model2vec_engine::Scratch::bytes).sum();
        // A new word cache has some hundred kilobytes, of which a short text touches few.
        assert!((600 << 10..4 << 20).contains(&bytes), "{name}: {bytes}");
        for scratch in scratches {
            model.put_scratch(scratch);
        }
        assert_eq!(model.memory_bytes(), before + bytes, "{name}");
        let taken = model.take_scratch();
        assert_eq!(model.memory_bytes(), before + bytes - taken.bytes(), "{name}");
    }
}
