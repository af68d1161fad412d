//! Merges the symbols of one word: always the pair of the lowest rank, and of equal ranks the first
//! pair (tokenizers 0.23.2, models/bpe/word.rs, `merge_all`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::merge_table::{MergeTable, RankedId};
use crate::growth::{Growth, let_go_if_large};
use crate::interrupt::Pace;
use crate::tokenizer::encode_error::EncodeError;

/// Up to this many symbols, comparing all pairs for each merge is faster than a queue.
pub(super) const MAX_SCANNED_SYMBOLS: usize = 32;

/// A buffer that one long word has enlarged beyond this is not kept.
pub(super) const KEPT_SYMBOLS: usize = 1 << 16;

/// How many bytes of other work take as long as a merge in a long word.
const WORK_OF_MERGE: usize = 64;

/// In place of a neighbor: there is none.
const NONE: u32 = u32::MAX;

/// Merges at most [`MAX_SCANNED_SYMBOLS`] symbols in place, and returns how many are left.
///
/// This requires that each id has one string, which is not empty, and that the string of a merge is
/// the joined strings of its pair. The crate's queue keeps pairs whose symbols have changed since.
/// It still merges such a pair if the pair that is now in its place gives the same id. Under the
/// requirement this makes no difference: both pairs would end at the same place, and as borders
/// only vanish, the border between their symbols would be the same, and so would the symbols.
pub(super) fn merge_scanned(merges: &MergeTable, ids: &mut [u32]) -> usize {
    let mut len = ids.len();
    if len < 2 {
        return len;
    }
    let mut pairs = [RankedId::NONE; MAX_SCANNED_SYMBOLS];
    for (pair, symbols) in pairs.iter_mut().zip(ids.windows(2)) {
        *pair = merges.get(symbols[0], symbols[1]);
    }
    loop {
        let mut lowest = RankedId::NONE;
        let mut at = 0;
        for (index, &pair) in pairs[..len - 1].iter().enumerate() {
            if pair < lowest {
                (lowest, at) = (pair, index);
            }
        }
        if lowest == RankedId::NONE {
            return len;
        }
        ids[at] = lowest.id();
        ids.copy_within(at + 2..len, at + 1);
        pairs.copy_within(at + 1..len, at);
        len -= 1;
        pairs[at] = if at + 1 < len { merges.get(ids[at], ids[at + 1]) } else { RankedId::NONE };
        if at > 0 {
            pairs[at - 1] = merges.get(ids[at - 1], ids[at]);
        }
        if len == 1 {
            return len;
        }
    }
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(super) struct WordScratch {
    symbols: Vec<Symbol>,
    queue: Vec<Reverse<Queued>>,
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    id: u32,
    previous: u32,
    next: u32,
    /// Merged into the one before it.
    is_gone: bool,
    /// The merge of this symbol and the next one.
    pair: RankedId,
}

/// A queued pair, ordered by rank, then by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Queued(u64);

impl Queued {
    fn new(pair: RankedId, at: u32) -> Self {
        Self(u64::from(pair.rank()) << 32 | u64::from(at))
    }

    fn rank(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn at(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Merges any number of symbols in place, in n log n, and returns how many are left.
///
/// # Errors
/// If there are 2^32 symbols or more.
pub(super) fn merge_queued(
    merges: &MergeTable,
    ids: &mut [u32],
    scratch: &mut WordScratch,
) -> Result<usize, EncodeError> {
    let WordScratch { symbols, queue: queued } = scratch;
    link(merges, ids, symbols)?;
    queued.clear();
    let pairs = (0..).zip(symbols.iter()).filter(|(_, symbol)| symbol.pair != RankedId::NONE);
    queued.make_room(symbols.len());
    let mut pace = Pace::new();
    queued.extend(pairs.map(|(at, symbol)| {
        pace.step(1);
        Reverse(Queued::new(symbol.pair, at))
    }));
    let mut queue = heap_of(std::mem::take(queued), &mut pace);
    while let Some(Reverse(top)) = queue.pop() {
        pace.step(WORK_OF_MERGE);
        let Symbol { is_gone, pair, next: right, previous, .. } = symbols[top.at()];
        // The pair may have changed since. As in the crate, it is merged if it gives the same id.
        let is_same =
            pair != RankedId::NONE && (pair.rank() == top.rank() || pair.id() == merges.merged_id(top.rank()));
        if is_gone || !is_same {
            continue;
        }
        let next = symbols[right as usize].next;
        symbols[right as usize].is_gone = true;
        if next != NONE {
            symbols[next as usize].previous = top.at() as u32;
        }
        let id = pair.id();
        let pair = pair_with(merges, id, symbols, next);
        symbols[top.at()] = Symbol { id, previous, next, is_gone: false, pair };
        if previous != NONE {
            let left = &mut symbols[previous as usize];
            left.pair = merges.get(left.id, id);
            push(&mut queue, left.pair, previous);
        }
        push(&mut queue, pair, top.at() as u32);
    }
    *queued = queue.into_vec();

    let mut count = 0;
    for symbol in symbols.iter().filter(|symbol| !symbol.is_gone) {
        pace.step(1);
        ids[count] = symbol.id;
        count += 1;
    }
    let_go_if_large(symbols, KEPT_SYMBOLS);
    let_go_if_large(queued, KEPT_SYMBOLS);
    Ok(count)
}

/// Fills `symbols` with the symbols of `ids`.
fn link(merges: &MergeTable, ids: &[u32], symbols: &mut Vec<Symbol>) -> Result<(), EncodeError> {
    let too_long =
        |_| EncodeError { reason: format!("expected a piece of fewer than 2^32 characters, found {}", ids.len()) };
    let count = u32::try_from(ids.len()).map_err(too_long)?;
    symbols.clear();
    symbols.make_room(ids.len());
    let mut pace = Pace::new();
    symbols.extend((0..count).zip(ids).map(|(at, &id)| {
        pace.step(1);
        let following = ids.get(at as usize + 1);
        Symbol {
            id,
            previous: at.checked_sub(1).unwrap_or(NONE),
            next: if following.is_some() { at + 1 } else { NONE },
            is_gone: false,
            pair: following.map_or(RankedId::NONE, |&following| merges.get(id, following)),
        }
    }));
    Ok(())
}

fn pair_with(merges: &MergeTable, id: u32, symbols: &[Symbol], next: u32) -> RankedId {
    if next == NONE { RankedId::NONE } else { merges.get(id, symbols[next as usize].id) }
}

fn push(queue: &mut BinaryHeap<Reverse<Queued>>, pair: RankedId, at: u32) {
    if pair != RankedId::NONE {
        queue.make_room(1);
        queue.push(Reverse(Queued::new(pair, at)));
    }
}

/// The queue of these pairs. Many are queued one by one, as a whole heap is built without a pause.
fn heap_of(pairs: Vec<Reverse<Queued>>, pace: &mut Pace) -> BinaryHeap<Reverse<Queued>> {
    if pairs.len() <= KEPT_SYMBOLS {
        return BinaryHeap::from(pairs);
    }
    let mut queue = BinaryHeap::new();
    queue.make_room(pairs.len());
    for pair in pairs {
        pace.step(WORK_OF_MERGE);
        queue.push(pair);
    }
    queue
}
