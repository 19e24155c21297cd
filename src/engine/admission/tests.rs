use super::*;
use crate::base::digest::Digest;
use oneshot::error::TryRecvError;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const NOW: Duration = seconds(1);

fn limit(concurrency: u32, calls: Option<u32>) -> Limit {
    let concurrency = NonZeroU32::new(concurrency).unwrap();
    let rate = calls.map(|calls| Rate {
        calls: NonZeroU32::new(calls).unwrap(),
        per: seconds(3600),
    });
    Limit { concurrency, rate }
}

fn admission(budget: &str) -> Admission {
    Admission::new(limit(9, None), BTreeMap::new(), Usd::parse(budget))
}

fn call(node: u32, price: &str) -> Call {
    Call {
        node: NodeId(node),
        backend: BackendKind::Aimlapi,
        key: None,
        price: Usd::parse(price).map_or(Price::Unknown, Price::Known),
    }
}

fn put(admission: &mut Admission, call: Call) -> oneshot::Receiver<Pass> {
    let (reply, answer) = oneshot::channel();
    admission.ask(call, reply);
    answer
}

fn ask(admission: &mut Admission, node: u32, price: &str) -> oneshot::Receiver<Pass> {
    put(admission, call(node, price))
}

/// A node that asks and goes.
fn go(admission: &mut Admission, node: u32) {
    let mut answer = ask(admission, node, "0.01");
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert_eq!(answer.try_recv(), Ok(Pass::Go), "{node}");
}

fn waits(answer: &mut oneshot::Receiver<Pass>) -> bool {
    answer.try_recv() == Err(TryRecvError::Empty)
}

fn is_denied(answer: &Answer, node: u32) -> bool {
    matches!(answer, Answer::OverBudget(denied, _) if *denied == NodeId(node))
}

#[test]
fn what_is_under_way_is_waited_for_before_anybody_is_denied() {
    let mut admission = admission("1.00");
    let mut first = ask(&mut admission, 1, "0.60");
    let mut second = ask(&mut admission, 2, "0.60");
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(first.try_recv().is_ok());
    assert!(waits(&mut second), "1.20 may not be under way at once");
    admission.settle(NodeId(1), Price::Known(Usd::parse("0.30").unwrap()));
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(second.try_recv().is_ok(), "it cost less than was reserved");
    admission.settle(NodeId(2), Price::Known(Usd::parse("0.60").unwrap()));
    let mut third = ask(&mut admission, 3, "0.60");
    assert!(is_denied(&admission.answer(NOW), 3));
    assert!(waits(&mut third));
}

#[test]
fn a_free_call_passes_and_an_unknown_price_does_not() {
    let mut admission = admission("0");
    let mut free = ask(&mut admission, 1, "0");
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(free.try_recv().is_ok());
    let _unknown = ask(&mut admission, 2, "nobody knows");
    assert!(is_denied(&admission.answer(NOW), 2));
}

#[test]
fn a_call_that_did_not_run_leaves_its_money_to_whoever_comes_first() {
    let mut admission = admission("1.00");
    for _ in 0..3 {
        let mut first = ask(&mut admission, 1, "0.80");
        let mut second = ask(&mut admission, 2, "0.80");
        assert_eq!(admission.answer(NOW), Answer::Fine);
        assert!(first.try_recv().is_ok() && waits(&mut second));
        admission.turned_away((NodeId(1), Setback::Away(Duration::ZERO)), None, NOW, 0);
    }
    let mut second = ask(&mut admission, 2, "0.80");
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(second.try_recv().is_ok());
    admission.take_back(NodeId(2));
    let mut third = ask(&mut admission, 3, "1.00");
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(third.try_recv().is_ok(), "there was no call to be made");
}

#[test]
fn closing_drops_every_question() {
    let mut admission = admission("1.00");
    let mut answer = ask(&mut admission, 1, "5");
    admission.close();
    assert_eq!(answer.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn the_first_in_plan_order_goes_first_also_when_it_asks_again() {
    let mut admission = Admission::new(limit(2, None), BTreeMap::new(), None);
    go(&mut admission, 1);
    go(&mut admission, 2);
    let mut others: Vec<_> = [9, 4, 7].map(|node| (node, ask(&mut admission, node, "0.01"))).into();
    assert_eq!(admission.answer(NOW), Answer::Fine);
    assert!(others.iter_mut().all(|(_, answer)| waits(answer)), "no slot is free");
    admission.turned_away((NodeId(2), Setback::Away(Duration::ZERO)), None, NOW, 0);
    let mut again = ask(&mut admission, 2, "0.01");
    admission.answer(NOW);
    assert_eq!(
        again.try_recv(),
        Ok(Pass::Go),
        "a retry does not go to the end of the queue"
    );
    admission.landed(NodeId(1));
    admission.answer(NOW);
    let gone: Vec<_> = others
        .iter_mut()
        .filter_map(|(node, answer)| answer.try_recv().is_ok().then_some(*node))
        .collect();
    assert_eq!(gone, [4]);
}

#[test]
fn a_backend_has_a_limit_of_its_own_within_that_of_the_run() {
    let own = BTreeMap::from([(BackendKind::Aimlapi, limit(1, Some(2)))]);
    let mut admission = Admission::new(limit(2, None), own, None);
    go(&mut admission, 1);
    let mut second = ask(&mut admission, 2, "0.01");
    let elsewhere = |node| Call {
        backend: BackendKind::Sandbox,
        ..call(node, "0")
    };
    let mut free = put(&mut admission, elsewhere(3));
    let mut crowded = put(&mut admission, elsewhere(4));
    admission.answer(NOW);
    assert!(waits(&mut second), "its backend takes one at a time");
    assert_eq!(free.try_recv(), Ok(Pass::Go), "and holds up no other");
    assert!(waits(&mut crowded), "the run takes two at a time");
    admission.landed(NodeId(1));
    admission.answer(NOW);
    assert_eq!(second.try_recv(), Ok(Pass::Go));
    admission.landed(NodeId(2));
    admission.landed(NodeId(3));
    let mut third = ask(&mut admission, 5, "0.01");
    admission.answer(NOW);
    assert!(waits(&mut third), "two calls an hour");
    assert_eq!(admission.next_wake(), Some(NOW + seconds(3600)));
}

#[test]
fn a_call_that_was_not_made_gives_back_slot_token_and_money() {
    let mut admission = Admission::new(limit(1, Some(1)), BTreeMap::new(), Usd::parse("0.01"));
    go(&mut admission, 1);
    admission.take_back(NodeId(1));
    go(&mut admission, 2);
}

#[test]
fn who_asks_for_the_same_waits_for_it_without_a_slot() {
    let mut admission = Admission::new(limit(1, Some(1)), BTreeMap::new(), None);
    let buying = |node| Call {
        key: Some(Key(Digest::of(b"a request"))),
        ..call(node, "0.01")
    };
    let mut first = put(&mut admission, buying(1));
    let mut twin = put(&mut admission, buying(2));
    admission.answer(NOW);
    assert_eq!(first.try_recv(), Ok(Pass::Go));
    admission.landed(NodeId(1));
    admission.answer(NOW);
    assert!(waits(&mut twin), "what landed is not a take yet");
    admission.over(NodeId(1));
    assert_eq!(twin.try_recv(), Ok(Pass::Look));
    let mut buyer = put(&mut admission, buying(2));
    admission.answer(NOW + seconds(3600));
    assert_eq!(buyer.try_recv(), Ok(Pass::Go), "nothing came of the first");
}

#[test]
fn a_call_that_is_refused_alone_is_tried_so_often_and_the_backend_a_little_longer() {
    let mut admission = Admission::new(limit(3, None), BTreeMap::new(), None);
    let mut now = NOW;
    let mut tries = Vec::new();
    for node in [1, 2, 3] {
        let mut made = 0;
        loop {
            let mut answer = ask(&mut admission, node, "0.01");
            let opens = admission.answer(now);
            assert_eq!(opens, Answer::Fine);
            now = admission.next_wake().unwrap_or(now);
            admission.answer(now);
            match answer.try_recv() {
                Ok(Pass::Go) => made += 1,
                Ok(Pass::Away) => break,
                other => panic!("{other:?}"),
            }
            let turn = admission.turned_away((NodeId(node), Setback::TooFast), None, now, 5);
            if turn == Turn::Enough {
                break;
            }
        }
        admission.over(NodeId(node));
        tries.push(made);
    }
    assert_eq!(tries, [MOST_ATTEMPTS, MOST_ATTEMPTS, 1]);
    let mut late = ask(&mut admission, 4, "0.01");
    assert_eq!(late.try_recv(), Ok(Pass::Away));
}

#[test]
fn who_waits_is_sent_back_when_what_it_needs_is_done_once_more() {
    let mut admission = Admission::new(limit(1, None), BTreeMap::new(), None);
    go(&mut admission, 1);
    let mut waiting = ask(&mut admission, 2, "0.01");
    let mut other = ask(&mut admission, 3, "0.01");
    admission.send_back(&[NodeId(1), NodeId(2)]);
    assert_eq!(waiting.try_recv(), Ok(Pass::Back));
    assert!(waits(&mut other));
}
