//! Unit tests of the blanking of comments and strings.

use super::{code_only, words};

fn code_words(source: &str) -> Vec<String> {
    words(&code_only(source)).map(str::to_string).collect()
}

#[test]
fn comments_go() {
    assert_eq!(code_words("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
}

#[test]
fn strings_go() {
    assert_eq!(code_words(r#"a "b \" c" d "#), ["a", "d"]);
    assert_eq!(code_words("a r#\"b \" c\"# d"), ["a", "d"]);
    assert_eq!(code_words("a br\"b\" d b\"c\" e"), ["a", "d", "b", "e"]);
}

#[test]
fn characters_go_and_lifetimes_stay() {
    assert_eq!(code_words(r"a 'b' '\'' 'ß' d"), ["a", "d"]);
    assert_eq!(code_words("fn f<'a>(x: &'a str) {}"), ["fn", "f", "a", "x", "a", "str"]);
}

#[test]
fn a_name_that_ends_in_r_is_no_raw_string() {
    assert_eq!(code_words("for\"x\" y"), ["for", "y"]);
}

#[test]
fn lines_and_columns_stay() {
    let source = "a\n\"x\ny\" b\n";
    let code = code_only(source);
    assert_eq!(code.lines().count(), source.lines().count());
    assert_eq!(code.lines().nth(2), Some("   b"));
}

#[test]
fn unclosed_literals_end_with_the_file() {
    assert_eq!(code_words("a \"b"), ["a"]);
    assert_eq!(code_words("a /* b"), ["a"]);
    assert_eq!(code_words("a r#\"b"), ["a"]);
    assert_eq!(code_words("a '"), ["a"]);
}
