//! Audio that arrived and is gone from the disk before it is a take.

use super::{
    SONG,
    harness::{Play, Scripted, Studio},
};
use crate::{
    base::{digest::Digest, ids::TakeName, money::Usd},
    catalog::BackendKind,
    engine::{
        Became, Earlier, Ports,
        admission::Pass,
        seam::{EffectLog, Embedded, Intent, PayLedger, Settlement},
        step::{Briefing, Finish, Message, Step},
    },
    event::{Billed, FailureClass, StepFailure},
    plan::Key,
    store::{ClaimId, Claimed, Store, StoreError, fs},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, watch};

/// When the audio is taken away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Received,
    /// Only the ledger breaks down.
    Never,
    /// After it was received.
    Heard,
}

/// A ledger beside which audio is taken away.
#[derive(Debug)]
struct Thief {
    ledger: Embedded,
    store: Arc<Store>,
    when: When,
    taken: Mutex<Option<Digest>>,
}

impl Thief {
    fn take(&self, digest: Digest) {
        std::fs::remove_dir_all(self.store.blob_path(digest).parent().unwrap()).unwrap();
        *self.taken.lock().unwrap() = Some(digest);
    }
}

impl EffectLog for Thief {
    async fn effect<T: Send, W: Future<Output = T> + Send>(&self, name: &'static str, work: W) -> T {
        self.ledger.effect(name, work).await
    }

    async fn sleep(&self, length: Duration) {
        self.ledger.sleep(length).await;
    }
}

impl PayLedger for Thief {
    async fn look(&self, key: Key, take: TakeName, pipeline: String) -> Result<Option<Claimed>, StoreError> {
        self.ledger.look(key, take, pipeline).await
    }

    async fn begin(&self, intent: Intent) -> Result<Claimed, StoreError> {
        self.ledger.begin(intent).await
    }

    async fn settle(&self, claim: ClaimId, settlement: Settlement) -> Result<(), StoreError> {
        let digest = match &settlement {
            Settlement::Received(answered) => Some(answered.blob.digest),
            _ => None,
        };
        match digest {
            Some(digest) if self.when == When::Received => self.take(digest),
            Some(_) if self.when == When::Never => {
                return Err(StoreError::State {
                    found: "frozen".to_owned(),
                    wanted: "received",
                });
            }
            _ => {}
        }
        self.ledger.settle(claim, settlement).await?;
        if let (Some(digest), When::Heard) = (digest, self.when) {
            self.take(digest);
        }
        Ok(())
    }
}

fn studio(play: Play) -> Studio {
    let one = SONG
        .replace("takes: 2", "takes: 1")
        .replace("[Lisbon, Osaka]", "[Lisbon]");
    let studio = Studio::new(&one);
    studio.backend.will([play]);
    studio
}

/// Does the one step of a pipeline, and gives what is said to be unsure.
async fn unsure(studio: &Studio, store: &Arc<Store>, when: When) -> StepFailure {
    let plan = Arc::new(studio.plan(store));
    let (messages, mut heard) = mpsc::unbounded_channel();
    let (_stop, stop) = watch::channel(None);
    let step = Step::<Scripted, Thief> {
        plan: Arc::clone(&plan),
        ports: Arc::new(Ports {
            store: Arc::clone(store),
            backends: studio.backends(),
            clock: studio.clock(),
            folder: studio.path("takes"),
            shown: "takes".into(),
            ears: Semaphore::new(1),
        }),
        seam: Arc::new(Thief {
            ledger: Embedded::new(Arc::clone(store)),
            store: Arc::clone(store),
            when,
            taken: Mutex::default(),
        }),
        run: "run".into(),
        looks: Arc::new(Semaphore::new(1)),
        messages,
        lookups: Arc::new(BTreeMap::<BackendKind, _>::new()),
        stop,
        day: None,
    };
    let seam = Arc::clone(&step.seam);
    let nodes: Vec<_> = plan.nodes.iter().map(|node| node.id).collect();
    let performed = tokio::spawn(async move {
        for id in nodes {
            step.clone().perform(id, Briefing::default()).await;
        }
    });
    while let Some(message) = heard.recv().await {
        match message {
            Message::Ask(_, reply) => reply.send(Pass::Go).unwrap(),
            Message::Finished(_, Finish::Unsure(failure)) => {
                performed.await.unwrap();
                assert_eq!(seam.taken.lock().unwrap().is_some(), when != When::Never);
                return failure;
            }
            Message::Finished(_, Finish::Failed(failure)) => panic!("not unsure: {failure:?}"),
            _ => {}
        }
    }
    panic!("the steps ended without a word")
}

#[tokio::test]
async fn audio_that_is_gone_is_not_said_to_be_kept_and_a_person_decides() {
    for when in [When::Received, When::Heard] {
        let studio = studio(Play::Music);
        let store = studio.store();
        let failure = unsure(&studio, &store, when).await;
        assert_eq!(
            (failure.class, failure.billed),
            (FailureClass::Lost, Billed::Yes),
            "{failure:?}"
        );
        assert_eq!(failure.charged, Usd::parse("0.0315"));
        assert!(
            failure
                .message
                .starts_with("the audio arrived and is gone from the disk: ")
                && failure.message.contains("missing"),
            "{}",
            failure.message
        );
        assert!(
            !failure.help.clone().unwrap_or_default().contains("kept"),
            "{failure:?}"
        );
        let left = &store.unsure_takes().unwrap()[0];
        assert_eq!(
            (left.failure.class, left.failure.billed),
            (FailureClass::Lost, Billed::Yes)
        );
    }
}

#[tokio::test]
async fn audio_that_is_gone_and_came_by_a_link_is_left_to_the_next_run() {
    for when in [When::Received, When::Heard] {
        let studio = studio(Play::Link);
        let store = studio.store();
        let failure = unsure(&studio, &store, when).await;
        assert_eq!(
            (failure.class, failure.billed),
            (FailureClass::Unreachable, Billed::Yes),
            "{failure:?}"
        );
        let help = failure.help.clone().unwrap_or_default();
        assert!(
            help.contains("gone from the disk; its link is kept: the next run fetches it again"),
            "{help}"
        );
        assert!(store.unsure_takes().unwrap()[0].has_link);
        let earlier = Earlier {
            store: Arc::clone(&store),
            backends: studio.backends(),
            clock: studio.clock(),
        };
        let settled = earlier.settle(Vec::new(), store.unsure_takes().unwrap()).await.unwrap();
        assert!(matches!(settled[0].became, Became::Take), "{settled:?}");
        assert_eq!(studio.backend.counts().renders.len(), 1);
    }
}

#[tokio::test]
async fn audio_that_is_there_is_said_to_be_kept() {
    let studio = studio(Play::Bytes(b"no music".to_vec()));
    let store = studio.store();
    let failure = unsure(&studio, &store, When::Never).await;
    let help = failure.help.unwrap_or_default();
    let path = help.rsplit("the audio arrived and is kept in ").next().unwrap();
    assert_eq!(fs::read(std::path::Path::new(path)).unwrap(), b"no music");
}
