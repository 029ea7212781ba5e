//! Holes are filled, lists spread, unknown names refused.

use super::*;

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(ToString::to_string).collect()
}

#[test]
fn fills_single_values_and_lists() {
    let mut holes = Holes::default();
    holes.set("out", Path::new("a.wasm")).list("sources", words(&["x.c", "y.c"]));
    let filled = holes.fill_all(&words(&["cc", "{sources…}", "-o", "{out}", "-I{out}/b"]));
    assert_eq!(filled, Ok(words(&["cc", "x.c", "y.c", "-o", "a.wasm", "-Ia.wasm/b"])));
}

#[test]
fn refuses_what_nothing_fills() {
    let holes = Holes::default();
    assert!(holes.fill("{out}").is_err());
    assert!(holes.fill("{out").is_err());
    assert!(holes.fill_all(&words(&["{flags…}"])).is_err());
}

#[test]
fn a_star_that_matches_nothing_is_an_error() {
    assert!(Holes::default().fill_all(&words(&["src/*.nothing-ends-so"])).is_err());
}

#[test]
fn an_exclamation_mark_takes_words_out() {
    let filled = Holes::default().fill_all(&words(&["a/x.c", "b/x.c", "!b/x.c", "y.c"]));
    assert_eq!(filled, Ok(words(&["a/x.c", "y.c"])));
}
