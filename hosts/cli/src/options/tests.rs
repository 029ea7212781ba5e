//! The command line as a whole.

use super::*;
use clap::CommandFactory;

#[test]
fn the_options_do_not_contradict_each_other() {
    Options::command().debug_assert();
}

#[test]
fn every_command_has_examples_and_no_line_is_too_long() {
    let mut root = Options::command();
    root.build();
    for command in root.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Example"), "{}", command.get_name());
        for line in help.lines() {
            assert!(line.chars().count() <= 110, "{}: {line}", command.get_name());
        }
    }
}
