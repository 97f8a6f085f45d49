use super::Told;
pub(crate) fn run() -> Result<Told, String> {
    Ok(Told::Skipped("todo".into()))
}
