//! The lock of a planned pipeline.

use super::Planned;
use crate::store::{Locked, StoreError};

impl Planned {
    /// Takes the lock of its pipeline, unless another run holds it. None without a store, which is then new: there is
    /// nobody to share it with. `schedule` runs it, if no person does.
    pub fn lock(&self, schedule: Option<&str>) -> Result<Option<Locked>, StoreError> {
        let gathered = &self.gathered;
        let file = super::gather::absolute(&gathered.environment, gathered.pipeline.file.as_ref());
        let name = gathered.project.name_of(&file);
        let store = gathered.store.as_ref();
        store.map(|store| store.lock_pipeline(&name, schedule)).transpose()
    }
}
