//! `holm run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Compile {}
impl Compile {
    pub(crate) fn execute(self) -> Result<std::process::ExitCode, crate::failure::Failure> {
        Ok(0.into())
    }
}
