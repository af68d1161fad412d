//! scratch
use model2vec_engine::*;
#[inline(never)]
fn collected(model: &StaticModel, units: &[Vec<u16>], scratch: &mut Scratch) -> usize {
    let mut n = 0;
    for u in units {
        n += model.token_ids_utf16(u, Some(512), scratch).unwrap().0.len();
    }
    n
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let model = StaticModel::load(std::path::Path::new(&a[1]), &LoadOptions::default()).unwrap();
    let json = std::fs::read(format!("/tmp/perf/{}.0.json", a[2])).unwrap();
    let mut texts: Vec<String> = serde_json::from_slice(&json).unwrap();
    let n: usize = a[3].parse().unwrap();
    texts.truncate(2 * n);
    let units: Vec<Vec<u16>> = texts.iter().map(|t| t.encode_utf16().collect()).collect();
    let mut scratch = model.take_scratch();
    for u in &units[..n] {
        model.token_ids_utf16(u, Some(512), &mut scratch).unwrap();
    }
    println!("{}", collected(&model, &units[n..], &mut scratch));
}
