//! What `--version` prints: the version, and the commit if the build was given one.

/// `1.0.0 (abc1234)`, or `1.0.0` without a commit. `KACO_ARDEXA_COMMIT` is set by the packaging
/// scripts.
pub(super) fn version() -> String {
    with_commit(option_env!("KACO_ARDEXA_COMMIT").unwrap_or_default())
}

fn with_commit(commit: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    // As git shortens it.
    match commit.get(..7).unwrap_or(commit) {
        "" => version.to_owned(),
        short => format!("{version} ({short})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_is_shown_where_it_is_known() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(with_commit(""), version);
        assert_eq!(with_commit("abc1234"), format!("{version} (abc1234)"));
        let hash = "4e01bc1a8b3f7d5c6e9f0a1b2c3d4e5f60718293";
        assert_eq!(with_commit(hash), format!("{version} (4e01bc1)"));
    }
}
