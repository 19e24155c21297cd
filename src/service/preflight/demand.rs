//! What a plan is going to need: money, models, disk.
//!
//! Pure. An estimate for refusing what cannot end well, never for buying: what is spent is decided call by call.

use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        money::{Price, Total, Usd},
    },
    catalog::{self, BackendKind},
    plan::{NodeWork, Plan},
};
use std::collections::BTreeSet;

/// The longest take that is documented, in seconds.
const LONGEST: u64 = 60;

/// What a plan is going to need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct Demand {
    /// What each take costs that is to be bought, cheapest first, unknown prices last; those that the budget of the run
    /// surely leaves out are not among them.
    pub(super) prices: Vec<Price>,
    /// What retakes may cost on top of that, if it is known, within the budget of the run.
    pub(super) retakes: Usd,
    /// Models of the paid takes, by their id on the wire; all of them, whatever the budget.
    pub(super) models: BTreeSet<String>,
    /// Takes that are to be rendered, free ones included.
    pub(super) takes: usize,
    /// What they take on disk if each is as long as it can be.
    pub(super) bytes: u64,
}

impl Demand {
    /// What a plan needs at most that may spend `budget`.
    pub(in crate::service) fn of(plan: &Plan, budget: Option<Usd>) -> Self {
        let mut demand = Self::default();
        let mut paid = Vec::new();
        for node in plan.nodes.iter().filter(|node| node.verdict.is_work()) {
            let NodeWork::Take(take) = &node.work else { continue };
            if take.twin.is_some() {
                continue;
            }
            let request = &take.draft.request;
            let bytes = bytes(request.audio);
            match request.backend {
                BackendKind::Aimlapi => {
                    demand.models.insert(request.model.clone());
                    paid.push((node.price, bytes));
                }
                BackendKind::Sandbox => demand.will_render(bytes),
            }
        }
        paid.sort_by_key(|(price, _)| match price {
            Price::Known(amount) => (0, *amount),
            Price::Unknown => (1, Usd::ZERO),
        });
        let mut spent = Usd::ZERO;
        for (price, bytes) in paid {
            if let Price::Known(amount) = price {
                spent = spent.plus(amount);
            }
            if budget.is_some_and(|budget| spent > budget) {
                break;
            }
            demand.prices.push(price);
            demand.will_render(bytes);
        }
        let planned = demand.total().known;
        let most = planned.plus(plan.retakes.total.known);
        let allowed = budget.map_or(most, |budget| most.min(budget));
        demand.retakes = Usd::from_nanos(allowed.nanos() - planned.nanos()).max(Usd::ZERO);
        demand
    }

    fn will_render(&mut self, bytes: u64) {
        self.takes += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Whether anything is asked of the paid backend.
    pub(in crate::service) fn pays(&self) -> bool {
        !self.models.is_empty()
    }

    /// What it costs together.
    pub(super) fn total(&self) -> Total {
        let mut total = Total::default();
        self.prices.iter().for_each(|price| total.add(*price));
        total
    }

    /// How many takes so much money buys, cheapest first; those of unknown price not counted.
    pub(super) fn covered_by(&self, balance: Usd) -> usize {
        let mut spent = Usd::ZERO;
        let amounts = self.prices.iter().map_while(|price| match price {
            Price::Known(amount) => Some(*amount),
            Price::Unknown => None,
        });
        amounts
            .take_while(|amount| {
                spent = spent.plus(*amount);
                spent <= balance
            })
            .count()
    }
}

/// The size of the longest take with these settings, in stereo.
fn bytes(audio: AudioSettings) -> u64 {
    match audio.format {
        Format::Mp3 => u64::from(catalog::real_bitrate(audio)) / 8 * LONGEST,
        Format::Wav | Format::Pcm => u64::from(audio.sample_rate) * 4 * LONGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(prices: &[&str]) -> Demand {
        let price = |text: &&str| Usd::parse(text).map_or(Price::Unknown, Price::Known);
        Demand {
            prices: prices.iter().map(price).collect(),
            ..Demand::default()
        }
    }

    #[test]
    fn money_covers_whole_takes_and_none_of_unknown_price() {
        let covered = |prices: &[&str], balance: &str| demand(prices).covered_by(Usd::parse(balance).unwrap());
        assert_eq!(covered(&["0.03", "0.03", "0.03"], "0.07"), 2);
        assert_eq!(covered(&["0.03", "0.03"], "0.06"), 2);
        assert_eq!(covered(&["0.03"], "0.02"), 0);
        assert_eq!(covered(&["0.03", "unknown"], "9"), 1);
    }

    #[test]
    fn a_minute_of_sound_has_its_known_size() {
        let settings = |format| AudioSettings {
            format,
            sample_rate: 44_100,
            bitrate: 256_000,
        };
        assert_eq!(bytes(settings(Format::Mp3)), 1_920_000);
        assert_eq!(bytes(settings(Format::Wav)), 10_584_000);
    }
}
