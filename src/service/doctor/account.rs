//! Key, address, and what the backend says.

use crate::{
    backend::{
        Backend,
        aimlapi::{Aimlapi, SettingsError},
    },
    catalog::{self, BackendKind},
    plan::Plan,
    report::doctor::{Check, Level, Trouble},
    service::{
        CredentialError, Environment, account,
        credentials::Account,
        preflight::{self, Demand},
    },
};
use std::collections::BTreeSet;

/// What the questions depend on.
pub(super) struct Asking<'a> {
    /// The process's environment.
    pub(super) given: &'a Environment,
    /// The same with the project's `.env`.
    pub(super) whole: &'a Environment,
    pub(super) plan: Option<&'a Plan>,
    pub(super) demand: &'a Demand,
    pub(super) offline: bool,
}

/// Looks at the account, as far as there is one.
pub(super) async fn look(asking: &Asking<'_>) -> Vec<Check> {
    let account = match account(asking.whole) {
        Ok(account) => account,
        Err(error) => return vec![no_key(&error, asking.demand)],
    };
    let mut checks = vec![key(&account, asking.given)];
    let is_local = account.is_local();
    let backend = match Aimlapi::new(&account.base, account.key) {
        Ok(backend) => backend,
        Err(error) => {
            let (about, trouble) = match error {
                SettingsError::Key => ("key", Trouble::Account),
                SettingsError::Address(_) | SettingsError::Credentials => ("address", Trouble::Other),
            };
            checks.push(Check::problem(about, trouble, error.to_string()));
            return checks;
        }
    };
    checks.push(address(backend.address(), is_local));
    if asking.offline {
        checks.push(Check::ok("network", "not asked (--offline)"));
    } else {
        checks.extend(ask(&backend, asking).await);
    }
    checks
}

fn no_key(error: &CredentialError, demand: &Demand) -> Check {
    if demand.pays() {
        return Check::problem("key", Trouble::Account, error.to_string())
            .help("a key comes from https://aimlapi.com/app/keys");
    }
    Check::ok("key", "none is set: only the paid backend needs one")
}

/// Which variable the key comes from, and which others hold another one.
fn key(account: &Account, given: &Environment) -> Check {
    let name = account.key_name;
    let origin = if given.get(name).is_some() {
        ""
    } else {
        ", from the project's .env"
    };
    if account.differing.is_empty() {
        return Check::ok("key", format!("that of {name} is used{origin}"));
    }
    let others = account.differing.join(" and ");
    Check::warning(
        "key",
        format!("{others} and {name} hold different keys; that of {name} is used{origin}"),
    )
    .help("unset those that are not meant")
}

fn address(base: &str, is_local: bool) -> Check {
    if is_local {
        return Check::warning(
            "address",
            format!("{base} is on this machine; what it renders is kept as takes of aimlapi"),
        );
    }
    if base.starts_with("http://") {
        return Check::warning("address", format!("the key is sent to {base} in the open")).help("use https://");
    }
    Check::ok("address", base)
}

async fn ask(backend: &Aimlapi, asking: &Asking<'_>) -> Vec<Check> {
    match backend.preflight(&models(asking.plan)).await {
        Ok(said) => {
            let mut checks = vec![Check::ok("network", "the backend answers")];
            let found = preflight::of(&said, asking.demand);
            checks.extend(found.into_iter().map(|check| weighed(check, asking.demand)));
            checks
        }
        Err(failure) => vec![preflight::away(&failure)],
    }
}

/// The paid models of the plan, whether or not something is to be bought of them; without any, those there are.
fn models(plan: Option<&Plan>) -> Vec<String> {
    let requests = plan
        .into_iter()
        .flat_map(Plan::takes)
        .map(|(_, take)| &take.draft.request);
    let used: BTreeSet<_> = requests
        .filter(|request| request.backend == BackendKind::Aimlapi)
        .map(|request| request.model.clone())
        .collect();
    if !used.is_empty() {
        return used.into_iter().collect();
    }
    let offered = catalog::models()
        .iter()
        .filter(|model| model.backends.contains(&BackendKind::Aimlapi));
    offered.map(|model| model.id.to_owned()).collect()
}

/// A model that is gone is no problem as long as nothing is to be bought of it.
fn weighed(check: Check, demand: &Demand) -> Check {
    match check.level {
        Level::Problem(Trouble::Other) if !demand.pays() => Check {
            level: Level::Warning,
            ..check
        },
        _ => check,
    }
}
