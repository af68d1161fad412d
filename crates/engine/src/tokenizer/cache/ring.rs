//! A ring of lists of ids, in which new lists overwrite the oldest.

/// Lists of ids, each after its length. Places count up for ever; the slot is the remainder.
#[derive(Debug)]
pub(super) struct Ring<const IDS: usize> {
    slots: Box<[u32]>,
    /// The place of the next list.
    pub(super) end: u32,
}

impl<const IDS: usize> Ring<IDS> {
    pub(super) fn new() -> Self {
        Self { slots: vec![0; IDS].into(), end: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// The list at `place`, or `None` once another list has overwritten it.
    pub(super) fn get(&self, place: u32) -> Option<&[u32]> {
        if self.end - place > IDS as u32 {
            return None;
        }
        let slot = place as usize % IDS;
        Some(&self.slots[slot + 1..][..self.slots[slot] as usize])
    }

    /// Whether the places may run out within the next window.
    pub(super) fn is_used_up(&self) -> bool {
        self.end > u32::MAX - 2 * IDS as u32
    }

    /// The place of a new list, or `None` when there are no more places.
    pub(super) fn push(&mut self, list: &[u32]) -> Option<u32> {
        let size = list.len() + 1;
        let slot = self.end as usize % IDS;
        // A list is never split: one that doesn't fit before the end starts the next round.
        let skipped = if slot + size > IDS { IDS - slot } else { 0 };
        let place = self.end.checked_add(skipped as u32)?;
        self.end = place.checked_add(size as u32)?;
        let slot = place as usize % IDS;
        self.slots[slot] = list.len() as u32;
        self.slots[slot + 1..slot + size].copy_from_slice(list);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_gives_a_list_until_it_is_overwritten() {
        let mut ring = Ring::<{ 1 << 16 }>::new();
        let lists: Vec<Vec<u32>> =
            (0..40_000_u32).map(|seed| (0..3 + seed % 46).map(|index| seed ^ index).collect()).collect();
        let mut places = Vec::new();
        for (newest, list) in lists.iter().enumerate() {
            places.push(ring.push(list).unwrap());
            let is_kept = |index: usize| ring.get(places[index]).map(|found| assert_eq!(found, lists[index])).is_some();
            assert!(is_kept(newest));
            // A list has at most 49 ids, so at least 600 lists are kept, whatever their lengths.
            assert!(newest < 600 || is_kept(newest - 600));
            assert!(newest < 20_000 || !is_kept(newest - 20_000));
        }
    }
}
