//! What a failure looks like.

use super::*;

#[test]
fn causes_then_details_then_help() {
    let failure = Failure::start("can not start a.wasm")
        .because("unknown import env.f")
        .detail("0: main")
        .help("build it for wasm32-wasip1");
    let text = "error: can not start a.wasm\nerror: unknown import env.f\n  0: main\nhelp: build it for wasm32-wasip1\n";
    assert_eq!(failure.render(Style::plain()), text);
    assert_eq!(failure.status(), 125);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = Failure::usage("no function \x1b[31mred\n").render(Style::plain());
    assert_eq!(text, "error: no function \\u{1b}[31mred\\n\n");
}

#[test]
fn long_lines_are_cut_in_the_middle() {
    let text = |n: usize| format!("a{}z", "é".repeat(n - 2));
    let line = |n| Failure::start(text(n)).render(Style::plain());
    assert_eq!(line(800), format!("error: {}\n", text(800)));
    let long = line(1_000_000);
    assert!(long.starts_with("error: aé") && long.ends_with("éz\n"));
    assert!(long.contains("é … (999200 characters) … é"));
    assert_eq!(long.chars().filter(|c| *c == 'é').count(), 798);
}
