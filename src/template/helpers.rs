//! The helpers a template may call: a closed list, none of which reads anything but its values.
//!
//! A helper takes scalars (text, numbers, true and false) by the text they print as, so that the `3` of a CSV file and
//! the `3` of YAML are one thing. A list, a map or nothing where a text is wanted is an error.

use super::values;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, PathAndJson, RenderContext, RenderError,
    RenderErrorReason, Renderable, ScopedJson, no_escape,
};
use serde_json::Value;
use std::ops::RangeInclusive;

/// The helper every `{{name}}` is turned into; no template can name it.
pub(super) const PRINT: &str = "\u{1}print";

/// Where a helper may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{upper name}}`, `(upper name)`.
    Value,
    /// `(eq a b)`, `{{#eq a b}}`.
    Test,
    /// `{{#if name}}`.
    Block,
    /// `{{repeat "la " 3}}`, `{{#repeat 3}}`.
    Both,
}

struct Known {
    name: &'static str,
    kind: Kind,
    counts: RangeInclusive<usize>,
    /// What its values are, for the message about a wrong number of them.
    takes: &'static str,
}

const fn known(name: &'static str, kind: Kind, counts: RangeInclusive<usize>, takes: &'static str) -> Known {
    Known {
        name,
        kind,
        counts,
        takes,
    }
}

const MANY: usize = 64;

const KNOWN: [Known; 25] = [
    known("upper", Kind::Value, 1..=1, "one text"),
    known("lower", Kind::Value, 1..=1, "one text"),
    known("title", Kind::Value, 1..=1, "one text"),
    known("capitalize", Kind::Value, 1..=1, "one text"),
    known("trim", Kind::Value, 1..=1, "one text"),
    known("join", Kind::Value, 1..=2, "a list and the text between its items"),
    known(
        "default",
        Kind::Value,
        2..=2,
        "a value and another for when it is missing or empty",
    ),
    known(
        "lines",
        Kind::Value,
        1..=3,
        "a text, and which lines of it: the first and the last, from one",
    ),
    known(
        "date",
        Kind::Value,
        2..=2,
        "a day (YYYY-MM-DD) and a format such as \"%A\"",
    ),
    known(
        "repeat",
        Kind::Both,
        1..=2,
        "a number as a block, or a text and a number",
    ),
    known("eq", Kind::Test, 2..=2, "two values"),
    known("ne", Kind::Test, 2..=2, "two values"),
    known("if-in", Kind::Test, 2..=MANY, "a value and the values it may be"),
    known("and", Kind::Test, 1..=MANY, "values"),
    known("or", Kind::Test, 1..=MANY, "values"),
    known("not", Kind::Test, 1..=1, "one value"),
    known("gt", Kind::Test, 2..=2, "two values"),
    known("gte", Kind::Test, 2..=2, "two values"),
    known("lt", Kind::Test, 2..=2, "two values"),
    known("lte", Kind::Test, 2..=2, "two values"),
    known("if", Kind::Block, 1..=1, "one condition"),
    known("unless", Kind::Block, 1..=1, "one condition"),
    known("each", Kind::Block, 1..=1, "one list"),
    known("with", Kind::Block, 1..=1, "one value"),
    known("raw", Kind::Block, 0..=0, "no value"),
];

fn find(name: &str) -> Option<&'static Known> {
    const LIST: &[Known] = &KNOWN;
    LIST.iter().find(|helper| helper.name == name)
}

/// Where a helper may stand; none if there is no such helper.
pub(super) fn kind(name: &str) -> Option<Kind> {
    find(name).map(|helper| helper.kind)
}

/// How many values a helper takes.
pub(super) fn counts(name: &str) -> Option<RangeInclusive<usize>> {
    find(name).map(|helper| helper.counts.clone())
}

/// What a helper takes, as a sentence.
pub(super) fn usage(name: &str) -> String {
    format!(
        "`{name}` takes {}",
        find(name).map_or("other values", |helper| helper.takes)
    )
}

/// Every helper a template may call.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    const LIST: &[Known] = &KNOWN;
    LIST.iter().map(|helper| helper.name)
}

/// A registry with these helpers and no others.
pub(super) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    for closed in ["lookup", "log", "len"] {
        registry.unregister_helper(closed);
    }
    let of_values: [(&'static str, Computed); 9] = [
        ("upper", values::upper),
        ("lower", values::lower),
        ("title", values::title),
        ("capitalize", values::capitalize),
        ("trim", values::trim),
        ("join", values::join),
        ("default", |values| Ok(values::default(values))),
        ("lines", values::lines),
        ("date", values::date),
    ];
    for (name, compute) in of_values {
        registry.register_helper(name, Box::new(ValueHelper { name, compute }));
    }
    let tests: [(&'static str, Test); 3] = [
        ("eq", |values| values::is_one_of(&values[0], &values[1..])),
        ("ne", |values| !values::is_one_of(&values[0], &values[1..])),
        ("if-in", |values| values::is_one_of(&values[0], &values[1..])),
    ];
    for (name, holds) in tests {
        registry.register_helper(name, Box::new(TestHelper { name, holds }));
    }
    registry.register_helper("repeat", Box::new(Repeat));
    registry.register_helper(PRINT, Box::new(Print));
    registry
}

type Computed = fn(&[Value]) -> Result<Value, String>;
type Test = fn(&[Value]) -> bool;

/// Computes a value from values.
struct ValueHelper {
    name: &'static str,
    compute: Computed,
}

impl HelperDef for ValueHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let values = values_of(helper, self.name == "default")?;
        let value = (self.compute)(&values).map_err(|message| failed(self.name, &message))?;
        Ok(ScopedJson::Derived(value))
    }
}

/// Prints a value; every printed tag is turned into a call of it.
struct Print;

impl HelperDef for Print {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let values = values_of(helper, false)?;
        let text = values::text(&values[0]).map_err(|what| {
            let name = helper.param(0).and_then(PathAndJson::relative_path);
            let shown = name.map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
            RenderErrorReason::Other(format!("{shown} is {what}, which is no text\n{}", advice(what)))
        })?;
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

/// `{{#repeat 3}}…{{/repeat}}` and `(repeat "la " 3)`.
struct Repeat;

impl HelperDef for Repeat {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let repeated = values::repeat(&values_of(helper, false)?).map_err(|message| failed("repeat", &message))?;
        Ok(ScopedJson::Derived(repeated))
    }

    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let values = values_of(helper, false)?;
        let [times] = values.as_slice() else {
            return Err(failed("repeat", "takes one number as a block"));
        };
        let times = values::times(times).map_err(|message| failed("repeat", &message))?;
        let Some(tree) = helper.template() else { return Ok(()) };
        for _ in 0..times {
            tree.render(registry, context, state, out)?;
        }
        Ok(())
    }
}

/// Answers true or false: a condition, or a block of its own.
struct TestHelper {
    name: &'static str,
    holds: Test,
}

impl HelperDef for TestHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let values = values_of(helper, false)?;
        Ok(ScopedJson::Derived(Value::Bool((self.holds)(&values))))
    }

    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        debug_assert!(helper.is_block(), "`{}` is never printed", self.name);
        let holds = self.call_inner(helper, registry, context, state)?.as_json() == &Value::Bool(true);
        let branch = if holds { helper.template() } else { helper.inverse() };
        branch.map_or(Ok(()), |tree| tree.render(registry, context, state, out))
    }
}

fn values_of(helper: &Helper<'_>, first_may_be_missing: bool) -> Result<Vec<Value>, RenderError> {
    let value = |(index, param): (usize, &PathAndJson<'_>)| {
        if param.is_value_missing() && !(first_may_be_missing && index == 0) {
            let name = param.relative_path().map_or("this", String::as_str);
            let message =
                format!("unknown variable `{name}`\nwrite `{{{{default {name} \"value\"}}}}` if it may be missing");
            return Err(RenderErrorReason::Other(message).into());
        }
        Ok(param.value().clone())
    };
    helper.params().iter().enumerate().map(value).collect()
}

fn failed(name: &str, message: &str) -> RenderError {
    RenderErrorReason::Other(format!("`{name}` {message}")).into()
}

fn advice(what: &str) -> &'static str {
    match what {
        "a list" => "go through it with `{{#each}}`, or put it together with `{{join list \", \"}}`",
        "a map" => "name one of its values: `{{name.key}}`",
        _ => "give it a value, or fall back on one with `{{default name \"value\"}}`",
    }
}
