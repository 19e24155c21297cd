use super::{Check, DoctorDocument, Trouble, command, complaint, text};
use crate::report::look::Look;

fn checks() -> Vec<Check> {
    vec![
        Check::ok("program", "takesheet 0.1.0"),
        Check::warning("clock", "the backend's clock is 7m 00s ahead of this machine's")
            .help("set the clock: lost calls are looked up by time"),
        Check::problem("balance", Trouble::Account, "$0.01 is left, and one take costs $0.0315")
            .help("top up: https://aimlapi.com/app/billing"),
    ]
}

#[test]
fn every_check_is_a_line_with_what_to_do_below() {
    let expected = "  ok       program  takesheet 0.1.0
  warning  clock    the backend's clock is 7m 00s ahead of this machine's
                    help: set the clock: lost calls are looked up by time
  problem  balance  $0.01 is left, and one take costs $0.0315
                    help: top up: https://aimlapi.com/app/billing

1 problem, 1 warning
";
    assert_eq!(text(&checks(), &Look::PLAIN, true), expected);
}

#[test]
fn only_what_is_wrong_is_said_where_little_is_asked_for() {
    let said = text(&checks(), &Look::PLAIN, false);
    assert!(!said.contains("program") && said.contains("balance"), "{said}");
    assert_eq!(text(&checks()[..1], &Look::PLAIN, false), "");
    assert!(text(&checks()[..1], &Look::PLAIN, true).ends_with("\nNothing is wrong\n"));
    assert!(text(&checks()[..2], &Look::PLAIN, true).ends_with("\nNo problem, 1 warning\n"));
}

#[test]
fn long_findings_stay_in_their_column() {
    let narrow = Look {
        width: 48,
        ..Look::PLAIN
    };
    let long = Check::warning(
        "key",
        "AIMLAPI_KEY and AIML_API_KEY hold different keys; that of AIML_API_KEY is used",
    );
    let expected = "  warning  key  AIMLAPI_KEY and AIML_API_KEY
                hold different keys; that of
                AIML_API_KEY is used

No problem, 1 warning
";
    assert_eq!(text(&[long], &narrow, true), expected);
}

#[test]
fn a_run_says_only_what_is_not_as_it_should_be() {
    let said: Vec<_> = checks().iter().map(|check| complaint(check, &Look::PLAIN)).collect();
    assert_eq!(said[0], "");
    assert!(said[1].starts_with("warning: the backend's clock"), "{}", said[1]);
    assert_eq!(
        said[2],
        "error: $0.01 is left, and one take costs $0.0315\nhelp: top up: https://aimlapi.com/app/billing\n"
    );
}

#[test]
fn a_command_can_be_copied_into_a_shell() {
    assert_eq!(
        command(&["resolve", "-C", "my songs", "songs.hook[city=O'Hare]#1"]),
        r"takesheet resolve -C 'my songs' 'songs.hook[city=O'\''Hare]#1'"
    );
}

#[test]
fn the_document_holds_every_check() {
    let document: serde_json::Value = serde_json::from_str(&DoctorDocument::of(&checks()).to_json()).unwrap();
    assert_eq!(
        (&document["schema"], &document["problems"], &document["warnings"]),
        (&"takesheet.doctor/1".into(), &1.into(), &1.into())
    );
    assert_eq!(document["checks"][0]["trouble"], serde_json::Value::Null);
    assert_eq!(
        document["checks"][2],
        serde_json::json!({
            "about": "balance", "level": "problem", "trouble": "account",
            "finding": "$0.01 is left, and one take costs $0.0315",
            "help": ["top up: https://aimlapi.com/app/billing"],
        })
    );
}
