//! Each trap of the library is a story here: what a user writes, and what comes back.

use super::{DEEPEST, Input, LARGEST, Place, Template, TemplateError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

mod hostile;

fn partials(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn scope(values: Value) -> BTreeMap<String, Value> {
    serde_json::from_value(values).unwrap()
}

fn parse(text: &str) -> Template {
    Template::parse(text, &BTreeMap::new()).unwrap()
}

fn render(text: &str, values: Value) -> String {
    parse(text).render(&scope(values)).unwrap()
}

fn render_error(text: &str, values: Value) -> String {
    shown(&parse(text).render(&scope(values)).unwrap_err())
}

fn shown(error: &TemplateError) -> String {
    let partial = error
        .at
        .partial
        .as_deref()
        .map_or(String::new(), |name| format!("{name}:"));
    format!("{partial}{}:{} {error}", error.at.line, error.at.column)
}

fn errors(text: &str) -> Vec<String> {
    errors_with(text, &[])
}

fn errors_with(text: &str, list: &[(&str, &str)]) -> Vec<String> {
    Template::parse(text, &partials(list))
        .unwrap_err()
        .iter()
        .map(shown)
        .collect()
}

fn paths(template: &Template) -> Vec<String> {
    let mark = |input: &Input| if input.optional { "?" } else { "" };
    template
        .inputs()
        .iter()
        .map(|input| input.path.join(".") + mark(input))
        .collect()
}

#[test]
fn a_slip_is_found_wherever_it_stands() {
    for text in [
        "{{ctiy}}",
        "{{#if ctiy}}x{{/if}}",
        "{{#unless ctiy}}x{{/unless}}",
        "{{#if no}}{{ctiy}}{{/if}}",
    ] {
        let error = parse(text)
            .render(&scope(json!({ "city": "Lisbon", "no": false })))
            .unwrap_err();
        assert_eq!(error.message, "unknown variable `ctiy`", "{text}");
        assert_eq!(error.help.as_deref(), Some("did you mean `city`?"));
    }
}

#[test]
fn a_place_counts_lines_and_characters() {
    let error = parse("夜の歌\n曲 {{typo}}").render(&scope(json!({}))).unwrap_err();
    assert_eq!(shown(&error), "2:3 unknown variable `typo`");
}

#[test]
fn nothing_lists_and_maps_are_not_printed() {
    let values = json!({ "none": null, "list": [1, 2], "map": { "a": 1 } });
    assert_eq!(
        render_error("{{none}}", values.clone()),
        "1:1 `none` is empty, which is no text"
    );
    assert_eq!(
        render_error(" {{list}}", values.clone()),
        "1:2 `list` is a list, which is no text"
    );
    assert_eq!(
        render_error("{{{map}}}", values.clone()),
        "1:1 `map` is a map, which is no text"
    );
    assert_eq!(
        render_error("{{#each list}}{{nope}}{{/each}}", values.clone()),
        "1:15 unknown variable `nope`"
    );
    assert_eq!(
        render_error("{{lines map}}", values.clone()),
        "1:1 `lines` takes text, and this is a map"
    );
    assert_eq!(render("{{map.a}}{{list.1}}", values), "12");
}

#[test]
fn going_through_what_is_no_list_is_an_error() {
    assert_eq!(
        render_error("{{#each city}}x{{/each}}", json!({ "city": "Lisbon" })),
        "1:1 `city` is missing, or nothing that can be gone through"
    );
    assert_eq!(
        render("{{#each none}}x{{else}}none{{/each}}", json!({ "none": [] })),
        "none"
    );
}

#[test]
fn text_is_not_escaped_and_braces_can_be_written() {
    assert_eq!(
        render("don't {{a}}", json!({ "a": "夜 & <曲> \"don't\"" })),
        "don't 夜 & <曲> \"don't\""
    );
    assert_eq!(render(r"\{{a}} {{b}}", json!({ "b": 1 })), "{{a}} 1");
    assert_eq!(render("{{{{raw}}}}{{a}}{{{{/raw}}}}", json!({})), "{{a}}");
    assert_eq!(render("{{! {{#if }}a{{!-- }} {{#if}} --}}b", json!({})), "ab");
}

#[test]
fn names_may_have_dashes_and_any_script() {
    assert_eq!(
        render("{{my-var}} {{歌名}}", json!({ "my-var": "a", "歌名": "夜" })),
        "a 夜"
    );
}

#[test]
fn a_variable_may_be_called_as_a_helper_is() {
    let values = json!({ "title": "the lights", "date": "x", "if": "y" });
    assert_eq!(
        render("{{title}} {{title title}} {{date}} {{if}}", values),
        "the lights The Lights x y"
    );
}

#[test]
fn a_parsed_template_renders_again_and_again() {
    let template = parse("{{city}}");
    for city in ["Lisbon", "Osaka"] {
        assert_eq!(template.clone().render(&scope(json!({ "city": city }))).unwrap(), city);
    }
}

// Inputs and partials.

#[test]
fn inputs_are_what_is_read_and_nothing_else() {
    let text = "{{city}} {{#each names as |name index|}}{{name}}{{index}}{{this}}{{@index}}{{../mood}}{{own}}{{/each}}\
                {{#with lyrics}}{{bridge}}{{@root.artist}}{{else}}{{other}}{{/with}}{{upper (default nick city)}} {{lyrics.bridge}}";
    assert_eq!(
        paths(&parse(text)),
        [
            "city",
            "names",
            "mood",
            "lyrics",
            "artist",
            "other",
            "nick?",
            "lyrics.bridge"
        ]
    );
}

#[test]
fn an_input_is_required_as_soon_as_one_place_requires_it() {
    let template = parse("{{default a \"x\"}} {{default b \"y\"}}\n{{b}}");
    assert_eq!(paths(&template), ["a?", "b"]);
    assert_eq!(
        template.inputs()[1].at,
        Place {
            partial: None,
            line: 2,
            column: 1
        }
    );
}

#[test]
fn partials_are_followed_with_what_they_are_given() {
    let list = partials(&[
        ("verse", "{{city}} {{n}}\n  {{> tail}}"),
        ("tail", "{{mood}}"),
        ("unused", "{{#if"),
    ]);
    let template = Template::parse("{{> verse n=3}}{{#each cities}}{{> tail}}{{/each}}", &list).unwrap();
    assert_eq!(paths(&template), ["city", "mood", "cities"]);
    assert_eq!(template.inputs()[1].at.partial.as_deref(), Some("tail"));
    assert_eq!(template.partials().iter().collect::<Vec<_>>(), ["tail", "verse"]);
    let values = json!({ "city": "Lisbon", "mood": "bright", "cities": [{ "mood": "wistful" }] });
    assert_eq!(template.render(&scope(values)).unwrap(), "Lisbon 3\n  brightwistful");
}

#[test]
fn an_unknown_partial_is_named() {
    let found = Template::parse("{{> vers}}", &partials(&[("verse", "")])).unwrap_err();
    assert_eq!(shown(&found[0]), "1:1 no partial is called `vers`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `verse`?"));
    assert_eq!(
        errors("{{> @partial-block}}"),
        ["1:1 no partial is called `@partial-block`"]
    );
}

#[test]
fn an_error_inside_a_partial_names_it() {
    let list = partials(&[("verse", "ok\n{{x}}")]);
    let error = Template::parse("{{> verse}}", &list)
        .unwrap()
        .render(&scope(json!({ "x": [] })))
        .unwrap_err();
    assert_eq!(shown(&error), "verse:2:1 `x` is a list, which is no text");
    assert_eq!(
        errors_with("{{> verse}}", &[("verse", "\n{{#if x}}")]),
        ["verse:2:1 `{{#if x}}` is never closed".replace(" x", "")]
    );
}

// What is wrong with a text is said in words, all at once.

#[test]
fn every_mistake_has_its_own_sentence() {
    for (text, said) in [
        ("a {{city", "1:3 `{{` is never closed"),
        ("{{upper \"x}}", "1:9 the text that begins with `\"` is never closed"),
        ("{{}}", "1:1 an empty `{{}}`"),
        ("{{#if a}}x", "1:1 `{{#if}}` is never closed"),
        ("{{#if a}}x{{/each}}", "1:11 `{{/each}}` closes `{{#if}}` of line 1"),
        ("x{{/if}}", "1:2 `{{/if}}` closes nothing"),
        ("{{else}}", "1:1 `{{else}}` stands outside of a block"),
        (
            "{{#if a}}{{else}}{{else}}{{/if}}",
            "1:18 nothing can follow the last `{{else}}` of a block",
        ),
        ("{{! never", "1:1 the comment is never closed"),
        ("{{a b c | d}}", "1:9 cannot make sense of `{{a b c | d}}`"),
        ("{{uper a}}", "1:1 no helper is called `uper`"),
        ("{{upper}}{{upper a b}}", "1:10 `upper` takes one text"),
        ("{{#if}}{{/if}}", "1:1 `if` takes one condition"),
        ("{{#city}}x{{/city}}", "1:1 no block is called `city`"),
        ("{{#upper a}}x{{/upper}}", "1:1 `upper` is not a block"),
        ("{{if a}}", "1:1 `if` is a block"),
        ("{{or a \"d\"}}", "1:1 `or` answers true or false, which is no text"),
        ("{{upper (if a)}}", "1:1 `if` cannot stand inside parentheses"),
        ("{{upper (a)}}", "1:1 `(a)` calls a helper without a value"),
        ("{{upper a loud=true}}", "1:1 `upper` takes no value named `loud`"),
        ("{{lookup a b}}", "1:1 no helper is called `lookup`"),
        ("{{this}}", "1:1 `this` means nothing here"),
    ] {
        assert_eq!(errors(text), [said], "{text}");
    }
}

#[test]
fn all_mistakes_come_at_once() {
    assert_eq!(
        errors("{{}}\n{{/if}}\n{{#each a}}"),
        [
            "1:1 an empty `{{}}`",
            "2:1 `{{/if}}` closes nothing",
            "3:1 `{{#each}}` is never closed"
        ]
    );
    assert_eq!(
        errors_with("{{> a}}{{> b}}", &[("a", "{{}}"), ("b", "{{")]),
        ["a:1:1 an empty `{{}}`", "b:1:1 `{{` is never closed"]
    );
}

// Helpers.

#[test]
fn helpers_do_what_their_names_say() {
    let values = json!({
        "city": "são paulo", "n": 3, "names": ["Ana", "Rui"], "text": "one\n\ntwo\nthree\n", "empty": "", "day": "2026-03-01",
    });
    for (text, expected) in [
        ("{{upper city}}", "SÃO PAULO"),
        ("{{lower \"ÀB\"}}", "àb"),
        ("{{title \"rio-grande do sul McCoy\"}}", "Rio-Grande Do Sul McCoy"),
        ("{{capitalize city}}", "São paulo"),
        ("[{{trim \"  a \"}}]", "[a]"),
        (
            "{{join names \" & \"}} {{join names}} {{join city}}",
            "Ana & Rui Ana, Rui são paulo",
        ),
        (
            "{{default nick \"you\"}} {{default empty n}} {{default city 1}}",
            "you 3 são paulo",
        ),
        ("{{#if (eq n \"3\")}}same{{/if}}", "same"),
        ("{{#eq city \"x\"}}a{{else}}b{{/eq}}{{#ne n 4}}c{{/ne}}", "bc"),
        (
            "{{#if-in n 1 3}}in{{/if-in}}{{#if (if-in \"Rui\" names)}}side{{/if}}",
            "inside",
        ),
        ("{{repeat \"na \" n}}{{#repeat 2}}hey{{/repeat}}", "na na na heyhey"),
        (
            "{{#each (lines text)}}{{this}};{{/each}} {{lines text 2}} {{lines text 1 2}}",
            "one;two;three; two one\ntwo",
        ),
        ("{{date day \"%A %-d %B\"}}", "Sunday 1 March"),
        ("{{#if (and (gt n 2) (not (or empty false)))}}yes{{/if}}", "yes"),
        ("{{upper (join names)}}", "ANA, RUI"),
    ] {
        assert_eq!(render(text, values.clone()), expected, "{text}");
    }
}

#[test]
fn helpers_complain_in_words() {
    for (text, said) in [
        ("{{date \"today\" \"%A\"}}", "cannot read `today` as a day"),
        ("{{date \"2026-03-01\" \"%Q\"}}", "cannot use the format `%Q`"),
        (
            "{{lines \"a\" 2}}",
            "is asked for the lines 2 to 2 of a text that has 1",
        ),
        ("{{lines \"a\" 0}}", "takes the numbers of lines, from one"),
        ("{{repeat \"a\" -1}}", "takes a whole number from 0 to 99"),
        ("{{#repeat \"a\" 2}}x{{/repeat}}", "takes one number as a block"),
        ("{{repeat 2}}", "takes a text and a number"),
    ] {
        assert!(
            render_error(text, json!({})).contains(said),
            "{text}: {}",
            render_error(text, json!({}))
        );
    }
}

#[test]
fn the_largest_text_is_still_read() {
    let text = "x".repeat(LARGEST);
    assert_eq!(render(&text, json!({})).len(), LARGEST);
    assert!(errors(&(text + "x"))[0].contains("65537 bytes"));
}

// Whatever is written, there is an answer.

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{{{",
        "}}}}",
        "{{#",
        "{{/",
        "{{~",
        "~}}",
        "{{!",
        "{{!--",
        "--}}",
        "{{else}}",
        "{{^}}",
        "{{else if a}}",
        "{{#if a}}",
        "{{/if}}",
        "{{#each a}}",
        "{{/each}}",
        "{{> p}}",
        "{{> ",
        "{{#>",
        "{{*",
        "{{a}}",
        "{{{{raw}}}}",
        "{{{{/raw}}}}",
        "\\",
        "\\\\",
        "\"",
        "'",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "a",
        " ",
        "\n",
        ".",
        "/",
        "..",
        "@",
        "|",
        "=",
        "as |x|",
        "upper ",
        "this",
        "é夜",
        "&",
        "1",
        "else",
        "^",
        "{{^a}}",
    ])
}

proptest! {
    #[test]
    fn any_text_gives_an_answer(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        let list = partials(&[("p", "{{a}}")]);
        if let Ok(template) = Template::parse(&text, &list) {
            let _ = template.render(&scope(json!({ "a": ["x"], "b": 1 })));
        }
    }

    /// The scan lets nothing deeper through than it believes: what the parser makes of a text is never deeper.
    #[test]
    fn the_scan_sees_every_level_the_parser_sees(pieces in prop::collection::vec(piece(), 0..40), depth in 0_usize..90) {
        let text = "{{#if a}}".repeat(depth) + &pieces.concat() + &"{{/if}}".repeat(depth);
        if super::scan::scan(&text, None).is_ok()
            && let Ok(tree) = handlebars::Template::compile(&text)
        {
            prop_assert!(levels(&tree) <= DEEPEST, "{} levels", levels(&tree));
        }
    }
}

fn levels(tree: &handlebars::Template) -> usize {
    let of = |element: &handlebars::template::TemplateElement| match element {
        handlebars::template::TemplateElement::HelperBlock(block) => {
            1 + super::text::branches(block).map(levels).max().unwrap_or(0)
        }
        _ => 0,
    };
    tree.elements.iter().map(of).max().unwrap_or(0)
}
