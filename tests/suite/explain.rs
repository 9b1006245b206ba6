//! `explain`: what a status or an error means and what to do.

use crate::support::program::run;

#[test]
fn a_code_a_text_and_a_meaning_are_explained() {
    let by_code = run(&["explain", "19"]).expect_code(0).stdout;
    assert!(
        by_code.starts_with("KACO status 19, insulation-error: Insulation"),
        "{by_code}"
    );
    assert!(
        by_code.contains("a fault: measure the insulation"),
        "{by_code}"
    );
    for same in [
        "insulation-error",
        "INSULATION error",
        "insulation resistance too low",
    ] {
        assert_eq!(run(&["explain", same]).expect_code(0).stdout, by_code);
    }
    assert_eq!(
        run(&["explain", "insulation", "error"])
            .expect_code(0)
            .stdout,
        by_code
    );
    let normal = run(&["explain", "4"]).expect_code(0).stdout;
    assert!(
        normal.contains("mpp-track") && normal.contains("normal operation"),
        "{normal}"
    );
}

#[test]
fn advice_is_about_the_part_that_has_the_fault() {
    for (code, due) in [
        ("29", "measure the insulation"),
        ("39", "the maker's service"),
        ("58", "clean the filter"),
        ("118", "plugs of the strings"),
        ("85", "the maker's service"),
        ("42", "voltage of the grid"),
    ] {
        let text = run(&["explain", code]).expect_code(0).stdout;
        assert!(text.contains(due), "{text}");
    }
}

#[test]
fn errors_of_hybrids_are_explained_by_name_and_number() {
    let by_name = run(&["explain", "utility loss"]).expect_code(0).stdout;
    assert!(
        by_name.starts_with("KSTAR error: utility loss\n  a fault: "),
        "{by_name}"
    );
    let by_number = run(&["explain", "kstar", "513"]).expect_code(0).stdout;
    assert!(
        by_number.contains("GFCI check") && by_number.ends_with(&by_name),
        "{by_number}"
    );
}

#[test]
fn work_modes_of_hybrids_that_are_faults_are_explained() {
    let severe = run(&["explain", "severe", "fault"]).expect_code(0).stdout;
    assert!(
        severe.starts_with("KSTAR Work Mode 3, severe fault\n  a fault: "),
        "{severe}"
    );
    run(&["explain", "standby"]).expect_code(2);
}

#[test]
fn without_an_argument_all_are_listed_within_80_columns() {
    let all = run(&["explain"]).expect_code(0).stdout;
    for due in [
        "mpp-track",
        "plausibility-error-dc-dc",
        "internal communication",
        "severe fault",
    ] {
        assert!(all.contains(due), "{due}: {all}");
    }
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
}

#[test]
fn an_unknown_one_is_wrong_usage_and_the_nearest_are_named() {
    let text = run(&["explain", "insulaton-eror"]).expect_code(2).stderr;
    assert!(text.contains("insulation-error"), "{text}");
    let code = run(&["explain", "20"]).expect_code(2).stderr;
    assert!(
        code.contains("19 (insulation-error)") && code.contains("kstar 20"),
        "{code}"
    );
    let strange = run(&["explain", "qqq"]).expect_code(2).stderr;
    assert!(strange.contains("lists them all"), "{strange}");
}

#[test]
fn a_device_that_is_nearly_one_is_named() {
    for (typed, meant) in [
        ("192.168.1.9:8899", "did you mean tcp://192.168.1.9:8899"),
        ("SIM:", "did you mean sim:"),
    ] {
        let run = run(&["read", typed, "2"]).expect_code(2);
        assert!(run.stderr.contains(meant), "{run:?}");
    }
}

#[test]
fn a_quiet_scan_prints_no_checklist() {
    let scan = |quiet: &[&str]| {
        let arguments = [
            "scan",
            "sim:night",
            "2",
            "--pace",
            "0s",
            "--timeout",
            "50ms",
        ];
        run(&[&arguments, quiet].concat()).expect_code(0)
    };
    assert!(scan(&[]).stderr.contains("Likeliest first"));
    assert_eq!(scan(&["-q"]).stderr, "");
}
