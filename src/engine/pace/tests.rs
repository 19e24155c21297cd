use super::*;
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn rate(calls: u32) -> Rate {
    let calls = NonZeroU32::new(calls).unwrap();
    let per = seconds(60);
    Rate { calls, per }
}

fn lane(most: u32) -> Lane {
    Lane::new(NonZeroU32::new(most).unwrap(), None)
}

/// Refuses, without anything to say about when to come back.
fn refuse(lane: &mut Lane, ticket: Ticket, now: Duration) -> Reaction {
    lane.set_back((ticket, Setback::TooFast), None, now, 7)
}

#[test]
fn the_third_call_of_two_a_minute_waits_for_the_first_to_age() {
    let mut window = Window::new(Some(rate(2)));
    for (now, wait) in [(0, None), (20, None), (30, Some(60)), (60, None), (61, Some(80))] {
        assert_eq!(window.wait(seconds(now)), wait.map(seconds), "at {now}");
        if wait.is_none() {
            window.begin(seconds(now));
        }
    }
    window.take_back(seconds(60));
    assert_eq!(
        window.wait(seconds(61)),
        None,
        "a call that was not made counts for nothing"
    );
}

#[test]
fn a_wave_halves_once() {
    let mut lane = lane(16);
    let tickets: Vec<_> = (0..16).map(|_| lane.begin(Duration::ZERO)).collect();
    assert!(!lane.has_slot());
    assert_eq!(refuse(&mut lane, tickets[3], seconds(1)), Reaction::Slower);
    for ticket in &tickets[4..12] {
        assert_eq!(refuse(&mut lane, *ticket, seconds(1)), Reaction::None);
    }
    assert_eq!(lane.limit(), 8);
    assert!(!lane.has_slot() || lane.under_way < 8);
    assert!(lane.wait(seconds(1)).is_some(), "not at once again");
    let next = lane.begin(seconds(9));
    assert_eq!(refuse(&mut lane, next, seconds(9)), Reaction::Slower);
    assert_eq!(lane.limit(), 4);
}

#[test]
fn what_was_asked_of_one_call_holds_for_the_whole_backend() {
    let mut lane = lane(4);
    let tickets = [lane.begin(Duration::ZERO), lane.begin(Duration::ZERO)];
    for (ticket, after) in [(tickets[0], 9), (tickets[1], 30)] {
        lane.set_back((ticket, Setback::TooFast), Some(seconds(after)), seconds(1), 3);
    }
    let opens = lane.wait(seconds(1)).unwrap();
    assert!((seconds(31)..seconds(32)).contains(&opens), "{opens:?}");
    let long = lane.begin(seconds(40));
    let asked = Some(seconds(3600));
    let reaction = lane.set_back((long, Setback::TooFast), asked, seconds(41), 3);
    assert_eq!(reaction, Reaction::GivesUp, "an hour is not a pause");
}

#[test]
fn one_call_that_found_nobody_there_holds_up_no_other() {
    let mut lane = lane(4);
    let away = Setback::Away(seconds(5));
    let tickets = [lane.begin(Duration::ZERO), lane.begin(Duration::ZERO)];
    for ticket in tickets {
        assert_eq!(lane.set_back((ticket, away), None, seconds(1), 3), Reaction::None);
    }
    assert_eq!((lane.wait(seconds(1)), lane.limit()), (None, 4));
    let again = lane.begin(seconds(2));
    lane.set_back((again, away), None, seconds(2), 3);
    assert_eq!(lane.wait(seconds(2)), Some(seconds(7)), "now nothing works");
    let well = lane.begin(seconds(8));
    lane.went_well(well);
    let once = lane.begin(seconds(9));
    lane.set_back((once, away), None, seconds(9), 3);
    assert_eq!(lane.wait(seconds(9)), None, "bad luck again, not an outage");
}

/// A backend with room for so many calls, and takes that want to be rendered by it, one step of time after another.
struct Story {
    lane: Lane,
    room: usize,
    now: Duration,
    under_way: Vec<(Ticket, bool)>,
    requests: usize,
    done: usize,
    gave_up: bool,
}

impl Story {
    fn new(most: u32, room: usize) -> Self {
        Self {
            lane: lane(most),
            room,
            now: Duration::ZERO,
            under_way: Vec::new(),
            requests: 0,
            done: 0,
            gave_up: false,
        }
    }

    fn accepted(&self) -> usize {
        self.under_way.iter().filter(|(_, accepted)| *accepted).count()
    }

    /// As many as may begin; then one that chance picks is answered, those refused before those rendered.
    fn step(&mut self, wanted: usize, chance: u64) {
        while self.lane.has_slot() && self.under_way.len() < wanted && self.lane.wait(self.now).is_none() {
            assert!(self.under_way.len() < self.lane.limit() as usize, "above the limit");
            let accepted = self.accepted() < self.room;
            self.under_way.push((self.lane.begin(self.now), accepted));
            self.requests += 1;
        }
        self.now += Duration::from_millis(10);
        let refused = self.under_way.iter().position(|(_, accepted)| !accepted);
        let Some(place) = refused.or_else(|| usize::try_from(chance).unwrap().checked_rem(self.under_way.len())) else {
            // Everybody waits for the backend to open again.
            self.now = self.lane.wait(self.now).unwrap_or(self.now);
            return;
        };
        let (ticket, accepted) = self.under_way.remove(place);
        if accepted {
            self.done += 1;
            self.lane.went_well(ticket);
        } else {
            let reaction = self.lane.set_back((ticket, Setback::TooFast), None, self.now, chance);
            self.gave_up |= reaction == Reaction::GivesUp;
        }
        assert!(
            (1..=self.lane.most).contains(&self.lane.limit()),
            "{}",
            self.lane.limit()
        );
    }
}

#[test]
fn a_thousand_takes_and_a_backend_with_room_for_eight() {
    let mut story = Story::new(50, 8);
    let mut chance = 1;
    while story.done < 1000 {
        chance = (chance * 48_271) % 2_147_483_647;
        story.step(1000 - story.done, chance);
    }
    assert!(story.requests <= 1_100, "{} requests", story.requests);
    assert!(!story.gave_up);
}

#[test]
fn a_backend_that_always_refuses_is_left_alone_before_long() {
    let mut story = Story::new(1000, 0);
    for chance in 0..10_000 {
        if !story.gave_up {
            story.step(1000, chance * 7_919);
        }
    }
    assert!(story.gave_up);
    assert!(story.requests < 2_100, "{} requests", story.requests);
    assert!(story.now < seconds(900), "{:?}", story.now);
}

proptest! {
    /// In no stretch as long as the window do more calls begin than allowed.
    #[test]
    fn never_more_than_the_rate_in_any_window(gaps in prop::collection::vec(any::<u8>(), 1..200), calls in 1u32..6) {
        let mut window = Window::new(Some(rate(calls)));
        let (mut now, mut begun) = (Duration::ZERO, Vec::new());
        for gap in gaps {
            now += Duration::from_millis(u64::from(gap) * 100);
            if window.wait(now).is_none() {
                window.begin(now);
                begun.push(now);
            }
        }
        for (at, start) in begun.iter().enumerate() {
            let within = begun[at..].iter().take_while(|other| **other < *start + seconds(60)).count();
            prop_assert!(within <= calls as usize);
        }
    }

    /// Whatever the limit, the room and the order of answers: never above the limit, never below one (asserted at each
    /// step), no storm, nobody gives up on a backend that has room, and everything gets done.
    #[test]
    fn no_storm_whatever_the_room(most in 1u32..200, room in 1usize..100, takes in 1usize..600, seed in any::<u64>()) {
        let mut story = Story::new(most, room);
        let mut chance = seed;
        for _ in 0..20_000 {
            if story.done == takes {
                break;
            }
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            story.step(takes - story.done, chance >> 33);
        }
        prop_assert_eq!(story.done, takes);
        prop_assert!(!story.gave_up);
        let wasted = story.requests - takes;
        prop_assert!(wasted <= 2 * most as usize + takes / 5 + 8, "{} wasted", wasted);
    }

    /// A backend that was full for a while and is not any more gets its whole limit back.
    #[test]
    fn always_recovers(most in 1u32..60, room in 1usize..20, trouble in 0usize..2_000, seed in any::<u64>()) {
        let mut story = Story::new(most, room);
        let mut chance = seed;
        let mut steps = 0;
        while story.lane.limit() < most || steps < trouble {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            story.step(1_000, chance >> 33);
            steps += 1;
            if steps == trouble {
                story.room = usize::MAX;
            }
            prop_assert!(steps < 400_000, "stuck at {} of {}", story.lane.limit(), most);
        }
        prop_assert!(!story.gave_up);
    }
}
