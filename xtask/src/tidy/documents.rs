//! Documents that have to be there, and their links.

use super::sources::{files, read, relative};
use crate::files::root;

#[test]
fn every_document_named_is_there() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn links_lead_to_files() {
    let mut broken = Vec::new();
    for page in files(&["md"]) {
        let folder = page.parent().expect("a page lies in a folder");
        let lost = links(&read(&page)).into_iter().filter(|it| !folder.join(it).exists());
        broken.extend(lost.map(|it| format!("{}: {it}", relative(&page))));
    }
    assert!(broken.is_empty(), "broken links: {broken:#?}");
}

/// Targets of the relative links of a Markdown page, without their anchors.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

#[test]
fn only_links_to_files_are_followed() {
    let text = "[a](b/c.md#d), [e](#f), [g](https://h.example/i.md) and [j](k.md).";
    assert_eq!(links(text), ["b/c.md", "k.md"]);
}
