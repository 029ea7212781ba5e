//! Unit tests of the text check.

use super::check;
use crate::tidy::tree::samples::tree_of_files;

fn count(text: &str) -> usize {
    check(&tree_of_files(&[("a.rs", text)])).len()
}

#[test]
fn clean_text_passes() {
    assert_eq!(count("//! A file.\nlet todos = 1; // 0xXX, /usr/include\n"), 0);
    assert_eq!(count(""), 0);
}

#[test]
fn blanks_fail() {
    assert_eq!(count("a \nb\t\nc\r\n"), 3);
    assert_eq!(count("no line end"), 1);
}

#[test]
fn data_may_have_blanks() {
    assert!(check(&tree_of_files(&[("a.expected", "a \nb")])).is_empty());
}

#[test]
fn unfinished_words_fail() {
    for word in super::UNFINISHED {
        assert_eq!(count(&format!("// {word} later\n")), 1, "{word}");
    }
    assert_eq!(count("mytodo!();\n"), 0);
}

#[test]
fn machine_paths_fail() {
    for path in super::MACHINE {
        assert_eq!(count(&format!("// see {path}x\n")), 1, "{path}");
    }
}

#[test]
fn the_middle_of_another_path_passes() {
    for path in super::MACHINE {
        assert_eq!(count(&format!("open(\"data{path}x\")\n")), 0, "{path}");
    }
}
