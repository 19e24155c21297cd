//! The grammar of values that take more than one form, or have keys of the user's choice.
//!
//! Their schemas are written by hand, because a derived `untagged` or `flatten` would lose the place of an error.

use super::file::{AudioFile, RowsFile};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// The container of a take.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum FormatWord {
    /// MPEG layer III; the smallest.
    Mp3,
    /// RIFF wave, 16-bit.
    Wav,
    /// Raw 16-bit samples without a header.
    Pcm,
}

/// What to do when the last run of a schedule is still running.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum OverlapWord {
    /// Leave this one out.
    Skip,
    /// Run once more afterwards.
    QueueOne,
}

macro_rules! by_hand {
    ($(#[$doc:meta])* $type:ident, $name:literal, |$generator:ident| $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $type(pub serde_json::Value);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

by_hand!(
    /// An amount in US dollars, as a number or a text.
    Amount, "Amount", |_generator| json_schema!({
        "description": "An amount in US dollars, such as 2.00.",
        "type": ["number", "string"],
        "minimum": 0,
        "examples": [2.5],
    })
);

by_hand!(
    /// A length of sound, as a number of seconds or a text.
    Length, "Length", |_generator| json_schema!({
        "description": "A number of seconds, or a length of time with its unit, such as 45s or 1m 30s.",
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": 3600,
    })
);

by_hand!(
    /// How many samples may be clipped.
    Clipping, "Clipping", |_generator| json_schema!({
        "description": "A number of samples, or `none`.",
        "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 1_000_000 }, { "type": "string", "enum": ["none"] }],
    })
);

by_hand!(
    /// A name under `audio:`, or the settings themselves.
    AudioChoice, "AudioChoice", |generator| json_schema!({
        "description": "A name under `audio:`, or the settings themselves.",
        "anyOf": [{ "type": "string" }, generator.subschema_for::<AudioFile>()],
    })
);

by_hand!(
    /// One selector, or a list of them.
    Selection, "Selection", |_generator| json_schema!({
        "description": "One selector, or a list of them.",
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
    })
);

by_hand!(
    /// A text or a number.
    Salt, "Salt", |_generator| json_schema!({
        "description": "Any text; changing it renders everything anew.",
        "type": ["string", "integer"],
    })
);

by_hand!(
    /// A value for templates.
    Variable, "Variable", |_generator| json_schema!({
        "description": "A value for templates: a text, a number, true or false, or a list or map of these.",
        "type": ["string", "number", "boolean", "array", "object"],
    })
);

by_hand!(
    /// A value on an axis.
    AxisValue, "AxisValue", |_generator| json_schema!({
        "description": "A text, a number, true or false.",
        "type": ["string", "number", "boolean"],
    })
);

by_hand!(
    /// A row: an axis value for each axis.
    Row, "Row", |generator| json_schema!({
        "description": "Axis values by the name of their axis.",
        "type": "object",
        "additionalProperties": generator.subschema_for::<AxisValue>(),
    })
);

by_hand!(
    /// Rows, or the file they stand in.
    Rows, "Rows", |generator| json_schema!({
        "description": "The cells, row by row, instead of a cross product; or the file they stand in.",
        "anyOf": [
            { "type": "array", "items": generator.subschema_for::<Row>() },
            generator.subschema_for::<RowsFile>(),
        ],
    })
);

by_hand!(
    /// The cells of a step: axes by name, and four keys that are no axes.
    MatrixFile, "Matrix", |generator| json_schema!({
        "description": "Axes by name, each with a list of values; every combination is a cell.",
        "type": "object",
        "properties": {
            "exclude": {
                "description": "Combinations to leave out; axes that a row does not name match any value.",
                "type": "array",
                "items": generator.subschema_for::<Row>(),
            },
            "include": {
                "description": "Combinations to add; each row names every axis.",
                "type": "array",
                "items": generator.subschema_for::<Row>(),
            },
            "rows": generator.subschema_for::<Rows>(),
            "max_cells": {
                "description": "More cells than this are an accident; 256 unless given.",
                "type": "integer",
                "minimum": 1,
                "maximum": 100_000,
            },
        },
        "additionalProperties": { "type": "array", "items": generator.subschema_for::<AxisValue>() },
        "examples": [{ "city": ["Lisbon", "Osaka"], "mood": ["bright", "wistful"] }],
    })
);
