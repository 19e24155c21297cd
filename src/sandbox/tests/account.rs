//! Billing, transactions and logs.

use super::{GENERATE, Story, tell};
use crate::sandbox::Options;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn every_generation_is_a_charge_and_a_row_and_there_is_no_idempotency() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    let mut inferences = vec![];
    for _ in 0..2 {
        let told = tell(story.post(GENERATE).header("X-Client-Request-Id", "same").json(&body)).await;
        inferences.push(told.header("x-inference-id").unwrap().to_owned());
    }
    assert_eq!(
        (
            story.sandbox.counts().charged,
            story.sandbox.counts().spent.decimal().as_str()
        ),
        (2, "0.063")
    );
    let logs = story.get("/v2/logs?period=1h").await.json();
    assert_eq!(
        logs["pagination"],
        json!({"limit": 50, "offset": 0, "total": 2, "has_more": false})
    );
    let newest = &logs["data"][0];
    assert_eq!(newest["inference_id"], json!(inferences[1]));
    assert_eq!(
        (&newest["client_request_id"], &newest["status"]),
        (&json!("same"), &json!("succeeded"))
    );
    assert_eq!(
        (&newest["model"], &newest["origin"]),
        (&json!("music-01"), &json!("api"))
    );
    assert_eq!(newest["cost"], json!({"usd": 0.0315, "credits": 63_000}));
    let charges = story.get("/v2/billing/transactions?direction=CHARGE").await.json();
    assert_eq!(charges["data"].as_array().unwrap().len(), 2);
    let charge = &charges["data"][1];
    assert_eq!(charge["reference_id"], json!(inferences[0]));
    assert_eq!(
        (&charge["direction"], &charge["type"]),
        (&json!("CHARGE"), &json!("MODEL_USAGE"))
    );
    assert_eq!(charge["amount"]["credits"], 63_000);
    assert_eq!(
        story.get("/v2/billing/transactions?direction=TOPUP").await.json()["data"],
        json!([])
    );
    assert_eq!(
        story.get("/v2/billing").await.json()["current_balance"],
        json!(9999.937)
    );
}

#[tokio::test]
async fn rows_are_filtered_and_paged() {
    let story = Story::with_faults(&["500"]).await;
    let body = story.request().await;
    for status in [500, 201, 201] {
        assert_eq!(story.generate(&body).await.status, status);
    }
    let count = async |query: &str| {
        let told = story.get(&format!("/v2/logs?{query}")).await;
        assert_eq!(told.status, 200, "{query}: {}", told.text);
        told.json()["data"].as_array().unwrap().len()
    };
    assert_eq!(count("period=24h").await, 3);
    assert_eq!(count("period=1h&status=failed").await, 1);
    assert_eq!(count("period=1h&status=failed&status=succeeded").await, 3);
    assert_eq!(count("period=1h&model=music-01&limit=2").await, 2);
    assert_eq!(count("period=1h&limit=2&offset=2").await, 1);
    assert_eq!(
        count("period=1h&model=music-01,stable-audio").await,
        0,
        "commas do not split"
    );
    assert_eq!(count("start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z").await, 0);
    for wrong in [
        "",
        "period=soon",
        "period=93d",
        "period=0h",
        "period=1h&start=2020-01-01T00:00:00Z",
        "start=2020-01-01T00:00:00Z",
        "start=2020-01-02T00:00:00Z&end=2020-01-01T00:00:00Z",
        "start=2020-01-01T00:00:00Z&end=2020-12-01T00:00:00Z",
        "start=yesterday&end=today",
        "period=1h&status=failed,succeeded",
        "period=1h&limit=0",
        "period=1h&limit=101",
    ] {
        assert_eq!(story.get(&format!("/v2/logs?{wrong}")).await.status, 400, "{wrong}");
    }
    let first = story.get("/v2/billing/transactions?limit=1").await.json();
    let cursor = first["pagination"]["next_cursor"].as_str().unwrap();
    let last = story
        .get(&format!("/v2/billing/transactions?limit=1&cursor={cursor}"))
        .await
        .json();
    assert_eq!(last["pagination"], json!({"next_cursor": null, "has_more": false}));
    assert_ne!(first["data"], last["data"]);
}

#[tokio::test]
async fn a_row_appears_only_after_its_delay_but_the_balance_at_once() {
    let story = Story::start(Options {
        log_delay: Duration::from_secs(3600),
        ..Options::default()
    })
    .await;
    let body = story.request().await;
    assert_eq!(story.generate(&body).await.base(), 0);
    assert_eq!(story.get("/v2/logs?period=1h").await.json()["data"], json!([]));
    assert_eq!(story.get("/v2/billing/transactions").await.json()["data"], json!([]));
    assert_eq!(
        story.get("/v2/billing").await.json()["current_balance"],
        json!(9999.9685)
    );
}

#[tokio::test]
async fn the_account_needs_a_key_and_logs_have_a_limit() {
    let story = Story::start(Options::default()).await;
    for path in ["/v2/billing", "/v2/billing/transactions", "/v2/logs?period=1h"] {
        let told = tell(story.client.get(format!("{}{path}", story.sandbox.base_url()))).await;
        assert_eq!(told.status, 401, "{path}");
    }
    for _ in 0..200 {
        assert_eq!(story.get("/v2/logs?period=1h").await.status, 200);
    }
    assert_eq!(story.get("/v2/logs?period=1h").await.status, 429);
}
