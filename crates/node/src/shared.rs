//! Values that are loaded once for all threads that ask for them, and kept as long as one has them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, Weak};

use crate::sync::Mutex;

/// The place of a value. Its lock is held during the load: who asks for the same value meanwhile
/// waits for it.
type Slot<V> = Arc<Mutex<Weak<V>>>;

/// Values by their keys.
pub(crate) struct Shared<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
}

impl<K: Eq + Hash, V> Shared<K, V> {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new(HashMap::new()) }
    }

    /// The value of a key, from memory or by `load`, which may ask for values of other keys.
    ///
    /// # Errors
    /// That of `load`. Nothing is kept then: the next one who asks loads.
    pub(crate) fn get_or_load<E>(&self, key: K, load: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            // Forget the values that nobody has and no thread is loading.
            slots.retain(|_, slot| {
                Arc::strong_count(slot) > 1 || slot.lock().is_ok_and(|value| value.strong_count() > 0)
            });
            Arc::clone(slots.entry(key).or_insert_with(|| Arc::new(Mutex::new(Weak::new()))))
        };
        let mut kept = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept.upgrade() {
            return Ok(value);
        }
        let value = Arc::new(load()?);
        *kept = Arc::downgrade(&value);
        Ok(value)
    }
}
