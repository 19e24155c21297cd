//! What earlier processes left behind, settled before anything is planned: audio that arrived becomes a take, a link is
//! fetched, what lies under its name already is taken on, and a call whose outcome nobody knows is looked up in the account's log, once and without waiting.
//!
//! Buys nothing and uploads nothing. What cannot be found out stays as it was. Knows nothing of plans: it is told which
//! calls are meant.

use super::{
    accept,
    chance::chance,
    retry,
    seam::{Answered, blocking},
    step::doubt::{self, Wrong},
};
use crate::{
    backend::{Backend, Fate, Link, Outcome},
    base::{
        door::Sink,
        money::{Price, Usd},
        time::{Clock, Timestamp},
    },
    catalog::BackendKind,
    event::{Billed, FailureClass, StepFailure},
    plan::{Key, RenderRequest},
    store::{Adopted, ArrivedTake, Blob, ClaimId, Store, StoreError, TakenOver, UnsureTake},
};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
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

/// A call that was paid for and has audio, here or behind a link.
struct Call {
    claim: ClaimId,
    key: Key,
    take: String,
    request_id: String,
    since: Timestamp,
    price: Price,
    charged: Option<Usd>,
}

impl From<&ArrivedTake> for Call {
    fn from(take: &ArrivedTake) -> Self {
        Self {
            claim: take.claim,
            key: take.key,
            take: take.take.clone(),
            request_id: take.request_id.clone(),
            since: take.since,
            price: take.price,
            charged: take.charged,
        }
    }
}

impl From<&UnsureTake> for Call {
    fn from(take: &UnsureTake) -> Self {
        Self {
            claim: take.claim,
            key: take.key,
            take: take.take.clone(),
            request_id: take.request_id.clone(),
            since: take.since,
            price: take.price,
            charged: take.charged,
        }
    }
}

impl<B: Backend> Earlier<B> {
    /// Takes on those of these calls whose audio lies in the output folder already, under one of the names that are given
    /// with its key: their process could write it there, and not the ledger. Gives them, and those that are left.
    pub async fn adopt(
        &self,
        (folder, names): (&Path, Vec<(Key, String)>),
        unsure: Vec<UnsureTake>,
    ) -> Result<(Vec<Settled>, Vec<UnsureTake>), StoreError> {
        let (mut settled, mut left) = (Vec::new(), Vec::new());
        for take in unsure {
            let under = names.iter().filter(|(key, _)| *key == take.key);
            let (folder, under): (_, Vec<_>) = (folder.to_owned(), under.cloned().collect());
            let adopted = blocking(&self.store, move |store| store.adopt_any(&folder, &under)).await?;
            match adopted {
                Adopted::Call => settled.push(of(&take.take, &take.request_id, Became::Take)),
                Adopted::Take | Adopted::Nothing => left.push(take),
            }
        }
        Ok((settled, left))
    }

    /// Settles what can be settled of these calls.
    pub async fn settle(&self, arrived: Vec<ArrivedTake>, unsure: Vec<UnsureTake>) -> Result<Vec<Settled>, StoreError> {
        let mut settled = Vec::new();
        let (linked, lost): (Vec<_>, Vec<_>) = unsure.into_iter().partition(|take| take.has_link);
        // Without a backend what waits behind a link stays as it is.
        let linked = linked.iter().filter(|take| self.backends.contains_key(&take.backend));
        for call in arrived.iter().map(Call::from).chain(linked.map(Call::from)) {
            if let Some(became) = self.go_on(&call).await? {
                settled.push(of(&call.take, &call.request_id, became));
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

    /// Goes on with a call that was paid for; nothing if somebody else does, or nobody can be asked.
    async fn go_on(&self, call: &Call) -> Result<Option<Became>, StoreError> {
        let (claim, key) = (call.claim, call.key);
        let Some(request) = blocking(&self.store, move |store| store.request(key)).await? else {
            let why = "the ledger does not know what was asked for";
            return Ok(Some(Became::Unknown(why.to_owned())));
        };
        // What there is now counts: others may have been at it since the caller looked.
        match blocking(&self.store, move |store| store.take_over(claim)).await? {
            TakenOver::Nothing => Ok(None),
            TakenOver::Audio { blob, charged } => self.finish(call, &request, (blob, charged)).await.map(Some),
            TakenOver::Link => match self.backends.get(&request.backend) {
                Some(backend) => self.fetch(call, &request, backend).await.map(Some),
                None => self.give_back(claim).await.map(|()| None),
            },
        }
    }

    async fn give_back(&self, claim: ClaimId) -> Result<(), StoreError> {
        blocking(&self.store, move |store| store.give_back(claim)).await
    }

    /// Makes a take of audio that is in the store and belongs to this process.
    async fn finish(
        &self,
        call: &Call,
        request: &RenderRequest,
        (blob, charged): (Blob, Option<Usd>),
    ) -> Result<Became, StoreError> {
        let claim = call.claim;
        let answered = Answered {
            blob,
            charged,
            traces: Vec::new(),
        };
        let failure = match accept::hear(&self.store, &answered, request).await {
            Ok(accepted) => {
                let stored = accepted.stored(request, &answered, (self.clock.now(), call.price));
                blocking(&self.store, move |store| store.commit(claim, &stored)).await?;
                return Ok(Became::Take);
            }
            Err(failure) if failure.class == FailureClass::Machine => {
                self.give_back(claim).await?;
                return Ok(Became::Waits(failure.billed(Billed::Yes)));
            }
            Err(failure) => accept::with_charge(failure, charged),
        };
        let fate = match self.backends.get(&request.backend) {
            Some(backend) if failure.billed != Billed::Yes => {
                let ids = [call.request_id.clone()];
                backend
                    .look_up(&ids, call.since)
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

    /// Fetches what waits behind the link of a call that belongs to this process.
    async fn fetch(&self, call: &Call, request: &RenderRequest, backend: &Arc<B>) -> Result<Became, StoreError> {
        let (claim, charged) = (call.claim, call.charged);
        let link = blocking(&self.store, move |store| store.link(claim)).await?;
        let link = link.and_then(|link| Link::new(link.expose()));
        let fetched = match &link {
            Some(link) => self.fetch_from(backend, link, claim).await?,
            None => Err(gone("what the ledger holds of it is no link")),
        };
        match fetched {
            Ok(blob) => self.finish(call, request, (blob, charged)).await,
            Err(failure) if failure.class == FailureClass::Lost => {
                let failure = doubt::paid(Wrong::Lost, None, StepFailure { charged, ..failure });
                let noted = failure.clone();
                blocking(&self.store, move |store| store.fail(claim, &noted)).await?;
                Ok(Became::Paid(failure))
            }
            Err(failure) => {
                let noted = failure.clone();
                blocking(&self.store, move |store| store.unsure(claim, &noted)).await?;
                Ok(Became::Waits(failure))
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
                fate => {
                    let noted = self.note(&take, fate).await?;
                    noted.unwrap_or_else(|| Became::Unknown("another process has it in hand".to_owned()))
                }
            };
            settled.push(of(&take.take, &take.request_id, became));
        }
        Ok(settled)
    }

    /// Writes down what the log says of a call; nothing if somebody else has settled it or has it in hand.
    pub(super) async fn note(
        &self,
        take: &UnsureTake,
        fate: Result<Option<Fate>, StepFailure>,
    ) -> Result<Option<Became>, StoreError> {
        let wrong = match take.failure.class {
            FailureClass::BadAnswer | FailureClass::Moderation => Wrong::NoTake,
            _ => Wrong::Lost,
        };
        let (failure, became) = judge(wrong, fate, take.failure.clone());
        if failure.billed == Billed::Unknown {
            return Ok(Some(became));
        }
        let claim = take.claim;
        let noted = blocking(&self.store, move |store| store.found_out(claim, &failure)).await?;
        Ok(noted.then_some(became))
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
