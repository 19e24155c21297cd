//! The lock of a planned pipeline.

use super::Planned;
use crate::store::{Locked, StoreError};

impl Planned {
    /// Takes the lock of its pipeline, unless another run holds it. None without a store, which is then new: there is
    /// nobody to share it with.
    pub fn lock(&self) -> Result<Option<Locked>, StoreError> {
        let gathered = &self.gathered;
        let file = super::gather::absolute(&gathered.environment, gathered.pipeline.file.as_ref());
        gathered
            .store
            .as_ref()
            .map(|store| store.lock_pipeline(&file))
            .transpose()
    }
}
