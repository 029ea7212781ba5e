//! `holm run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {}
impl Run {
    pub(crate) fn execute(self) -> Result<std::process::ExitCode, crate::failure::Failure> {
        Ok(0.into())
    }
}
