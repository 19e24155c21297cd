//! `backends:`, what the project says of those who render: limits, patience and prices.
//!
//! Knows nothing of addresses or keys, which are no part of a pipeline. Which keys there are is the grammar's; here their
//! values are read and held against bounds, and models against the catalog.

use super::{BackendSettings, OwnPrice, codes, context::Context, limits, tree};
use crate::{
    base::{diagnostic::Diagnostic, words},
    catalog::{self, BackendKind, Model},
    document::{self, Entry, Node},
};
use std::{collections::BTreeMap, time::Duration};

/// Reads `backends:`.
pub(super) fn read(root: &Node, context: &mut Context<'_>) -> BTreeMap<BackendKind, BackendSettings> {
    let mut all = BTreeMap::new();
    for entry in tree::section(root, "backends") {
        let kind = BackendKind::parse(&entry.key);
        if let Some(kind) = kind.filter(|_| tree::is_map(&entry.value)) {
            all.insert(kind, one(kind, &entry.value, context));
        }
    }
    all
}

fn one(kind: BackendKind, node: &Node, context: &mut Context<'_>) -> BackendSettings {
    BackendSettings {
        concurrency: limits::concurrency(node),
        rate: limits::rate(tree::field(node, "rate"), context),
        timeout: timeout(node, context),
        patience: patience(node, context),
        prices: prices(kind, node, context),
    }
}

fn timeout(node: &Node, context: &mut Context<'_>) -> Option<Duration> {
    let value = tree::field(node, "timeout")?;
    let length = limits::duration(Some(value), context)?;
    within(length, BackendSettings::TIMEOUT).or_else(|| {
        context.complain(out_of_range("timeout", value, "at least 10s and at most 1h"));
        None
    })
}

fn patience(node: &Node, context: &mut Context<'_>) -> Option<Duration> {
    let value = tree::field(node, "patience")?;
    let length = limits::duration(Some(value), context)?;
    within(length, BackendSettings::PATIENCE).or_else(|| {
        context.complain(out_of_range("patience", value, "at most 1h; `0s` looks once"));
        None
    })
}

fn within(length: Duration, [least, most]: [Duration; 2]) -> Option<Duration> {
    (least..=most).contains(&length).then_some(length)
}

fn out_of_range(key: &str, value: &Node, bounds: &str) -> Diagnostic {
    let written = tree::text(value).unwrap_or_default();
    Diagnostic::error(
        document::codes::OUT_OF_RANGE,
        value.span,
        format!("`{key}` is {written}, but must be {bounds}"),
    )
}

fn prices(kind: BackendKind, node: &Node, context: &mut Context<'_>) -> BTreeMap<&'static str, OwnPrice> {
    let mut prices = BTreeMap::new();
    let mut named: BTreeMap<&'static str, &Entry> = BTreeMap::new();
    for entry in tree::section(node, "prices") {
        let amount = limits::amount(Some(&entry.value), context);
        let Some(model) = model(kind, entry, context) else {
            continue;
        };
        if let Some(first) = named.insert(model.id, entry) {
            context.complain(twice(entry, first, model));
        } else if let Some(amount) = amount {
            let at = context.sources.locate(entry.value.span);
            prices.insert(model.id, OwnPrice { amount, at });
        }
    }
    prices
}

/// The model that a price is for; it must be one that this backend renders.
fn model(kind: BackendKind, entry: &Entry, context: &mut Context<'_>) -> Option<&'static Model> {
    let written = &*entry.key;
    let model = catalog::model(written).filter(|model| model.backends.contains(&kind));
    if model.is_none() {
        let offered = catalog::models().iter().filter(|model| model.backends.contains(&kind));
        let ids: Vec<&str> = offered.clone().map(|model| model.id).collect();
        let all = offered.flat_map(|model| model.aliases.iter().copied().chain([model.id]));
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_MODEL,
            entry.key_span,
            format!("{kind} renders no model `{written}`"),
        );
        context.complain(match words::nearest(written, all) {
            Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), entry.key_span, near),
            None => diagnostic.help(format!("{kind} renders {}", words::ticked(&ids))),
        });
    }
    model
}

fn twice(entry: &Entry, first: &Entry, model: &Model) -> Diagnostic {
    Diagnostic::error(
        codes::DUPLICATE_VALUE,
        entry.key_span,
        format!("`{}` and `{}` are the same model", first.key, entry.key),
    )
    .label("the second price")
    .related(first.key_span, "the first one")
    .help(format!("keep one of them: `{}`", model.id))
}
