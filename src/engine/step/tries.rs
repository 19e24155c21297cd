//! The tries of a take: which one is its turn, and whether another one follows.
//!
//! Asks the store each time a step begins, and keeps no count of its own: what was bought by any run before is a try, and
//! what is not known to have come to an end stops the walk. Buys nothing by itself: each try is one purchase like any other.

use super::{Briefing, Finish, Step, Tried, machine, store_failed};
use crate::{
    backend::Backend,
    engine::{
        place::set_aside,
        seam::{EffectLog, PayLedger, blocking},
    },
    plan::{Node, OutsideTry, RenderRequest, Standing, Take, Walk, walk},
    store::StoreError,
};

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Makes sure that a take is on disk, or one more of its tries.
    pub(super) async fn tries(&mut self, node: &Node, take: &Take, briefing: &Briefing) -> Finish {
        let first = take.at_try(0).draft;
        let Some(request) = first.complete(&self.plan, |id| briefing.audio.get(&id).copied()) else {
            return Finish::Failed(machine("a take that is to be the reference has no audio"));
        };
        if !take.gates.asks() {
            return self.take(node, take, request).await;
        }
        match Box::pin(self.next_try(node, take, (&request, briefing.announced))).await {
            Ok(finish) => finish,
            Err(error) => Finish::Failed(store_failed(&error)),
        }
    }

    async fn next_try(
        &mut self,
        node: &Node,
        take: &Take,
        (first, announced): (&RenderRequest, u32),
    ) -> Result<Finish, StoreError> {
        let mut walk = self.walk(take, first).await?;
        let stands = matches!(walk.standing, Standing::Stands(_));
        let is_beyond = walk.number > take.gates.retake;
        if !stands
            && !is_beyond
            && walk.number > announced
            && let Some(last) = walk.outside.pop()
        {
            // Another process or take bought what was to be bought here, and it is outside, too.
            return Ok(self.outside(first, last, walk.number));
        }
        let mut tried = take.at_try(walk.number);
        tried.outside = walk.outside;
        if stands {
            // None follows.
            tried.gates.retake = walk.number;
        }
        set_aside(&self.plan, &self.ports, (node, &tried), first).await?;
        let request = first.of_try(walk.number);
        let mut node = node.clone();
        if walk.number > take.attempt {
            // What it is the same as was bought and is outside; nobody else asks for this one.
            tried.twin = None;
            node.price = self.plan.price_of(&request);
        }
        if stands || is_beyond {
            // It is there, or more were asked for once: what came of it may be found out, but it is not bought.
            tried.twin = Some(node.id);
        }
        let finish = self.take(&node, &tried, request).await;
        if is_beyond && matches!(finish, Finish::Failed(_)) && self.walk(take, first).await?.number < walk.number {
            // It was found out that it came to nothing: what is there without it stands.
            return Ok(Finish::Anew);
        }
        let Finish::Done(Some(stored)) = finish else {
            return Ok(finish);
        };
        let misses = tried.misses(&stored);
        if misses.is_empty() || !tried.may_be_retaken() {
            return Ok(Finish::Done(Some(stored)));
        }
        let outside = OutsideTry {
            number: walk.number,
            stored,
            misses,
        };
        Ok(self.outside(first, outside, walk.number + 1))
    }

    fn outside(&self, first: &RenderRequest, outside: OutsideTry, next: u32) -> Finish {
        let price = self.plan.price_of(&first.of_try(next));
        Finish::Outside(Box::new(Tried { outside, next, price }))
    }

    async fn walk(&self, take: &Take, first: &RenderRequest) -> Result<Walk, StoreError> {
        let _few = self.looks.acquire().await;
        let (keys, gates) = (first.try_keys(), take.gates);
        blocking(&self.ports.store, move |store| {
            let known = store.try_recall(&keys)?;
            Ok(walk(&gates, |number| known.get(&keys[number as usize])))
        })
        .await
    }
}
