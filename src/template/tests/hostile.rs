//! Templates that would overflow the stack or the memory: refused, never fatal.

use super::{errors, errors_with, render, render_error, scope, shown};
use crate::template::{DEEPEST, Template};
use serde_json::json;
use std::collections::BTreeMap;

#[test]
fn partials_that_come_back_to_themselves_are_refused() {
    let ring = [("a", "x\n {{> b}}"), ("b", "{{> a}}")];
    assert_eq!(
        errors_with("{{> a}}", &ring),
        ["b:1:1 partials include each other without end: a → b → a"]
    );
    assert_eq!(
        errors_with("{{> a}}", &[("a", "{{#if x}}{{> a}}{{/if}}")]),
        ["a:1:10 partials include each other without end: a → a"]
    );
}

#[test]
fn a_computed_partial_is_refused() {
    assert_eq!(
        errors_with("{{> (join names)}}", &[("a", "")]),
        ["1:1 the name of a partial cannot be computed"]
    );
}

#[test]
fn ten_thousand_nested_blocks_are_refused_before_they_are_parsed() {
    let nested = |depth: usize| "{{#if a}}".repeat(depth) + &"{{/if}}".repeat(depth);
    let deep = nested(4_000);
    assert_eq!(
        errors(&deep),
        [format!("1:{} more than 64 blocks inside each other", 64 * 9 + 1)]
    );
    assert_eq!(
        errors(&nested(10_000)),
        ["1:1 the template has 160000 bytes; at most 65536 are read"]
    );
    assert_eq!(render(&nested(DEEPEST), json!({ "a": true })), "");
}

#[test]
fn a_long_chain_of_else_if_counts_as_nesting() {
    let chain = format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if a}}x".repeat(3_000));
    assert!(
        errors(&chain)[0].ends_with("more than 64 blocks inside each other"),
        "{:?}",
        errors(&chain)
    );
    let short = format!("{{{{#if a}}}}{}{{{{else}}}}z{{{{/if}}}}", "{{else if a}}x".repeat(30));
    assert_eq!(render(&short, json!({ "a": false })), "z");
}

#[test]
fn nested_parentheses_and_lists_are_refused_before_they_are_parsed() {
    for text in [
        format!("{{{{upper {}a{}}}}}", "(upper ".repeat(5_000), ")".repeat(5_000)),
        format!("{{{{join {}1{}}}}}", "[".repeat(20_000), "]".repeat(20_000)),
    ] {
        assert!(errors(&text)[0].contains("too many parentheses"), "{:?}", errors(&text));
    }
}

#[test]
fn partials_and_blocks_share_one_limit_of_depth() {
    let names: Vec<String> = (0..100).map(|index| format!("p{index}")).collect();
    let chain: BTreeMap<String, String> = (0..100)
        .map(|index| (names[index].clone(), format!("{{{{> p{}}}}}", index + 1)))
        .chain([("p100".to_owned(), "end".to_owned())])
        .collect();
    let found = Template::parse("{{> p0}}", &chain).unwrap_err();
    assert_eq!(
        shown(&found[0]),
        "p63:1:1 more than 64 blocks and partials inside each other"
    );
    assert_eq!(
        Template::parse("{{> p50}}", &chain)
            .unwrap()
            .render(&scope(json!({})))
            .unwrap(),
        "end"
    );
}

#[test]
fn partials_that_double_each_time_are_refused() {
    let doubling: BTreeMap<String, String> = (0..40)
        .map(|index| (format!("p{index}"), format!("{{{{> p{0}}}}}{{{{> p{0}}}}}", index + 1)))
        .chain([("p40".to_owned(), String::new())])
        .collect();
    let found = Template::parse("{{> p0}}", &doubling).unwrap_err();
    assert!(
        found[0].message.contains("include each other too often"),
        "{}",
        found[0]
    );
}

#[test]
fn loops_and_output_are_bounded() {
    let nested = "{{#repeat 99}}".repeat(4) + &"{{/repeat}}".repeat(4);
    assert_eq!(errors(&nested), ["1:43 more than 3 loops inside each other"]);
    let long = "{{#repeat 99}}{{#repeat 99}}0123456789{{/repeat}}{{/repeat}}";
    assert_eq!(render_error(long, json!({})), "1:29 the text grows beyond 64 kB");
    assert_eq!(
        render_error("{{repeat a 100}}", json!({ "a": "x" })),
        "1:1 `repeat` takes a whole number from 0 to 99"
    );
    let big = "x".repeat(10_000);
    assert_eq!(
        render_error("{{repeat a 9}}", json!({ "a": big })),
        "1:1 `repeat` gives more than 64 kB"
    );
}

#[test]
fn inline_partials_and_decorators_are_refused() {
    assert_eq!(
        errors("{{#*inline \"a\"}}x{{/inline}}"),
        ["1:1 inline partials and decorators cannot be used"]
    );
    assert_eq!(errors("{{* set a=1}}"), ["1:1 decorators cannot be used"]);
    assert_eq!(errors("{{#> a}}x{{/a}}"), ["1:1 partial blocks cannot be used"]);
}

// Strictness.
