//! Small trees for the unit tests of the checks.

use super::{Dependency, Package, Tree};

/// A member of the workspace with the given direct dependencies.
pub(crate) fn package(name: &str, dependencies: &[&str]) -> Package {
    Package {
        name: name.to_string(),
        manifest: format!("crates/{name}/Cargo.toml"),
        licence: Some("Apache-2.0 WITH LLVM-exception".to_string()),
        is_published: false,
        dependencies: dependencies
            .iter()
            .map(|name| Dependency { name: (*name).to_string(), is_dev: false })
            .collect(),
        roots: Vec::new(),
    }
}

/// A tree that has only packages.
pub(crate) fn tree_of_packages(packages: Vec<Package>) -> Tree {
    Tree { packages, ..Tree::default() }
}

/// A tree that has only files.
pub(crate) fn tree_of_files(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.add(path, *text);
    }
    tree
}
