//! Memory that JavaScript holds: typed arrays, references that keep objects alive, and what V8
//! counts.

use std::ffi::c_void;
use std::ptr;

use model2vec_engine::Dtype;
use napi::sys;

use crate::error::{self, Thrown, check};
use crate::js::value::Js;

/// The memory of a typed array, as it is at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypedMemory<T> {
    pub(crate) start: *mut T,
    /// In units of `T`; 0 when the memory is detached.
    pub(crate) length: usize,
}

impl Js {
    /// The memory of a Float32Array. The next call into JavaScript may move or free it, unless no
    /// user code has seen the array, or it is on a SharedArrayBuffer.
    pub(crate) fn float32_array(self, value: sys::napi_value) -> Result<TypedMemory<f32>, Thrown> {
        let (start, length) = self.typed_array(value, sys::TypedarrayType::float32_array, "Float32Array")?;
        Ok(TypedMemory { start: start.cast(), length })
    }

    /// The memory of the kind of typed array that holds rows of `dtype` (src/dtype.ts, `arrayOf`),
    /// as in [`float32_array`](Self::float32_array). Its length is in bytes.
    pub(crate) fn rows_array(self, value: sys::napi_value, dtype: Dtype) -> Result<TypedMemory<u8>, Thrown> {
        let (kind, name, size) = match dtype {
            Dtype::Float32 => (sys::TypedarrayType::float32_array, "Float32Array", 4),
            Dtype::Float16 | Dtype::BFloat16 => (sys::TypedarrayType::uint16_array, "Uint16Array", 2),
            Dtype::Int8 => (sys::TypedarrayType::int8_array, "Int8Array", 1),
            Dtype::Binary => (sys::TypedarrayType::uint8_array, "Uint8Array", 1),
        };
        let (start, length) = self.typed_array(value, kind, name)?;
        Ok(TypedMemory { start: start.cast(), length: length * size })
    }

    /// As [`float32_array`](Self::float32_array), for a Uint32Array.
    pub(crate) fn uint32_array(self, value: sys::napi_value) -> Result<TypedMemory<u32>, Thrown> {
        let (start, length) = self.typed_array(value, sys::TypedarrayType::uint32_array, "Uint32Array")?;
        Ok(TypedMemory { start: start.cast(), length })
    }

    fn typed_array(
        self,
        value: sys::napi_value,
        wanted: sys::napi_typedarray_type,
        name: &str,
    ) -> Result<(*mut c_void, usize), Thrown> {
        let (mut kind, mut length, mut start) = (0, 0, ptr::null_mut());
        // SAFETY: every out-pointer is valid or null, as the call allows.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.0,
                value,
                &mut kind,
                &mut length,
                &mut start,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_ok || kind != wanted {
            let found = self.found_instead(value);
            return Err(Thrown::Coded("ERR_INVALID_OPTION", format!("expected a {name}, found {found}")));
        }
        Ok((start, if start.is_null() { 0 } else { length }))
    }

    /// A new Uint32Array of `length` elements: those of `lists`, one after the other.
    pub(crate) fn new_uint32_array<'a>(
        self,
        length: usize,
        lists: impl Iterator<Item = &'a [u32]>,
    ) -> Result<sys::napi_value, Thrown> {
        let (mut start, mut buffer, mut array) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // Where V8 gets no memory, it ends the process: the system is asked first.
        drop(error::buffer::<u32>(length)?);
        // SAFETY: out-pointers are valid; the buffer has length × 4 bytes, which the typed array
        // covers from byte 0.
        unsafe {
            check(
                sys::napi_create_arraybuffer(self.0, length * 4, &mut start, &mut buffer),
                "napi_create_arraybuffer",
            )?;
            let kind = sys::TypedarrayType::uint32_array;
            check(sys::napi_create_typedarray(self.0, kind, length, buffer, 0, &mut array), "napi_create_typedarray")?;
        }
        let mut written = 0;
        for list in lists {
            let count = list.len().min(length - written);
            // SAFETY: the buffer is new, has `length` aligned u32s from `start` on, and `written +
            // count <= length`.
            unsafe { ptr::copy_nonoverlapping(list.as_ptr(), start.cast::<u32>().add(written), count) };
            written += count;
        }
        Ok(array)
    }

    /// A strong reference, to be deleted with [`delete_reference`](Self::delete_reference) on this
    /// thread.
    pub(crate) fn reference(self, value: sys::napi_value) -> Result<sys::napi_ref, Thrown> {
        let mut reference = ptr::null_mut();
        // SAFETY: only objects are passed here.
        check(unsafe { sys::napi_create_reference(self.0, value, 1, &mut reference) }, "napi_create_reference")?;
        Ok(reference)
    }

    /// The object that a strong reference keeps alive.
    pub(crate) fn referenced(self, reference: sys::napi_ref) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: the reference is strong and was not deleted.
        check(unsafe { sys::napi_get_reference_value(self.0, reference, &mut value) }, "napi_get_reference_value")?;
        Ok(value)
    }

    pub(crate) fn delete_reference(self, reference: sys::napi_ref) {
        // SAFETY: the owner of the reference calls this once.
        unsafe { sys::napi_delete_reference(self.0, reference) };
    }

    /// Reports to V8 that the objects of this environment hold `change` bytes more than before.
    pub(crate) fn adjust_external_memory(self, change: i64) {
        let mut total = 0;
        // SAFETY: only counts; `total` is written.
        unsafe { sys::napi_adjust_external_memory(self.0, change, &mut total) };
    }
}
