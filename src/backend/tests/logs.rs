//! The account's log against every answer it may give: what is not sure says nothing.

use super::{
    KEY, backend, impatient,
    server::{Seen, Server, Step, answer, json},
};
use crate::{
    backend::{Backend, Fate},
    base::{money::Usd, time::Timestamp},
    event::{FailureClass, StepFailure},
};
use serde_json::{Value, json as value};
use std::collections::HashMap;

type Found = Result<HashMap<String, Fate>, StepFailure>;

fn since() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("id-{n}")).collect()
}

fn body(rows: &[Value], has_more: bool) -> Vec<u8> {
    let body = value!({"data": rows, "pagination": {"limit": 100, "offset": 0, "has_more": has_more}});
    json("200 OK", &body.to_string())
}

fn row(id: &str, status: &str, cost: impl Into<Value>) -> Value {
    let cost = cost.into();
    value!({
        "created": "2026-11-23T08:00:30Z", "status": status, "model": "music-01", "cost": cost,
        "request_id": format!("req-{id}"), "inference_id": format!("inf-{id}"), "client_request_id": id,
    })
}

fn dollars(usd: &str) -> Value {
    let credits: f64 = usd.parse::<f64>().unwrap() * 2e6;
    value!({"usd": usd.parse::<f64>().unwrap(), "credits": credits.round()})
}

async fn look(server: &Server, ids: &[String]) -> Found {
    backend(&server.base).look_up(ids, since()).await
}

/// What one page says of `id-0`.
async fn of(rows: &[Value]) -> Option<Fate> {
    let server = Server::answering(body(rows, false)).await;
    look(&server, &ids(1)).await.unwrap().remove("id-0")
}

fn amount(fate: Option<Fate>) -> Usd {
    match fate {
        Some(Fate::Charged {
            amount: Some(amount), ..
        }) => amount,
        other => panic!("not charged: {other:?}"),
    }
}

fn usd(text: &str) -> Usd {
    Usd::parse(text).unwrap()
}

#[tokio::test]
async fn one_read_asks_for_a_window_around_the_calls_and_tells_of_all() {
    let rows = [
        row("id-0", "succeeded", dollars("0.0315")),
        row("id-1", "failed", dollars("0")),
        row("another", "succeeded", dollars("0.0315")),
    ];
    let server = Server::answering(body(&rows, false)).await;
    let fates = look(&server, &ids(3)).await.unwrap();
    let charged = Fate::Charged {
        amount: Usd::parse("0.0315"),
        traces: vec![
            ("x-inference-id".to_owned(), "inf-id-0".to_owned()),
            ("x-request-id".to_owned(), "req-id-0".to_owned()),
        ],
    };
    let expected = [("id-0".to_owned(), charged), ("id-1".to_owned(), Fate::NotCharged)];
    assert_eq!(fates, HashMap::from(expected), "no row says nothing");
    let Seen { line, .. } = server.only();
    assert!(
        line.starts_with("GET /v2/logs?start=2026-11-23T07:55:00Z&end=2") && line.contains("&limit=100&offset=0 "),
        "{line}"
    );
    assert_eq!(server.only().header("authorization"), [format!("Bearer {KEY}")]);
}

#[tokio::test]
async fn only_a_row_that_is_sure_tells_anything() {
    let not_charged = [
        row("id-0", "failed", dollars("0")),
        row("id-0", "failed", value!({"usd": "0.000000000"})),
        row("id-0", "failed", value!({"credits": "0"})),
        row("id-0", "failed", value!(0)),
    ];
    for row in not_charged {
        assert_eq!(of(std::slice::from_ref(&row)).await, Some(Fate::NotCharged), "{row}");
    }
    let nothing = [
        row("id-0", "failed", Value::Null),
        row("id-0", "failed", value!({"usd": "none"})),
        row("id-0", "failed", value!({"usd": 0, "credits": "many"})),
        row("id-0", "failed", value!({"usd": -0.03, "credits": -1})),
        // It ran, and what it cost may be written later.
        row("id-0", "succeeded", dollars("0")),
        row("id-0", "succeeded", value!({"usd": "0.00", "credits": "0"})),
        row("id-0", "succeeded", value!(0)),
        row("id-0", "processing", dollars("0")),
        row("id-0", "refunded", Value::Null),
        row("ID-0", "failed", dollars("0")),
        row("id-0 ", "failed", dollars("0")),
        row("id-00", "failed", dollars("0")),
        value!({"client_request_id": null, "status": "failed", "cost": {"usd": 0}}),
        value!({"client_request_id": 0, "status": "failed", "cost": {"usd": 0}}),
        value!({"client_request_id": "id-0"}),
        value!({"client_request_id": "id-0", "status": 1, "cost": {"usd": 0}}),
        value!("id-0"),
        value!(null),
    ];
    for row in nothing {
        assert_eq!(of(std::slice::from_ref(&row)).await, None, "{row}");
    }
}

#[tokio::test]
async fn a_charge_is_a_charge_however_it_is_written() {
    for (cost, decimal) in [
        (value!({"usd": "0.0315", "credits": 63_000}), "0.0315"),
        (value!({"usd": " 0.0315 "}), "0.0315"),
        (value!({"credits": 63_000}), "0.0315"),
        (value!({"credits": "63000"}), "0.0315"),
        (value!({"usd": 0, "credits": 63_000}), "0.0315"),
        (value!({"usd": "?", "credits": 63_000}), "0.0315"),
        (value!({"usd": 3.15e-2}), "0.0315"),
        (value!({"usd": 1e-7}), "0.0000001"),
        (value!("0.0315"), "0.0315"),
        (value!(0.0315), "0.0315"),
        // Too small for a billionth of a dollar, and more than nothing.
        (value!({"usd": 1e-12}), "0.000000001"),
    ] {
        for status in ["succeeded", "failed", "pending"] {
            let row = row("id-0", status, cost.clone());
            assert_eq!(amount(of(std::slice::from_ref(&row)).await), usd(decimal), "{row}");
        }
    }
    for cost in [Value::Null, value!({}), value!({"usd": null})] {
        let fate = of(&[row("id-0", "succeeded", cost.clone())]).await;
        assert!(
            matches!(fate, Some(Fate::Charged { amount: None, .. })),
            "{cost}: {fate:?}"
        );
    }
}

#[tokio::test]
async fn of_several_rows_any_charge_wins_and_any_doubt_over_none() {
    let (failed, paid) = (
        row("id-0", "failed", dollars("0")),
        row("id-0", "succeeded", dollars("0.02")),
    );
    let other = row("id-0", "failed", dollars("0.03"));
    let open = row("id-0", "processing", dollars("0"));
    assert_eq!(amount(of(&[failed.clone(), paid.clone()]).await), usd("0.02"));
    assert_eq!(amount(of(&[paid.clone(), failed.clone()]).await), usd("0.02"));
    assert_eq!(amount(of(&[open.clone(), paid.clone(), other]).await), usd("0.05"));
    assert_eq!(
        amount(of(&[paid.clone(), paid]).await),
        usd("0.02"),
        "the same row twice"
    );
    assert_eq!(of(&[failed.clone(), open]).await, None);
    let free = row("id-0", "succeeded", dollars("0"));
    assert_eq!(of(&[failed.clone(), free]).await, None);
    assert_eq!(of(&[failed.clone(), failed]).await, Some(Fate::NotCharged));
}

/// `id-0` failed for nothing, in a row written at `created`.
fn written(created: impl Into<Value>) -> Value {
    let mut row = row("id-0", "failed", dollars("0"));
    row["created"] = created.into();
    row
}

#[tokio::test]
async fn beside_a_row_that_cannot_be_read_only_a_charge_is_believed() {
    let paid = row("id-1", "succeeded", dollars("0.03"));
    for odd in [
        value!(null),
        value!(5),
        value!("x"),
        value!([]),
        value!({}),
        value!({"client_request_id": ["id-0"], "status": "succeeded", "cost": {"usd": 0.03}}),
    ] {
        let failed = row("id-0", "failed", dollars("0"));
        let one_page = Server::answering(body(&[failed.clone(), odd.clone(), paid.clone()], false)).await;
        let two_pages = Server::start(vec![
            Step::Send(body(&[odd.clone(), paid.clone()], true)),
            Step::Send(body(std::slice::from_ref(&failed), false)),
        ])
        .await;
        for server in [one_page, two_pages] {
            let fates = look(&server, &ids(2)).await.unwrap();
            assert_eq!(fates.get("id-0"), None, "{odd}");
            assert!(matches!(fates["id-1"], Fate::Charged { .. }), "{odd}");
        }
    }
    // Calls of others that were sent without an id are nothing odd.
    for other in [
        value!({"client_request_id": null, "status": "succeeded", "cost": {"usd": 0.03}}),
        value!({"status": "succeeded", "cost": {"usd": 0.03}}),
    ] {
        let failed = row("id-0", "failed", dollars("0"));
        assert_eq!(of(&[other.clone(), failed]).await, Some(Fate::NotCharged), "{other}");
    }
}

#[tokio::test]
async fn a_row_from_before_the_call_tells_of_a_charge_only() {
    for created in [
        value!("2026-11-23T07:55:00Z"),
        value!("2026-11-23T08:00:30.123456Z"),
        value!("2026-11-23T09:00:30+01:00"),
        value!("2026-11-23T08:00:30"),
        value!("2026-11-23 08:00:30"),
        Value::Null,
    ] {
        assert_eq!(
            of(&[written(created.clone())]).await,
            Some(Fate::NotCharged),
            "{created}"
        );
    }
    for created in [
        value!("2026-11-23T07:54:59Z"),
        value!("2025-11-23T08:00:30Z"),
        value!("2026-11-23T08:00:30+01:00"),
        value!("2026-11-23 07:54:59"),
        value!("yesterday"),
        value!(0),
    ] {
        let old = written(created.clone());
        assert_eq!(of(std::slice::from_ref(&old)).await, None, "{created}");
        let sound = row("id-0", "failed", dollars("0"));
        assert_eq!(of(&[sound, old.clone()]).await, None, "{created}");
        let mut paid = old;
        paid["cost"] = dollars("0.03");
        assert_eq!(amount(of(&[paid]).await), usd("0.03"), "{created}");
    }
}

fn filler(count: usize, page: usize) -> Vec<Value> {
    (0..count)
        .map(|n| row(&format!("other-{page}-{n}"), "succeeded", dollars("0.03")))
        .collect()
}

#[tokio::test]
async fn pages_are_read_until_the_last_and_no_further() {
    let mut last = filler(3, 3);
    last.push(row("id-0", "failed", dollars("0")));
    let server = Server::start(vec![
        Step::Send(body(&filler(100, 1), true)),
        Step::Send(body(&filler(50, 2), true)),
        Step::Send(body(&last, false)),
    ])
    .await;
    let fates = look(&server, &ids(1)).await.unwrap();
    assert_eq!(fates["id-0"], Fate::NotCharged);
    let offsets: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| {
            seen.line
                .split("offset=")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(offsets, ["0", "100", "150"]);
}

#[tokio::test]
async fn a_charge_that_is_found_ends_the_reading_and_a_failure_does_not() {
    let mut first = filler(99, 1);
    first.push(row("id-0", "succeeded", dollars("0.03")));
    let server = Server::answering(body(&first, true)).await;
    assert!(matches!(
        look(&server, &ids(1)).await.unwrap()["id-0"],
        Fate::Charged { .. }
    ));
    assert_eq!(server.seen().len(), 1);

    let mut first = filler(99, 1);
    first.push(row("id-0", "failed", dollars("0")));
    let second = vec![row("id-0", "succeeded", dollars("0.03"))];
    let server = Server::start(vec![Step::Send(body(&first, true)), Step::Send(body(&second, false))]).await;
    assert!(matches!(
        look(&server, &ids(1)).await.unwrap()["id-0"],
        Fate::Charged { .. }
    ));
}

#[tokio::test]
async fn what_lies_beyond_the_last_page_read_leaves_doubt() {
    let mut first = filler(99, 1);
    first.push(row("id-0", "failed", dollars("0")));
    let steps = (0..12).map(|page| Step::Send(body(if page == 0 { &first } else { &[] }, true)));
    // A page without rows is the last one, whatever it says.
    let server = Server::start(steps.collect()).await;
    assert_eq!(look(&server, &ids(1)).await.unwrap()["id-0"], Fate::NotCharged);
    assert_eq!(server.seen().len(), 2);

    let steps = (0..12).map(|page| {
        let rows = if page == 0 { first.clone() } else { filler(100, page) };
        Step::Send(body(&rows, true))
    });
    let server = Server::start(steps.collect()).await;
    assert_eq!(
        look(&server, &ids(1)).await.unwrap(),
        HashMap::new(),
        "a charge may stand further back"
    );
    assert_eq!(server.seen().len(), 10, "a few pages, not the whole history");
}

#[tokio::test]
async fn a_page_that_does_not_say_whether_more_follow_is_judged_by_its_length() {
    let full = value!({"data": filler(100, 1)}).to_string();
    let short = value!({"data": [row("id-0", "failed", dollars("0"))]}).to_string();
    let server = Server::start(vec![
        Step::Send(json("200 OK", &full)),
        Step::Send(json("201 Created", &short)),
    ])
    .await;
    assert_eq!(look(&server, &ids(1)).await.unwrap()["id-0"], Fate::NotCharged);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_log_is_a_failure_that_says_why() {
    let limit = r#"{"message":"Too Many Requests","statusCode":"429"}"#;
    for (step, class, says) in [
        (
            json("401 Unauthorized", r#"{"message":"no key"}"#),
            FailureClass::Auth,
            "HTTP 401): no key",
        ),
        (json("403 Forbidden", "{}"), FailureClass::Auth, "HTTP 403"),
        (json("404 Not Found", "{}"), FailureClass::Withdrawn, "HTTP 404"),
        (json("400 Bad Request", "{}"), FailureClass::Invalid, "HTTP 400"),
        (
            json("429 Too Many", limit),
            FailureClass::Busy,
            "HTTP 429): Too Many Requests",
        ),
        (
            answer("429 Too Many", "Retry-After: 7\r\n", limit),
            FailureClass::Busy,
            "HTTP 429, asks to wait 7.0s)",
        ),
        (
            json("500 Oops", "<html><title>Oops</title></html>"),
            FailureClass::Server,
            "HTTP 500): Oops",
        ),
        (json("503 Busy", ""), FailureClass::Server, "HTTP 503"),
        (
            answer("302 Found", "Location: https://elsewhere.example/\r\n", ""),
            FailureClass::BadAnswer,
            "HTTP 302",
        ),
        (
            json("200 OK", "<html>hello</html>"),
            FailureClass::BadAnswer,
            "no list of calls",
        ),
        (json("200 OK", "{}"), FailureClass::BadAnswer, "no list of calls"),
        (json("200 OK", "[]"), FailureClass::BadAnswer, "no list of calls"),
        (
            json("200 OK", r#"{"data":null}"#),
            FailureClass::BadAnswer,
            "no list of calls",
        ),
        (
            json("200 OK", r#"{"data":[{"#),
            FailureClass::BadAnswer,
            "no list of calls",
        ),
        (json("200 OK", ""), FailureClass::BadAnswer, "no list of calls"),
    ] {
        let server = Server::answering(step).await;
        let failure = look(&server, &ids(1)).await.unwrap_err();
        assert_eq!(failure.class, class, "{}", failure.message);
        assert!(
            failure.message.starts_with("the account's log could not be read") && failure.message.contains(says),
            "{}",
            failure.message
        );
        assert_eq!(
            server.seen().len(),
            1,
            "{says}: when to ask again is for the engine to decide"
        );
    }
}

#[tokio::test]
async fn a_log_that_is_not_answered_is_a_failure() {
    let promised = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{\"data\":[";
    for step in [
        Step::Close,
        Step::Stall(Vec::new()),
        Step::Send(promised.into()),
        Step::Send(Vec::new()),
    ] {
        let server = Server::start(vec![step]).await;
        let failure = impatient(&server.base).look_up(&ids(1), since()).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unreachable, "{}", failure.message);
    }
    let failure = backend("http://127.0.0.1:1")
        .look_up(&ids(1), since())
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Unreachable);
}

#[tokio::test]
async fn a_later_page_that_fails_leaves_everything_in_doubt() {
    let mut first = filler(99, 1);
    first.push(row("id-0", "failed", dollars("0")));
    let server = Server::start(vec![Step::Send(body(&first, true)), Step::Send(json("500 Oops", "{}"))]).await;
    assert_eq!(look(&server, &ids(1)).await.unwrap_err().class, FailureClass::Server);
}

#[tokio::test]
async fn no_failure_and_no_name_holds_the_key() {
    let echo = format!(r#"{{"message":"bad key {KEY}"}}"#);
    let server = Server::answering(json("403 Forbidden", &echo)).await;
    let failure = look(&server, &ids(1)).await.unwrap_err();
    assert!(!serde_json::to_string(&failure).unwrap().contains(KEY));
    let mut echoed = row("id-0", "succeeded", dollars("0.03"));
    echoed["inference_id"] = KEY.into();
    assert!(!format!("{:?}", of(&[echoed]).await).contains(KEY));
}

#[tokio::test]
async fn nothing_to_ask_asks_nothing() {
    let server = Server::answering(body(&[], false)).await;
    assert_eq!(look(&server, &[]).await.unwrap(), HashMap::new());
    assert!(server.seen().is_empty());
}
