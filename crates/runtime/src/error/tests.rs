//! Size, families and texts of errors.

use super::*;

#[test]
fn an_error_is_one_word() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn families_do_not_mix() {
    let cases = [
        (Error::trap(TrapReason::IntegerDivideByZero), ErrorKind::Trap, "integer divide by zero"),
        (Error::trap(TrapReason::StackOverflow), ErrorKind::Trap, "call stack exhausted"),
        (
            Error::trap(TrapReason::OutOfFuel),
            ErrorKind::Exhausted,
            "all fuel consumed: give the store more with `set_fuel`",
        ),
        (Error::link("a and b"), ErrorKind::Link, "a and b"),
        (Error::invalid("no module"), ErrorKind::Invalid, "no module"),
        (Error::bug("oops"), ErrorKind::Bug, "bug: oops"),
        (Error::host("mine"), ErrorKind::Host, "mine"),
    ];
    for (error, kind, text) in cases {
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
    assert_eq!(Error::trap(TrapReason::Interrupted).limit(), Some("deadline"));
    assert_eq!(Error::trap(TrapReason::Interrupted).trap_reason(), Some(TrapReason::Interrupted));
}

#[test]
fn host_errors_come_out_as_they_went_in() {
    #[derive(Debug, PartialEq)]
    struct Exit(i32);
    impl fmt::Display for Exit {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "exit {}", self.0)
        }
    }
    impl StdError for Exit {}

    let error = Error::host(Exit(3));
    assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(3)));
    assert!(error.downcast_ref::<std::io::Error>().is_none());
    let error = error.downcast::<std::io::Error>().unwrap_err();
    assert_eq!(error.downcast::<Exit>().unwrap(), Exit(3));
}

#[test]
fn causes_take_a_line_each() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no number")
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }
    let error = Error::host(Outer("x".parse::<i32>().unwrap_err()));
    assert_eq!(error.to_string(), "no number\ninvalid digit found in string");
}
