//! The architecture as a test: which crate may depend on which, who owns which third party, and that every
//! module says what lives in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Each crate with the crates of ours that it may depend on. A new edge is a decision: defend it in
/// ARCHITECTURE.md, then write it here and in `deny.toml`.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("sandbox", &[]),
    ("platforms", &["domain"]),
    ("alerts", &["domain"]),
    ("broker", &["domain"]),
    ("ledger", &["domain"]),
    ("worker", &["domain", "platforms", "alerts", "broker", "ledger"]),
    ("server", &["domain", "broker", "ledger"]),
    ("cli", &["domain", "sandbox", "platforms", "alerts", "broker", "ledger", "worker", "server"]),
];

/// Third parties with the only crates of ours that may use them.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest", &["platforms", "alerts"]),
    ("lettre", &["alerts"]),
    ("lapin", &["broker"]),
    ("sqlx", &["ledger", "broker"]),
    ("actix-web", &["server", "sandbox"]),
    ("clap", &["cli"]),
];

/// What would make `domain` less than pure.
const NOT_IN_DOMAIN: &[&str] =
    &["tokio", "async-trait", "futures-util", "rand", "tracing", "sqlx", "reqwest"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn packages() -> Vec<Package> {
    let manifest = root().join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .other_options(["--locked".to_owned(), "--offline".to_owned()])
        .exec();
    metadata.expect("cargo metadata reads the workspace").packages
}

/// Names of the dependencies of a kind.
fn dependencies(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    package.dependencies.iter().filter(|d| kinds.contains(&d.kind)).map(|d| d.name.clone()).collect()
}

#[test]
fn every_crate_depends_only_on_the_crates_that_it_may() {
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let listed: BTreeSet<String> = MAY_DEPEND_ON.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours, listed, "the table names every crate of the workspace");
    for (name, allowed) in MAY_DEPEND_ON {
        let package = packages.iter().find(|package| package.name.as_str() == *name).expect("listed above");
        let folder = package.manifest_path.parent().and_then(|folder| folder.file_name());
        assert_eq!(folder, Some(*name), "a crate's folder has its name");
        for dependency in dependencies(package, &[DependencyKind::Normal, DependencyKind::Build]) {
            let fine = !ours.contains(&dependency) || allowed.contains(&dependency.as_str());
            assert!(fine, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn every_third_party_with_an_owner_is_used_by_its_owner_only() {
    for package in packages() {
        let every_kind = [DependencyKind::Normal, DependencyKind::Development, DependencyKind::Build];
        for dependency in dependencies(&package, &every_kind) {
            let owners = OWNERS.iter().find(|(name, _)| *name == dependency).map(|(_, owners)| *owners);
            let fine = owners.is_none_or(|owners| owners.contains(&package.name.as_str()));
            assert!(fine, "{} must not use {dependency}", package.name);
        }
    }
}

#[test]
fn domain_can_neither_wait_nor_reach_out_nor_roll_dice() {
    let packages = packages();
    let domain = packages.iter().find(|package| package.name.as_str() == "domain").expect("domain exists");
    let used = dependencies(domain, &[DependencyKind::Normal]);
    for name in NOT_IN_DOMAIN {
        assert!(!used.contains(*name), "domain must not use {name}");
    }
    for file in rust_files(&root().join("crates/domain/src")) {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        for forbidden in ["async fn", "std::fs", "std::net", "SystemTime", "Timestamp::now", "std::env"] {
            assert!(!text.contains(forbidden), "{} holds `{forbidden}`", file.display());
        }
    }
}

#[test]
fn the_server_has_no_way_to_call_a_platform() {
    for file in rust_files(&root().join("crates/server/src")) {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        for forbidden in ["platforms::", "TcpStream::connect", "hyper::client", "awc::"] {
            assert!(!text.contains(forbidden), "{} holds `{forbidden}`", file.display());
        }
    }
}

#[test]
fn writes_to_platforms_stand_only_where_they_are_made_safe_to_repeat() {
    // Subscriptions have no claim: what is wanted is compared with what is listed. They have one home all the same. So has asking for a
    // fetch, which may be done twice.
    for (write, home) in [
        ("create_orders(", "orders_out/send.rs"),
        ("update_orders(", "shipments_back/write.rs"),
        ("replace_cartons(", "shipments_back/cartons.rs"),
        ("update_freight(", "rates/write.rs"),
        (".subscribe(", "worker/src/subscriptions.rs"),
        (".unsubscribe(", "worker/src/subscriptions.rs"),
        (".refresh_store(", "worker/src/store_refresh.rs"),
    ] {
        for name in ["worker", "server", "cli"] {
            for file in rust_files(&root().join("crates").join(name).join("src")) {
                let text = fs::read_to_string(&file).expect("a source file can be read");
                // What the demo and the sandbox do to their own machine is no call.
                let text = text.replace("sandbox.shipstation().subscribe(", "");
                let fine = !text.contains(write) || file.ends_with(home);
                assert!(fine, "{} calls `{write}…)`, which belongs to {home}", file.display());
            }
        }
    }
}

#[test]
fn every_module_says_what_lives_in_it() {
    let mut files = rust_files(&root().join("crates"));
    files.extend(rust_files(&root().join("tests")));
    assert!(files.len() > 50, "the search finds the sources");
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        let says = text.starts_with("//!") || text.starts_with("#![doc = include_str!");
        assert!(says, "{} does not begin with `//!`", file.display());
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
