use super::*;
use crate::report::doctor::Level;

fn usd(text: &str) -> Usd {
    Usd::parse(text).unwrap()
}

/// Takes of these prices; `unknown` is one.
fn demand(prices: &[&str]) -> Demand {
    Demand {
        prices: prices
            .iter()
            .map(|text| Usd::parse(text).map_or(Price::Unknown, Price::Known))
            .collect(),
        takes: prices.len(),
        ..Demand::default()
    }
}

#[test]
fn a_balance_is_held_against_the_plan() {
    let found = |left: &str, prices: &[&str]| {
        let check = balance(usd(left), &demand(prices));
        (check.level, check.finding)
    };
    let account = Level::Problem(Trouble::Account);
    assert_eq!(found("2", &[]), (Level::Ok, "$2.00 is left on the account".to_owned()));
    assert_eq!(found("2", &["0.5", "0.5"]).0, Level::Ok);
    assert_eq!(found("1", &["0.5", "0.5"]).0, Level::Ok, "to the last cent");
    assert_eq!(
        found("0.9", &["0.5", "0.5"]),
        (
            Level::Warning,
            "$0.90 is left on the account, and the plan costs $1.00: enough for 1 of 2 takes".to_owned()
        )
    );
    assert_eq!(
        found("0.4", &["0.5", "0.5"]),
        (
            account,
            "$0.40 is left on the account, and one take costs $0.50".to_owned()
        )
    );
    assert_eq!(found("0", &["unknown"]).0, account);
    assert_eq!(
        found("1", &["unknown"]).0,
        Level::Ok,
        "nobody knows that it is too little"
    );
    assert_eq!(balance(Usd::from_nanos(-5), &demand(&["0.5"])).level, account, "a debt");
}

#[test]
fn retakes_that_the_balance_does_not_cover_are_a_warning_and_no_more() {
    let found = |left: &str| {
        let demand = Demand {
            retakes: usd("1"),
            ..demand(&["0.5"])
        };
        let check = balance(usd(left), &demand);
        (check.level, check.finding)
    };
    assert_eq!(found("1.5").0, Level::Ok);
    let (level, finding) = found("1.2");
    assert_eq!(level, Level::Warning);
    assert!(
        finding.ends_with("enough for the plan ($0.50), but not for all its retakes (up to $1.00)"),
        "{finding}"
    );
}

#[test]
fn a_model_that_is_gone_names_its_successor() {
    let found = |standing| model("music-01", &Finding::Known(standing));
    let withdrawn = |successor: Option<&str>| Standing::Withdrawn {
        since: Some("2026-08-17".to_owned()),
        successor: successor.map(str::to_owned),
    };
    for (standing, successor) in [
        (withdrawn(Some("minimax/music-9")), "minimax/music-9"),
        (withdrawn(None), "minimax/music-2.6"),
        (Standing::Absent, "minimax/music-2.6"),
    ] {
        let check = found(standing);
        assert_eq!(check.trouble(), Some(Trouble::Other));
        assert!(check.help[0].contains(successor), "{check:?}");
    }
    let other = model("music-99", &Finding::Known(Standing::Absent));
    assert!(other.help[0].contains("check the name"), "{other:?}");
}

#[test]
fn what_cannot_be_told_is_a_warning() {
    let doubt = || "HTTP 500".to_owned();
    let said = Preflight {
        balance: Finding::CannotTell(doubt()),
        models: vec![("music-01".to_owned(), Finding::CannotTell(doubt()))],
        skew: None,
    };
    let checks = of(&said, &demand(&["0.5"]));
    assert_eq!(checks.len(), 2);
    assert!(checks.iter().all(|check| check.level == Level::Warning), "{checks:?}");
}

#[test]
fn no_money_is_not_a_refused_key() {
    let refused = |class| account(&Finding::Refused(StepFailure::new(class, "no")), &demand(&["0.5"]));
    let key = refused(FailureClass::Auth);
    assert_eq!(
        (key.len(), key[0].about, key[0].trouble()),
        (1, "account", Some(Trouble::Account))
    );
    let money = refused(FailureClass::Credits);
    assert_eq!((money[0].about, money[0].level), ("account", Level::Ok));
    assert_eq!(
        (money[1].about, money[1].trouble()),
        ("balance", Some(Trouble::Account))
    );
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let found = |seconds| clock(SignedDuration::from_secs(seconds));
    for fine in [0, 300, -300] {
        assert_eq!(found(fine).level, Level::Ok, "{fine}");
    }
    assert_eq!(
        found(420).finding,
        "this machine's clock is 7m 00s behind the backend's"
    );
    assert_eq!(
        found(-420).finding,
        "this machine's clock is 7m 00s ahead of the backend's"
    );
    assert_eq!(found(420).level, Level::Warning);
}

#[test]
fn a_plan_that_surely_does_not_fit_is_refused() {
    let demand = Demand {
        takes: 100,
        bytes: 1_000_000_000,
        ..Demand::default()
    };
    let found = |free| disk(Some(free), &demand).level;
    let machine = Level::Problem(Trouble::Machine);
    let room = store::ROOM;
    assert_eq!(found(room - 1), machine);
    assert_eq!(found(room + 499_999_999), machine);
    assert_eq!(found(room + 500_000_000), Level::Warning);
    assert_eq!(found(room + 1_000_000_000), Level::Ok);
    assert_eq!(
        disk(None, &demand).level,
        Level::Ok,
        "a system that does not tell stops nothing"
    );
    let check = disk(Some(room), &demand);
    assert!(
        check.finding.contains("100 takes of a minute each are 1.0 GB"),
        "{check:?}"
    );
}
