//! What earlier processes left behind, settled before anything is planned: audio that arrived becomes a take, a link is
//! fetched, and a call whose outcome nobody knows is looked up in the account's log, once and without waiting.
//!
//! Buys nothing and uploads nothing. What cannot be found out stays as it was. Knows nothing of plans: it is told which
//! calls are meant.

use super::{
    accept, retry,
    seam::{Answered, blocking},
    step::{
        chance,
        doubt::{self, Wrong},
    },
};
use crate::{
    backend::{Backend, Fate, Link, Outcome},
    base::{door::Sink, time::Clock},
    catalog::BackendKind,
    event::{Billed, FailureClass, StepFailure},
    store::{ArrivedTake, Blob, ClaimId, Store, StoreError, UnsureTake},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Tries to fetch audio behind a link at the start of a run: nobody waits minutes for it then.
const TRIES: u32 = 4;

/// What earlier calls are settled with.
#[derive(Debug)]
pub struct Earlier<B> {
    /// Where they stand.
    pub store: Arc<Store>,
    /// Who can be asked about them.
    pub backends: HashMap<BackendKind, Arc<B>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// An earlier call, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// For which take, as it was called then.
    pub take: String,
    /// Names the call at the backend.
    pub request_id: String,
    /// What it turned out to be.
    pub became: Became,
}

/// What became of an earlier call.
#[derive(Clone, Debug, PartialEq)]
pub enum Became {
    /// Its audio was here, or was fetched: it is a take.
    Take,
    /// It was paid for, and there is no take: a person decides whether to buy it again.
    Paid(StepFailure),
    /// It was not charged: its key is free.
    NotCharged,
    /// It is paid for, and its audio could not be had this time; the next run tries again.
    Waits(StepFailure),
    /// Nobody knows; a phrase says why.
    Unknown(String),
}

impl<B: Backend> Earlier<B> {
    /// Settles what can be settled of these calls.
    pub async fn settle(&self, arrived: Vec<ArrivedTake>, unsure: Vec<UnsureTake>) -> Result<Vec<Settled>, StoreError> {
        let mut settled = Vec::new();
        for take in arrived {
            let claim = take.claim;
            if self.take_over(claim).await? {
                let became = self.finish(&take).await?;
                settled.push(of(&take.take, &take.request_id, became));
            }
        }
        let (linked, lost): (Vec<_>, Vec<_>) = unsure.into_iter().partition(|take| take.has_link);
        for take in linked {
            if let Some(became) = self.fetch(&take).await? {
                settled.push(of(&take.take, &take.request_id, became));
            }
        }
        let mut by_backend: BTreeMap<BackendKind, Vec<UnsureTake>> = BTreeMap::new();
        // What was charged is known; only a person can say how to go on.
        for take in lost.into_iter().filter(|take| take.failure.billed != Billed::Yes) {
            by_backend.entry(take.backend).or_default().push(take);
        }
        for (kind, takes) in by_backend {
            settled.extend(self.look_up(kind, takes).await?);
        }
        Ok(settled)
    }

    async fn take_over(&self, claim: ClaimId) -> Result<bool, StoreError> {
        blocking(&self.store, move |store| store.take_over(claim)).await
    }

    /// Makes a take of audio that is in the store and belongs to this process.
    async fn finish(&self, take: &ArrivedTake) -> Result<Became, StoreError> {
        let (claim, key) = (take.claim, take.key);
        let Some(request) = blocking(&self.store, move |store| store.request(key)).await? else {
            return Ok(Became::Unknown(
                "the ledger does not know what was asked for".to_owned(),
            ));
        };
        let answered = Answered {
            blob: take.blob,
            charged: take.charged,
            traces: Vec::new(),
        };
        let failure = match accept::hear(&self.store, &answered, &request).await {
            Ok(accepted) => {
                let stored = accepted.stored(&request, &answered, (self.clock.now(), take.price));
                blocking(&self.store, move |store| store.commit(claim, &stored)).await?;
                return Ok(Became::Take);
            }
            Err(failure) if failure.class == FailureClass::Machine => {
                return Ok(Became::Waits(failure.billed(Billed::Yes)));
            }
            Err(failure) => accept::with_charge(failure, take.charged),
        };
        let fate = match self.backends.get(&request.backend) {
            Some(backend) if failure.billed != Billed::Yes => {
                let ids = [take.request_id.clone()];
                backend
                    .look_up(&ids, take.since)
                    .await
                    .map(|mut fates| fates.remove(&ids[0]))
            }
            _ => Ok(None),
        };
        let (failure, became) = judge(Wrong::NoTake, fate, failure);
        blocking(&self.store, move |store| match failure.billed {
            Billed::Unknown => store.unsure(claim, &failure),
            Billed::No | Billed::Yes => store.fail(claim, &failure),
        })
        .await?;
        Ok(became)
    }

    /// Fetches what waits behind a link; nothing if nobody can be asked, or somebody else is at it.
    async fn fetch(&self, take: &UnsureTake) -> Result<Option<Became>, StoreError> {
        let claim = take.claim;
        let Some(backend) = self.backends.get(&take.backend) else {
            return Ok(None);
        };
        if !self.take_over(claim).await? {
            return Ok(None);
        }
        let link = blocking(&self.store, move |store| store.link(claim)).await?;
        let link = link.and_then(|link| Link::new(link.expose()));
        let fetched = match &link {
            Some(link) => self.fetch_from(backend, link, claim).await?,
            None => Err(gone("what the ledger holds of it is no link")),
        };
        match fetched {
            Ok(blob) => {
                let arrived = ArrivedTake {
                    claim,
                    key: take.key,
                    take: take.take.clone(),
                    request_id: take.request_id.clone(),
                    since: take.since,
                    price: take.price,
                    blob,
                    charged: take.charged,
                };
                self.finish(&arrived).await.map(Some)
            }
            Err(failure) if failure.class == FailureClass::Lost => {
                let charged = take.charged;
                let failure = doubt::paid(Wrong::Lost, None, StepFailure { charged, ..failure });
                let noted = failure.clone();
                blocking(&self.store, move |store| store.fail(claim, &noted)).await?;
                Ok(Some(Became::Paid(failure)))
            }
            Err(failure) => {
                let noted = failure.clone();
                blocking(&self.store, move |store| store.unsure(claim, &noted)).await?;
                Ok(Some(Became::Waits(failure)))
            }
        }
    }

    /// The audio behind a link, in the store and `received`.
    async fn fetch_from(
        &self,
        backend: &Arc<B>,
        link: &Link,
        claim: ClaimId,
    ) -> Result<Result<Blob, StepFailure>, StoreError> {
        let mut writer = blocking(&self.store, Store::blob_writer).await?;
        let mut tried = 1;
        loop {
            let sink: &mut dyn Sink = &mut writer;
            let failure = match backend.fetch(link, sink).await {
                Outcome::Done(_) => break,
                Outcome::Refused(failure) if failure.class != FailureClass::Lost => return Ok(Err(failure)),
                Outcome::Refused(failure) | Outcome::Busy { failure, .. } | Outcome::Unsure(failure) => failure,
            };
            let pause = retry::fetch_pause(tried, chance(&*self.clock)).filter(|_| tried < TRIES);
            let Some(pause) = pause else { return Ok(Err(failure)) };
            tokio::time::sleep(pause).await;
            tried += 1;
        }
        let landed = blocking(&self.store, move |store| store.take_in(claim, writer));
        landed.await.map(Ok)
    }

    /// Asks one log about all of them.
    async fn look_up(&self, kind: BackendKind, takes: Vec<UnsureTake>) -> Result<Vec<Settled>, StoreError> {
        let (fates, account) = match self.backends.get(&kind) {
            Some(backend) => {
                let ids: Vec<_> = takes.iter().map(|take| take.request_id.clone()).collect();
                let since = takes
                    .iter()
                    .map(|take| take.since)
                    .min()
                    .unwrap_or_else(|| self.clock.now());
                (backend.look_up(&ids, since).await, Some(backend.account()))
            }
            // The sandbox of an earlier process is gone with its log, and took no money.
            None if kind == BackendKind::Sandbox => {
                let free = takes.iter().map(|take| (take.request_id.clone(), Fate::NotCharged));
                (Ok(free.collect()), None)
            }
            None => return Ok(Vec::new()),
        };
        let mut settled = Vec::new();
        for take in takes {
            let is_other = take.account.is_some() && account.is_some() && take.account != account;
            let fate = match &fates {
                Ok(fates) => Ok(fates.get(&take.request_id).cloned()),
                Err(failure) => Err(failure.clone()),
            };
            let became = match fate {
                Ok(None) if is_other => {
                    Became::Unknown("it was made with another key or address, and only that account's log knows".into())
                }
                fate => self.note(&take, fate).await?,
            };
            settled.push(of(&take.take, &take.request_id, became));
        }
        Ok(settled)
    }

    async fn note(&self, take: &UnsureTake, fate: Result<Option<Fate>, StepFailure>) -> Result<Became, StoreError> {
        let wrong = match take.failure.class {
            FailureClass::BadAnswer | FailureClass::Moderation => Wrong::NoTake,
            _ => Wrong::Lost,
        };
        let (failure, became) = judge(wrong, fate, take.failure.clone());
        if failure.billed == Billed::Unknown {
            return Ok(became);
        }
        let claim = take.claim;
        let noted = blocking(&self.store, move |store| store.found_out(claim, &failure)).await?;
        Ok(if noted {
            became
        } else {
            Became::Unknown("another process has it in hand".to_owned())
        })
    }
}

/// What the log's word makes of a failure.
fn judge(wrong: Wrong, fate: Result<Option<Fate>, StepFailure>, failure: StepFailure) -> (StepFailure, Became) {
    match fate {
        _ if failure.billed == Billed::Yes => {
            let failure = doubt::paid(wrong, None, failure);
            (failure.clone(), Became::Paid(failure))
        }
        Ok(Some(Fate::NotCharged)) => (doubt::not_charged(failure.class, failure), Became::NotCharged),
        Ok(Some(fate)) => {
            let failure = doubt::paid(wrong, Some(fate), failure);
            (failure.clone(), Became::Paid(failure))
        }
        Ok(None) => {
            let why = "the account's log has no row of it";
            (doubt::unknown(why, failure), Became::Unknown(why.to_owned()))
        }
        Err(unread) => {
            let why = unread.message;
            (doubt::unknown(&why, failure), Became::Unknown(why))
        }
    }
}

fn of(take: &str, request_id: &str, became: Became) -> Settled {
    Settled {
        take: take.to_owned(),
        request_id: request_id.to_owned(),
        became,
    }
}

fn gone(message: &str) -> StepFailure {
    StepFailure::new(FailureClass::Lost, message).billed(Billed::Yes)
}
