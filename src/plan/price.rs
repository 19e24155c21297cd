//! What a take costs, and who says so: the project itself, or else the catalog.
//!
//! Pure. A price is no part of a key: another price buys nothing anew.

use super::{Plan, RenderRequest};
use crate::{
    base::{money::Price, span::Location},
    catalog::{self, BackendKind},
    pipeline::BackendSettings,
};
use std::collections::BTreeMap;

/// Who says what a take costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceSource<'p> {
    /// It is rendered here, for nothing.
    Free,
    /// The pipeline, or a file it includes.
    Pipeline(&'p Location),
    /// The table of models.
    Catalog {
        /// When its source said so, `YYYY-MM-DD`.
        date: &'static str,
        /// Its source.
        source: &'static str,
    },
    /// Nobody.
    Nobody,
}

impl Plan {
    /// Who says what a take of this request costs.
    pub fn price_source(&self, request: &RenderRequest) -> PriceSource<'_> {
        of(&self.backends, request).1
    }

    /// What a take of this request costs, whether or not the plan buys it.
    pub fn price_of(&self, request: &RenderRequest) -> Price {
        of(&self.backends, request).0
    }
}

/// The price of one take, and who says so.
pub(super) fn of<'p>(
    backends: &'p BTreeMap<BackendKind, BackendSettings>,
    request: &RenderRequest,
) -> (Price, PriceSource<'p>) {
    let backend = request.backend;
    let Some(model) = catalog::model(&request.model) else {
        return (Price::Unknown, PriceSource::Nobody);
    };
    if backend == BackendKind::Sandbox {
        return (model.price(backend), PriceSource::Free);
    }
    let own = backends
        .get(&backend)
        .and_then(|settings| settings.prices.get(model.id));
    match (own, model.price) {
        (Some(own), _) => (Price::Known(own.amount), PriceSource::Pipeline(&own.at)),
        (None, Some(tag)) => {
            let (date, source) = (tag.date, tag.source);
            (model.price(backend), PriceSource::Catalog { date, source })
        }
        (None, None) => (model.price(backend), PriceSource::Nobody),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::money::Usd,
        pipeline::OwnPrice,
        plan::{
            Blank,
            fixture::{Pipe, keys},
        },
    };

    fn own(amount: &str) -> BackendSettings {
        let at = Location {
            file: "studio.yaml".into(),
            line: 3,
            column: 40,
        };
        let amount = Usd::parse(amount).unwrap();
        BackendSettings {
            prices: BTreeMap::from([("music-01", OwnPrice { amount, at })]),
            ..BackendSettings::default()
        }
    }

    fn prices(plan: &Plan) -> Vec<(Price, PriceSource<'_>)> {
        plan.takes()
            .map(|(node, take)| (node.price, plan.price_source(&take.draft.request)))
            .collect()
    }

    #[test]
    fn the_projects_price_goes_over_the_catalogs_and_changes_no_key() {
        let (mut pipe, hook) = Pipe::hook(&["Lisbon"]);
        pipe.song_of(hook).backend = BackendKind::Aimlapi;
        let before = pipe.plan(&Blank);
        assert!(
            matches!(prices(&before)[..], [(Price::Known(amount), PriceSource::Catalog { .. })] if amount != Usd::ZERO),
            "{:?}",
            prices(&before)
        );
        pipe.pipeline.backends.insert(BackendKind::Aimlapi, own("0.05"));
        let after = pipe.plan(&Blank);
        let at = &own("0.05").prices["music-01"].at.clone();
        let amount = Usd::parse("0.05").unwrap();
        assert_eq!(prices(&after), [(Price::Known(amount), PriceSource::Pipeline(at))]);
        assert_eq!(after.total.known, amount);
        assert_eq!(keys(&before), keys(&after));
    }

    #[test]
    fn the_sandbox_stays_free_and_an_unknown_model_has_no_price() {
        let (mut pipe, hook) = Pipe::hook(&["Lisbon"]);
        pipe.song_of(hook).backend = BackendKind::Sandbox;
        pipe.pipeline.backends.insert(BackendKind::Aimlapi, own("0.05"));
        let plan = pipe.plan(&Blank);
        assert_eq!(prices(&plan), [(Price::Known(Usd::ZERO), PriceSource::Free)]);
        let (_, take) = plan.takes().next().unwrap();
        let request = RenderRequest {
            model: "nobody-knows".into(),
            ..take.draft.request.clone()
        };
        assert_eq!(of(&plan.backends, &request), (Price::Unknown, PriceSource::Nobody));
    }
}
