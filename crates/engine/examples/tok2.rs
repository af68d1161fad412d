//! scratch
use model2vec_engine::*;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let model = StaticModel::load(std::path::Path::new(&a[1]), &LoadOptions::default()).unwrap();
    let json = std::fs::read(format!("/tmp/perf/{}.0.json", a[2])).unwrap();
    let texts: Vec<String> = serde_json::from_slice(&json).unwrap();
    let units: Vec<Vec<u16>> = texts.iter().map(|t| t.encode_utf16().collect()).collect();
    for n in [10, 50, 200, 1000, 5000, 20000] {
        let n = n.min(units.len());
        let mut scratch = model.take_scratch();
        let mut best = f64::MAX;
        for _ in 0..(60000 / n).clamp(4, 200) {
            let t = Instant::now();
            for u in &units[..n] {
                std::hint::black_box(model.token_ids_utf16(u, Some(512), &mut scratch).unwrap().0.len());
            }
            best = best.min(t.elapsed().as_nanos() as f64 / n as f64);
        }
        println!("{} n {n}: {best:.0} ns/text", a[2]);
    }
}
