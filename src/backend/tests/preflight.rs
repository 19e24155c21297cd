use super::{
    KEY, backend, impatient,
    server::{Server, Step, answer, json},
};
use crate::{
    backend::{Backend, Finding, Preflight, Standing},
    base::{
        money::Usd,
        time::{Clock, SystemClock},
    },
    event::FailureClass,
};
use jiff::SignedDuration;

const BILLING: &str = "/v2/billing";
const MODELS: &str = "/v1/models";
const FEED: &str = "/v1/models/deprecations";

const RICH: &str = r#"{"current_balance": 12.5, "currency": "USD"}"#;
const LISTED: &str =
    r#"{"object":"list","data":[{"id":"a","aliases":[]},{"id":"music-01","aliases":[],"type":"audio"}]}"#;
const NOTHING_GONE: &str = r#"{"object":"list","data":[]}"#;

/// Asks a server that answers the three questions so.
async fn ask(billing: Vec<u8>, models: Vec<u8>, feed: Vec<u8>) -> Preflight {
    let routes = [(BILLING, billing), (MODELS, models), (FEED, feed)];
    let server = Server::routing(routes.map(|(route, answer)| (route, Step::Send(answer))).into()).await;
    let said = backend(&server.base).preflight(&["music-01".to_owned()]).await.unwrap();
    assert_eq!(server.seen().len(), 3, "each question is asked once");
    said
}

async fn balance(status: &str, body: &str) -> Finding<Usd> {
    ask(json(status, body), json("200 OK", LISTED), json("200 OK", NOTHING_GONE))
        .await
        .balance
}

async fn standing(list: &str, feed: &str) -> Finding<Standing> {
    let said = ask(json("200 OK", RICH), json("200 OK", list), json("200 OK", feed)).await;
    let [(model, standing)] = &said.models[..] else {
        panic!("{said:?}")
    };
    assert_eq!(model, "music-01");
    standing.clone()
}

fn why<T: std::fmt::Debug>(finding: Finding<T>) -> String {
    match finding {
        Finding::CannotTell(why) => why,
        other => panic!("it can be told: {other:?}"),
    }
}

#[tokio::test]
async fn the_key_goes_along_with_the_question_about_the_account_only() {
    let routes = [(BILLING, RICH), (MODELS, LISTED), (FEED, NOTHING_GONE)];
    let server = Server::routing(
        routes
            .map(|(route, body)| (route, Step::Send(json("200 OK", body))))
            .into(),
    )
    .await;
    let said = backend(&format!("{}/v1", server.base)).preflight(&[]).await.unwrap();
    assert_eq!(said.balance, Finding::Known(Usd::parse("12.5").unwrap()));
    for seen in server.seen() {
        let keys = seen.header("authorization");
        if seen.line.starts_with("GET /v2/billing ") {
            assert_eq!(keys, [format!("Bearer {KEY}")]);
        } else {
            assert!(seen.line.starts_with("GET ") && keys.is_empty(), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn a_balance_is_read_however_it_is_written() {
    for (body, amount) in [
        (RICH, "12.5"),
        (r#"{"current_balance":"0.0315"}"#, "0.0315"),
        (
            r#"{"current_balance":9999.968499999999,"currency":"usd","more":[]}"#,
            "9999.9685",
        ),
        (r#"{"current_balance":0,"currency":"USD"}"#, "0"),
        (r#"{"current_balance":1e-3}"#, "0.001"),
    ] {
        let found = match balance("200 OK", body).await {
            Finding::Known(found) => found,
            other => panic!("{body}: {other:?}"),
        };
        // A float is not exact beyond its fifteenth digit.
        let off = found.nanos() - Usd::parse(amount).unwrap().nanos();
        assert!(off.abs() <= 2, "{body}: {found}");
    }
    let debt = balance("200 OK", r#"{"current_balance":-2.5}"#).await;
    assert_eq!(debt, Finding::Known(Usd::from_nanos(-2_500_000_000)));
}

#[tokio::test]
async fn an_odd_balance_is_none() {
    for body in [
        "",
        "null",
        "[]",
        "<html><title>Hello</title></html>",
        r#"{"current_balance":null}"#,
        r#"{"current_balance":"a lot"}"#,
        r#"{"current_balance":{"usd":3}}"#,
        r#"{"current_balance":1e300}"#,
        r#"{"current_balance":5,"currency":"EUR"}"#,
        r#"{"balance":25000000,"lowBalance":false}"#,
        r#"{"current_balance":12.5"#,
    ] {
        why(balance("200 OK", body).await);
    }
}

#[tokio::test]
async fn only_words_about_key_or_money_refuse() {
    const NO_KEY: &str = r#"{"requestId":"h","statusCode":401,"message":"This request requires a valid API key."}"#;
    const NO_FUNDS: &str = r#"{"title":"Forbidden","status":403,"message":"You've run out of funds. Please top up"}"#;
    for (status, body, class) in [
        ("401 Unauthorized", NO_KEY, FailureClass::Auth),
        ("401 Unauthorized", "<html>", FailureClass::Auth),
        ("403 Forbidden", NO_FUNDS, FailureClass::Credits),
        ("402 Payment Required", "", FailureClass::Credits),
    ] {
        match balance(status, body).await {
            Finding::Refused(failure) => {
                assert_eq!((failure.class, failure.status), (class, status[..3].parse().ok()));
                assert!(failure.help.is_some());
            }
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    for (status, said) in [
        ("403 Forbidden", "HTTP 403: this key has no billing scope"),
        ("404 Not Found", "HTTP 404"),
        ("429 Too Many Requests", "HTTP 429"),
        ("500 Internal Server Error", "HTTP 500"),
        ("503 Service Unavailable", "HTTP 503"),
        ("307 Temporary Redirect", "HTTP 307"),
    ] {
        let why = why(balance(status, r#"{"message":"this key has no billing scope"}"#).await);
        assert!(why.starts_with(said), "{why}");
    }
}

#[tokio::test]
async fn a_model_is_found_by_its_id_and_by_its_aliases() {
    let bare = r#"[{"id":"music-01"}]"#;
    let alias = r#"{"data":[{"id":"minimax/music-one","aliases":["x","music-01"]}]}"#;
    let own_alias = r#"{"data":[{"id":"minimax/music-01"}]}"#;
    let odd_neighbours = r#"{"data":[null,7,"music",{"id":4,"aliases":"x"},{"aliases":[null,"music-01"]}]}"#;
    for list in [LISTED, bare, alias, own_alias, odd_neighbours] {
        assert_eq!(
            standing(list, NOTHING_GONE).await,
            Finding::Known(Standing::Listed),
            "{list}"
        );
    }
    let others = r#"{"data":[{"id":"music-011","aliases":["music-0","MUSIC-01"]}]}"#;
    assert_eq!(standing(others, NOTHING_GONE).await, Finding::Known(Standing::Absent));
}

#[tokio::test]
async fn a_list_that_is_none_or_not_whole_proves_no_absence() {
    for list in [
        "",
        "null",
        "{}",
        "[]",
        r#"{"data":{}}"#,
        r#"{"data":[]}"#,
        r#"{"data":[1,2]}"#,
        "<html></html>",
        r#"{"data":[{"id":"a"}],"has_more":true}"#,
        r#"{"data":[{"id":"a"}],"pagination":{"next_cursor":"50"}}"#,
    ] {
        why(standing(list, NOTHING_GONE).await);
    }
    let last_page = r#"{"data":[{"id":"a"}],"pagination":{"next_cursor":null,"has_more":false}}"#;
    assert_eq!(
        standing(last_page, NOTHING_GONE).await,
        Finding::Known(Standing::Absent)
    );
}

#[tokio::test]
async fn the_feed_names_what_is_gone_and_what_follows() {
    let feed = |row: &str| format!(r#"{{"data":[{{"id":"other","status":"withdrawn"}},{row}]}}"#);
    let withdrawn = Finding::Known(Standing::Withdrawn {
        since: Some("2026-08-17".to_owned()),
        successor: Some("minimax/music-2.6".to_owned()),
    });
    let by_id = r#"{"id":"music-01","aliases":[],"status":"withdrawn","deprecated_at":"2026-01-01","shutdown_at":"2026-08-17","replaced_by":"minimax/music-2.6"}"#;
    let by_alias = r#"{"id":"x","aliases":["music-01"],"status":"Withdrawn","deprecated_at":"2026-08-17","replaced_by":"minimax/music-2.6"}"#;
    let others = r#"{"data":[{"id":"a"}]}"#;
    for (list, row) in [
        (others, by_id),
        (others, by_alias),
        (LISTED, by_id),
        ("nonsense", by_id),
    ] {
        assert_eq!(standing(list, &feed(row)).await, withdrawn, "{list} {row}");
    }
    let bare = r#"{"id":"music-01","status":"withdrawn","replaced_by":null,"shutdown_at":7}"#;
    let nothing_more = Finding::Known(Standing::Withdrawn {
        since: None,
        successor: None,
    });
    assert_eq!(standing(others, &feed(bare)).await, nothing_more);
}

#[tokio::test]
async fn a_model_that_is_deprecated_is_still_served() {
    let others = r#"{"data":[{"id":"a"}]}"#;
    for status in ["deprecated", "superseded"] {
        let feed = format!(r#"{{"data":[{{"id":"music-01","status":"{status}","shutdown_at":"2027-01-01"}}]}}"#);
        for list in [LISTED, others] {
            let expected = Standing::Deprecated {
                shutdown: Some("2027-01-01".to_owned()),
                successor: None,
            };
            assert_eq!(standing(list, &feed).await, Finding::Known(expected), "{status}");
        }
    }
    // A word that nobody explains decides nothing.
    let feed = r#"{"data":[{"id":"music-01","status":"on holiday"}]}"#;
    assert_eq!(standing(LISTED, feed).await, Finding::Known(Standing::Listed));
    assert_eq!(standing(others, feed).await, Finding::Known(Standing::Absent));
}

#[tokio::test]
async fn without_a_feed_the_list_decides() {
    let others = r#"{"data":[{"id":"a"}]}"#;
    for feed in ["", "<html>", "{}", r#"{"data":3}"#] {
        assert_eq!(standing(LISTED, feed).await, Finding::Known(Standing::Listed), "{feed}");
        assert_eq!(standing(others, feed).await, Finding::Known(Standing::Absent), "{feed}");
    }
    let gone = || json("404 Not Found", r#"{"message":"Not Found"}"#);
    let said = ask(json("200 OK", RICH), gone(), gone()).await;
    assert!(
        matches!(&said.models[0].1, Finding::CannotTell(why) if why.contains("HTTP 404")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_seen() {
    let dated = |ahead: i64, body: &str| {
        let date = SystemClock::start().now() + SignedDuration::from_secs(ahead);
        let date = jiff::fmt::rfc2822::to_string(&date.in_tz("UTC").unwrap()).unwrap();
        answer("200 OK", &format!("Date: {date}\r\n"), body)
    };
    // A list out of a cache is old; that says nothing of the clock.
    let said = ask(dated(-420, RICH), dated(-4_000, LISTED), json("200 OK", NOTHING_GONE)).await;
    let skew = said.skew.unwrap().as_secs();
    assert!((-450..=-400).contains(&skew), "{skew}");
    let odd = answer("200 OK", "Date: yesterday\r\n", RICH);
    let said = ask(odd, json("200 OK", LISTED), json("200 OK", NOTHING_GONE)).await;
    assert_eq!(said.skew, None);
}

#[tokio::test]
async fn nothing_of_the_backends_is_shown_uncleaned() {
    let body = format!(r#"{{"message":"key {KEY} may not\nread https://x.example/a?sig=secret"}}"#);
    let why = why(balance("403 Forbidden", &body).await);
    assert!(
        !why.contains(KEY) && !why.contains("secret") && !why.contains('\n'),
        "{why}"
    );
    let feed = format!(
        "{{\"data\":[{{\"id\":\"music-01\",\"status\":\"withdrawn\",\"replaced_by\":\"{KEY} \\u001b[31m {}\"}}]}}",
        "x".repeat(500)
    );
    match standing(LISTED, &feed).await {
        Finding::Known(Standing::Withdrawn {
            successor: Some(successor),
            ..
        }) => assert!(
            !successor.contains(KEY) && !successor.contains('\u{1b}') && successor.chars().count() <= 81,
            "{successor}"
        ),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_unreachable() {
    let nobody = backend("http://127.0.0.1:9").preflight(&[]).await.unwrap_err();
    assert_eq!(nobody.class, FailureClass::Unreachable);
    let silent = |route| (route, Step::Stall(Vec::new()));
    let server = Server::routing([BILLING, MODELS, FEED].map(silent).into()).await;
    let failure = impatient(&server.base).preflight(&[]).await.unwrap_err();
    assert!(failure.message.contains("no answer came in time"), "{failure:?}");
}

#[tokio::test]
async fn one_answer_is_enough_to_be_there() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"data\":[".to_vec();
    let routes = vec![
        (BILLING, Step::Close),
        (MODELS, Step::Stall(half)),
        (FEED, Step::Send(json("200 OK", NOTHING_GONE))),
    ];
    let server = Server::routing(routes).await;
    let said = impatient(&server.base)
        .preflight(&["music-01".to_owned()])
        .await
        .unwrap();
    why(said.balance);
    let (_, standing) = said.models.into_iter().next().unwrap();
    assert!(why(standing).contains("did not come to its end in time"));
}
