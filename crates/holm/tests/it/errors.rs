//! Errors as users meet them: through `?`, `main` and other error types.

use crate::support::*;
use holm::{Error, ErrorKind, Module, Result};

#[test]
fn errors_fit_into_other_error_types() {
    fn boxed() -> Result<(), Box<dyn std::error::Error>> {
        Module::new(&ENGINE, "(module (func (result i32)))")?;
        Ok(())
    }
    let error = boxed().unwrap_err();
    assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Invalid);

    fn io() -> Result<()> {
        Err(std::io::Error::other("no"))?;
        Ok(())
    }
    assert_eq!(io().unwrap_err().kind(), ErrorKind::Host);
}

#[test]
fn text_errors_show_the_place() {
    let error = error(Module::new(&ENGINE, "(module\n  (func (export \"f\") i32.bad))"));
    let text = error.to_string();
    assert!(text.contains("unknown operator") && text.contains(":2:"), "{text}");
}
