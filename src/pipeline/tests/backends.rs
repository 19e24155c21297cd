//! `backends:` and `timezone:`, from the file, an include and a profile.

use super::{Given, lyrics};
use crate::{
    base::money::Usd,
    catalog::BackendKind,
    pipeline::{OwnPrice, Pipeline},
};
use std::time::Duration;

const CHORUS: &str = "  chorus: { template: la }\n";

fn price(pipeline: &Pipeline) -> &OwnPrice {
    &pipeline.backends[&BackendKind::Aimlapi].prices["music-01"]
}

#[test]
fn settings_are_read_and_a_price_knows_its_place() {
    let text = lyrics(CHORUS)
        + "timezone: Asia/Tokyo\n\
           backends:\n\
           \x20 sandbox: { timeout: 10s }\n\
           \x20 aimlapi:\n\
           \x20   { concurrency: 2, rate: 10/1m, patience: 0s, prices: { minimax/music-01: 0.05 } }\n\
           schedules: { nightly: { cron: '0 3 * * *' }, noon: { cron: '0 12 * * *', timezone: UTC } }\n";
    let pipeline = Given::new(&text).good();
    assert_eq!(pipeline.timezone.as_deref(), Some("Asia/Tokyo"));
    let zones: Vec<_> = pipeline.schedules.iter().map(|one| one.timezone.as_str()).collect();
    assert_eq!(zones, ["Asia/Tokyo", "UTC"]);
    let paid = &pipeline.backends[&BackendKind::Aimlapi];
    assert_eq!(paid.concurrency.map(std::num::NonZero::get), Some(2));
    assert_eq!(
        paid.rate.map(|rate| (rate.calls.get(), rate.per)),
        Some((10, Duration::from_secs(60)))
    );
    assert_eq!((paid.timeout, paid.patience), (None, Some(Duration::ZERO)));
    assert_eq!(price(&pipeline).amount, Usd::parse("0.05").unwrap());
    assert_eq!(price(&pipeline).at.to_string(), "p/rain.yaml:11:78");
    let free = &pipeline.backends[&BackendKind::Sandbox];
    assert_eq!(free.timeout, Some(Duration::from_secs(10)));
    assert!(Given::new(&lyrics(CHORUS)).good().backends.is_empty());
}

#[test]
fn an_include_is_the_projects_configuration_and_a_profile_merges_into_it() {
    let text = lyrics(CHORUS)
        + "include: [studio.yaml]\n\
           profiles: { live: { timezone: UTC, backends: { aimlapi: { prices: { music-01: 0.07 } } } } }\n";
    let studio =
        "version: 1\ntimezone: Europe/Lisbon\nbackends: { aimlapi: { patience: 1m, prices: { music-01: 0.05 } } }\n";
    let given = || Given::new(&text).file("p/studio.yaml", studio);
    let plain = given().good();
    assert_eq!(plain.timezone.as_deref(), Some("Europe/Lisbon"));
    assert_eq!(price(&plain).at.to_string(), "p/studio.yaml:3:58");
    let live = given().profile("live").good();
    assert_eq!(live.timezone.as_deref(), Some("UTC"));
    assert_eq!(price(&live).amount, Usd::parse("0.07").unwrap());
    assert_eq!(price(&live).at.file, "p/rain.yaml");
    let patience = live.backends[&BackendKind::Aimlapi].patience;
    assert_eq!(
        patience,
        Some(Duration::from_secs(60)),
        "what the profile does not name stays"
    );
}

#[test]
fn a_schedule_without_a_zone_says_so_once_and_a_wrong_one_is_not_blamed_twice() {
    let schedules = "schedules: { nightly: { cron: '0 3 * * *' } }\n";
    let bad = Given::new(&(lyrics(CHORUS) + schedules)).bad();
    assert_eq!(bad, ["p/rain.yaml:7:14 missing-key: `nightly` has no key `timezone`"]);
    let bad = Given::new(&(lyrics(CHORUS) + "timezone: Mars\n" + schedules)).bad();
    assert_eq!(bad, ["p/rain.yaml:7:11 unknown-timezone: there is no time zone `Mars`"]);
}
