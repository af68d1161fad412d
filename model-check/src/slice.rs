//! In place of the engine's slices: of one unit, or of two, which is long.

pub(crate) struct Texts;

impl Texts {
    pub(crate) fn free_if_huge(&mut self) {}
}

pub(crate) enum Input {
    Texts(Texts),
}

pub(crate) struct Slice {
    pub(crate) number: usize,
    pub(crate) input: Input,
    is_long: bool,
    /// What its work waits for.
    pub(crate) waits: Option<Box<dyn FnOnce() + Send>>,
}

impl Slice {
    pub(crate) fn new(number: usize) -> Self {
        Self { number, input: Input::Texts(Texts), is_long: false, waits: None }
    }

    pub(crate) fn long(number: usize, waits: impl FnOnce() + Send + 'static) -> Self {
        Self { is_long: true, waits: Some(Box::new(waits)), ..Self::new(number) }
    }

    pub(crate) fn unit_count(&self) -> usize {
        if self.is_long { 2 } else { 1 }
    }
}
