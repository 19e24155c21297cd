//! What can only be said when all steps are known: rings, the axes that flow in, the variables templates may read, and
//! the takes that references come from.

use super::{
    Matrix, ReferenceSource, StepId, Work, codes,
    context::Context,
    cycles,
    draft::Draft,
    matrix,
    scope::{self, Scope},
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        ids::{Coordinates, StepKind},
        scalar::Scalar,
        span::Span,
        words,
    },
    template::Input,
};
use std::{collections::BTreeMap, sync::Arc};

/// The axes of a step with their values: its own and those of the steps it uses.
type Axes = BTreeMap<Arc<str>, Vec<Scalar>>;

/// What a template for file names may read beside variables and axes.
const NAME_PARTS: [&str; 6] = ["pipeline", "song", "coordinates", "take", "key", "ext"];

/// Checks all steps against each other.
pub(super) fn check(drafts: &mut [Draft], scope: &Scope, context: &mut Context<'_>) {
    let number = |steps: &[StepId]| steps.iter().map(|step| step.0 as usize).collect::<Vec<_>>();
    let depends: Vec<Vec<usize>> = drafts
        .iter()
        .map(|draft| [number(&draft.uses), number(&draft.needs)].concat())
        .collect();
    let found = cycles::order(&depends);
    for ring in &found.rings {
        context.complain(ring_complaint(ring, drafts));
    }
    let mut flown: Vec<Option<Axes>> = vec![None; drafts.len()];
    for at in found.order {
        for (axis, place) in &drafts[at].axes {
            if let Some(first) = scope.places.get(&**axis) {
                context.complain(scope::ambiguous(axis, *place, *first));
            }
        }
        let Some(axes) = axes_of(&drafts[at], &flown) else {
            continue;
        };
        let axes = match check_from(at, drafts, axes, context) {
            Some(axes) => axes,
            None => continue,
        };
        check_variables(&drafts[at], &axes, scope, context);
        flown[at] = Some(axes);
    }
}

fn ring_complaint(ring: &[usize], drafts: &[Draft]) -> Diagnostic {
    let names: Vec<String> = ring.iter().map(|step| drafts[*step].name.to_string()).collect();
    let first = &drafts[ring[0]];
    if let [name] = names.as_slice() {
        return Diagnostic::error(
            codes::DEPENDENCY_CYCLE,
            first.span,
            format!("`{name}` depends on itself"),
        )
        .help("remove its own name from what it uses and needs");
    }
    let whole = [names.as_slice(), &names[..1]].concat().join("` → `");
    let start = Diagnostic::error(
        codes::DEPENDENCY_CYCLE,
        first.span,
        format!("these steps wait for each other: `{whole}`"),
    )
    .label(format!("depends on `{}`", names[1]));
    let others = ring.iter().enumerate().skip(1);
    others
        .fold(start, |diagnostic, (at, step)| {
            let next = &names[(at + 1) % names.len()];
            diagnostic.related(drafts[*step].span, format!("depends on `{next}`"))
        })
        .help("one of them must do without the next one")
}

/// The axes of a step, unless it or one that it uses has gaps.
fn axes_of(draft: &Draft, flown: &[Option<Axes>]) -> Option<Axes> {
    let mut axes = own_axes(&draft.matrix);
    for step in &draft.uses {
        for (name, values) in flown[step.0 as usize].as_ref()? {
            axes.entry(name.clone()).or_insert_with(|| values.clone());
        }
    }
    draft.whole.then_some(axes)
}

fn own_axes(matrix: &Matrix) -> Axes {
    let mut axes = Axes::new();
    for (axis, value) in matrix.cells.iter().flat_map(|cell| &cell.0) {
        let values = axes.entry(axis.clone()).or_default();
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    axes
}

/// Looks `from:` up: the axes it fixes no longer flow. Nothing after a complaint.
fn check_from(at: usize, drafts: &mut [Draft], mut axes: Axes, context: &mut Context<'_>) -> Option<Axes> {
    let Some(place) = drafts[at].from else {
        return Some(axes);
    };
    let Some((song, written, take)) = rendered(&drafts[at]) else {
        return Some(axes);
    };
    let takes = match &drafts[song.0 as usize].work {
        Some(Work::Song(song)) => song.takes.get(),
        _ => take,
    };
    let name = drafts[song.0 as usize].name.to_string();
    let mut sound = true;
    if take > takes {
        sound = false;
        context.complain(
            Diagnostic::error(
                codes::UNKNOWN_TAKE,
                place,
                format!(
                    "`{name}` has {}, so there is no #{take}",
                    words::count(takes as usize, "take")
                ),
            )
            .help(format!("name an earlier take, or set `takes: {take}` on `{name}`")),
        );
    }
    let mut fixed = Vec::new();
    for (axis, value) in written.0 {
        match fix(&axis, &value, &name, &mut axes) {
            Ok(value) => fixed.push((axis, value)),
            Err(diagnostic) => {
                sound = false;
                context.complain(diagnostic.at(place));
            }
        }
    }
    if let Some(Work::Reference(reference)) = &mut drafts[at].work
        && let ReferenceSource::Song { at, .. } = &mut reference.source
    {
        *at = Coordinates(fixed);
    }
    sound.then_some(axes)
}

fn rendered(draft: &Draft) -> Option<(StepId, Coordinates, u32)> {
    match &draft.work {
        Some(Work::Reference(reference)) => match &reference.source {
            ReferenceSource::Song { step, at, take } => Some((*step, at.clone(), *take)),
            ReferenceSource::File { .. } => None,
        },
        _ => None,
    }
}

/// A complaint that does not know its place yet.
struct Unplaced {
    message: String,
    help: String,
}

impl Unplaced {
    fn at(self, place: Span) -> Diagnostic {
        Diagnostic::error(codes::UNKNOWN_TAKE, place, self.message).help(self.help)
    }
}

/// Takes an axis out of those that flow and returns its value as the song has it.
fn fix(axis: &str, value: &Scalar, song: &str, axes: &mut Axes) -> Result<Scalar, Unplaced> {
    let Some(values) = axes.get(axis) else {
        let known: Vec<_> = axes.keys().collect();
        let help = match words::nearest(axis, known.iter().map(|axis| &***axis)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "it has no axes; write its name without `[…]`".into(),
            None => matrix::its_axes(&known),
        };
        return Err(Unplaced {
            message: format!("`{song}` has no axis `{axis}`"),
            help,
        });
    };
    let wanted = value.to_string();
    let Some(found) = values.iter().find(|one| one.to_string() == wanted).cloned() else {
        let known: Vec<_> = values.iter().map(ToString::to_string).collect();
        let help = match words::nearest(&wanted, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{axis}={near}`?"),
            None => format!("`{axis}` is one of {}", words::ticked(&known[..known.len().min(8)])),
        };
        return Err(Unplaced {
            message: format!("`{song}` has no cell with `{axis}={wanted}`"),
            help,
        });
    };
    axes.remove(axis);
    Ok(found)
}

/// Holds everything a template reads against what there is.
fn check_variables(draft: &Draft, axes: &Axes, scope: &Scope, context: &mut Context<'_>) {
    let Some(text) = &draft.text else { return };
    let parts: &[&str] = if draft.name.kind == StepKind::Song {
        &NAME_PARTS
    } else {
        &[]
    };
    for input in text.template.inputs() {
        let first = input.path.first().map_or("", String::as_str);
        let is_text = first == scope::LYRICS && draft.name.kind == StepKind::Lyrics;
        let known = parts.contains(&first) || axes.contains_key(first) || has_path(scope, &input.path);
        if is_text || known || input.optional {
            continue;
        }
        let span = text.home.span(&input.at, &input.path.join("."), &context.sources);
        let names = parts
            .iter()
            .copied()
            .map(str::to_owned)
            .chain(axes.keys().map(ToString::to_string))
            .chain(scope.values.iter().flat_map(|(name, value)| paths(name, value)));
        let names: Vec<String> = names.collect();
        context.complain(unknown_variable(input, span, draft, &names));
    }
}

fn has_path(scope: &Scope, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let start = scope.values.get(first);
    rest.iter()
        .try_fold(start, |value, part| match value? {
            serde_json::Value::Object(map) => Some(map.get(part)),
            serde_json::Value::Array(list) => Some(part.parse::<usize>().ok().and_then(|at| list.get(at))),
            _ => None,
        })
        .flatten()
        .is_some()
}

/// A variable's name, or the names of its parts if it is a map.
fn paths(name: &str, value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(map) => map.keys().map(|key| format!("{name}.{key}")).collect(),
        _ => vec![name.to_owned()],
    }
}

fn unknown_variable(input: &Input, span: Span, draft: &Draft, names: &[String]) -> Diagnostic {
    let written = input.path.join(".");
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_VARIABLE,
        span,
        format!("`{}` has no variable `{written}`", draft.name),
    );
    match words::nearest(&written, names.iter().map(String::as_str)) {
        Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), span, near),
        None if names.is_empty() => diagnostic.help("declare it under `vars:`, or as an axis of the `matrix`"),
        None => diagnostic
            .help(format!("it can read {}", words::ticked(names)))
            .help("declare more under `vars:`, or as an axis of the `matrix`"),
    }
}
