use super::{
    super::{
        Step::{self, Index, Key},
        merge,
    },
    read_text, *,
};
use proptest::prelude::*;

/// The complaints about a text: code, the text under the caret, patched line if there is a patch.
fn complaints(text: &str) -> Vec<(String, String)> {
    let (sources, result) = read_text(text);
    let diagnostics = result.map(|document| document.root).unwrap_err();
    diagnostics
        .iter()
        .map(|one| {
            let under = one.span.map_or(String::new(), |span| {
                let text = &sources.get(span.source).text;
                text[span.start..span.end].to_owned()
            });
            (one.code.to_string(), under)
        })
        .collect()
}

fn one(text: &str) -> (String, String) {
    let mut all = complaints(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn root(text: &str) -> Node {
    let (_, result) = read_text(text);
    result.unwrap_or_else(|error| panic!("{text}: {error:?}")).root
}

/// The tree as JSON-like text, to compare at a glance.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar(Scalar::Text(text)) => format!("{text:?}"),
        Value::Scalar(other) => other.to_string(),
        Value::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let pairs: Vec<_> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, shown(&entry.value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// Applies the patch of the only complaint.
fn mended(text: &str) -> String {
    let (_, result) = read_text(text);
    let diagnostics = result.unwrap_err();
    let (_, patch) = diagnostics.iter().next().unwrap().patch.clone().unwrap();
    let mut text = text.to_owned();
    text.replace_range(patch.span.start..patch.span.end, &patch.replacement);
    text
}

#[test]
fn every_value_knows_its_place() {
    let text = "夜: {a: [曲, 1.50], b: }\nc: |\n  one\n\nd:\n- x\n-\ne: 'it''s'\nf: &x !!str 3\ng: *x\n";
    let root = root(text);
    assert_eq!(
        shown(&root),
        r#"{夜: {a: ["曲", 1.50], b: null}, c: "one\n", d: ["x", null], e: "it's", f: "3", g: "3"}"#
    );
    let under = |path: &[Step<'_>]| {
        let span = root.at(path).unwrap().span;
        &text[span.start..span.end]
    };
    assert_eq!(under(&[Key("夜")]), "{a: [曲, 1.50], b: }");
    assert_eq!(under(&[Key("夜"), Key("a"), Index(1)]), "1.50");
    assert_eq!(under(&[Key("夜"), Key("b")]), "");
    assert_eq!(under(&[Key("c")]), "one");
    assert_eq!(under(&[Key("d")]), "x\n-");
    assert_eq!(under(&[Key("e")]), "'it''s'");
    assert_eq!(under(&[Key("g")]), "3");
    assert_eq!(root.at(&[Key("d"), Index(7)]), None);
    assert_eq!(root.get("d").unwrap().value.kind(), "a list");
}

#[test]
fn words_of_yaml_1_1_are_text() {
    assert_eq!(
        shown(&root("[no, yes, on, 014, 1_000, 12:30, ~, true, 0x10]")),
        r#"["no", "yes", "on", "014", "1_000", "12:30", null, true, 16]"#
    );
}

#[test]
fn merge_keys_add_what_is_not_written() {
    let text = "base: &base {a: 1, b: {c: 2}}\nmore: &more\n  <<: *base\n  a: 3\nd:\n  <<: [{e: 5}, *more]\n  b: x\n";
    let root = root(text);
    assert_eq!(shown(&root.get("more").unwrap().value), "{a: 3, b: {c: 2}}");
    let d = &root.get("d").unwrap().value;
    assert_eq!(shown(d), r#"{b: "x", e: 5, a: 3}"#);
    let origin = d.get("a").unwrap().key_span;
    assert_eq!(&text[origin.start..origin.end + 3], "a: 3");
    assert_eq!(one("a: {<<: 3}\n"), ("merge-not-map".into(), "3".into()));
}

#[test]
fn a_profile_overrides_by_the_stated_rules() {
    let mut base = root("a: {x: 1, y: [1, 2]}\nb: 2\n");
    merge(&mut base, root("a: {y: [3], z: 4}\nb: {c: 1}\nd: 5\n"));
    assert_eq!(shown(&base), "{a: {x: 1, y: [3], z: 4}, b: {c: 1}, d: 5}");
}

#[test]
fn what_is_no_yaml_is_said_at_its_place() {
    for (text, code, under) in [
        ("a:\n\tb: 1\n", "tab-indent", "\t"),
        ("a:\n  b: 1\n\tc: 1\n", "tab-indent", "\t"),
        ("a:\n   b: 1\n  c: 2\n", "bad-indentation", "c: 2"),
        ("a: 1\nfoo\nb: 2\n", "bad-indentation", "foo"),
        ("- a\nb: 1\n", "bad-indentation", "b: 1"),
        ("a: 'x\nb: 3\n", "unclosed-quote", "'"),
        ("a: \"x", "unclosed-quote", "\""),
        ("a: [1, 2\nb: 3\n", "unclosed-bracket", "["),
        ("a: {b: [1, 2}\n", "unclosed-bracket", "["),
        ("a: b: c\n", "unexpected-colon", ":"),
        ("a: @x y # z\n", "reserved-character", "@x y"),
        ("a: \"\\q\"\n", "unknown-escape", "\""),
        ("a: 1\n---\nb: 1\n", "second-document", "---"),
        ("a: &a [*a]\n", "self-alias", "*a"),
        ("a: *no\n", "unknown-alias", "*no"),
        ("1: x\n", "key-not-text", "1"),
        ("a: {[b]: c}\n", "key-not-text", "[b]: c}"),
        ("a: !env HOME\n", "tag-not-used", "!env"),
        ("a: 99999999999999999999\n", "out-of-range", "99999999999999999999"),
        ("", "empty-file", ""),
        ("# only this\n", "empty-file", ""),
        ("~\n", "empty-file", ""),
        ("a: \u{7}\n", "control-character", "\u{7}"),
    ] {
        assert_eq!(one(text), (code.to_owned(), under.to_owned()), "{text:?}");
    }
}

#[test]
fn a_template_without_quotes_is_told_to_get_some() {
    for (text, mended_text) in [
        ("a: {{name}}\n", "a: \"{{name}}\"\n"),
        (
            "a:\n  - {{name}} and more # why\n",
            "a:\n  - \"{{name}} and more\" # why\n",
        ),
        ("a: {{#if x}}y{{/if}}\n", "a: \"{{#if x}}y{{/if}}\"\n"),
        ("a: [{{x}}, b]\n", "a: [\"{{x}}\", b]\n"),
        ("a: {{default x \"y\"}}\n", "a: '{{default x \"y\"}}'\n"),
        ("a: {{> part}}\n", "a: \"{{> part}}\"\n"),
    ] {
        assert_eq!(one(text).0, "unquoted-template", "{text}");
        assert_eq!(mended(text), mended_text);
        root(mended_text);
    }
}

#[test]
fn patches_mend() {
    assert_eq!(mended("a:\n\t b: 1\n"), "a:\n   b: 1\n");
    assert_eq!(mended("a: @x\n"), "a: \"@x\"\n");
    assert_eq!(mended("a: &base 1\nb: *bas\n"), "a: &base 1\nb: *base\n");
    assert_eq!(mended("a: !env x\n"), "a: x\n");
    assert_eq!(mended("true: x\n"), "\"true\": x\n");
}

#[test]
fn duplicates_name_both_places_and_all_are_found() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 2\n";
    let (_, result) = read_text(text);
    let diagnostics = result.unwrap_err();
    let places: Vec<_> = diagnostics
        .iter()
        .map(|one| (one.span.unwrap().start, one.related[0].span.start))
        .collect();
    assert_eq!(places, [(15, 9), (21, 0)]);
}

#[test]
fn bombs_and_pits_are_refused_before_they_go_off() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..11 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.extend([format!("a{level}: &a{level} ["), below, "]\n".to_owned()]);
    }
    assert_eq!(one(&bomb).0, "alias-limit");
    assert_eq!(one(&"[".repeat(20_000)).0, "too-deep");
    assert_eq!(one(&"- ".repeat(20_000)).0, "too-deep");
    assert_eq!(one(&"{a: ".repeat(20_000)).0, "too-deep");
    let mut stairs = format!("a0: &a0 {}1{}\n", "[".repeat(40), "]".repeat(40));
    stairs.extend(["a1: ", &"[".repeat(40), "*a0", &"]".repeat(40), "\n"]);
    assert_eq!(one(&stairs).0, "too-deep");
    let nested = format!("{}{}{}", "&a [".repeat(60), "1,".repeat(100_000), "]".repeat(60));
    assert_eq!(one(&nested).0, "alias-limit");
    let many = "a: 1\n".repeat(200_000);
    assert_eq!(complaints(&many).len(), 1_000);
    root(&format!("a: [{}]\n", "1, ".repeat(300_000)));
    root(&format!("a: {}\n", "x".repeat(1_000_000)));
}

#[test]
fn an_alias_within_the_budget_is_a_copy() {
    let text = format!("a: &a [1, 2, 3]\nb: [{}]\n", "*a, ".repeat(1_000));
    let root = root(&text);
    let Value::Seq(items) = &root.get("b").unwrap().value.value else {
        panic!("a list")
    };
    assert!(items.len() == 1_000 && items.iter().all(|item| shown(item) == "[1, 2, 3]"));
}

/// Pieces that make YAML interesting.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ", ", "'", "\"", "|", ">", "&a ",
        "*a", "!x ", "!!str ", "<<: ", "# c", "---", "...", "%", "@", "{{x}}", "?", "1_0", "0x1", "1.5", "true", "~",
        "曲", "\r\n", "\\", "é", "\u{85}", "\u{2028}", "\u{FEFF}", "|2", ">-", "&", "*", "!", "\n- ", "\n\n",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_written_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        if let (sources, Ok(document)) = read_text(&text) {
            check(&document.root, &sources);
        }
    }

    #[test]
    fn mutated_bytes_never_panic(at in 0..4_000usize, bytes in prop::collection::vec(any::<u8>(), 0..8), cut in 0..20usize) {
        let mut whole = include_bytes!("sample.yaml").to_vec();
        let at = at % whole.len();
        let end = (at + cut).min(whole.len());
        whole.splice(at..end, bytes);
        if let Ok(text) = super::super::decode("p.yaml", whole)
            && let (sources, Ok(document)) = read_text(&text)
        {
            check(&document.root, &sources);
        }
    }
}

/// Spans lie on characters inside the text, parents around what they hold, and places in text are found.
fn check(node: &Node, sources: &Sources) {
    let text = &sources.get(node.span.source).text;
    assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
    for (line, column) in [(1, 1), (1, 3), (2, 2), (3, 1), (9, 9)] {
        let place = node.place_in_text(sources, line, column);
        assert!(text.get(place.start..place.end).is_some(), "{place:?}");
    }
    match &node.value {
        Value::Null | Value::Scalar(_) => {}
        Value::Seq(items) => items.iter().for_each(|item| check(item, sources)),
        Value::Map(entries) => {
            for entry in entries {
                assert!(text.get(entry.key_span.start..entry.key_span.end).is_some());
                check(&entry.value, sources);
            }
        }
    }
}
