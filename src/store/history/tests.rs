use crate::{
    base::time::Timestamp,
    event::{Event, Record, RunEnd, StopCause, VERSION},
    store::{
        NewRun,
        testing::{open, store},
    },
};

fn record(run: &str, seq: u64, event: Event) -> Record {
    Record {
        v: VERSION,
        run: run.into(),
        seq,
        at: Timestamp::from_second(1_790_000_000).unwrap(),
        event,
    }
}

const NEW: NewRun<'_> = NewRun {
    pipeline: "rainy-city",
    file: "rainy-city.yaml",
    occasion: None,
};

#[test]
fn events_come_back_in_order_and_once() {
    let (_folder, store) = store();
    let run = store.begin_run(&NEW).unwrap();
    let stopping = Event::Stopping {
        cause: StopCause::Interrupted,
    };
    let events: Vec<_> = (0..12).map(|seq| record(&run, seq, stopping.clone())).collect();
    store.append(&events[6..]).unwrap();
    store.append(&events[..8]).unwrap();
    store.append(&[]).unwrap();
    assert_eq!(store.records(&run).unwrap(), events);
    assert_eq!(store.records("no such run").unwrap(), []);
}

#[test]
fn a_list_of_runs_says_how_each_ended() {
    let (folder, first) = store();
    let (killed, done) = (first.begin_run(&NEW).unwrap(), first.begin_run(&NEW).unwrap());
    let end = RunEnd::Stopped(StopCause::Budget);
    let last = record(&done, 0, Event::RunFinished { end });
    first.append(std::slice::from_ref(&last)).unwrap();
    let second = open(folder.path());
    let rows = second.runs(10).unwrap();
    assert_eq!(
        (rows[0].run.as_str(), rows[0].end, rows[0].alive),
        (done.as_str(), Some((last.at, end)), false)
    );
    assert_eq!(
        (rows[1].run.as_str(), rows[1].end, rows[1].alive),
        (killed.as_str(), None, true)
    );
    drop(first);
    assert!(!second.runs(10).unwrap()[1].alive);
    assert_eq!(second.runs(1).unwrap().len(), 1);
}
