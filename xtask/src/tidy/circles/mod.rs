//! No file imports in a circle: of two files at most one knows the other, directly or through more.
//!
//! A circle of files has no file to read first, and no part that can move to another crate alone.
//!
//! A file imports another where it uses what that file defines: by `use`, or by a path in its code.
//! It does not where it only declares a module, or hands a name on with `pub use`, as the table of
//! contents of a crate does. Tests count as well.

mod graph;
mod names;
mod parse;

use std::collections::BTreeMap;
use std::path::Path;

use self::graph::circles;
use self::names::Crate;
use super::sources::{WORKSPACES, packages, read, relative};
use crate::files::root;

#[test]
fn no_file_imports_in_a_circle() {
    let mut found = Vec::new();
    for package in WORKSPACES.iter().flat_map(|it| packages(it)) {
        for target in package["targets"].as_array().expect("targets") {
            let start = target["src_path"].as_str().expect("a path");
            let start = relative(Path::new(start));
            let imports = Crate::load(&start, &|path| {
                let path = root().join(path);
                path.is_file().then(|| read(&path))
            });
            found.extend(circles(&imports.imports()));
        }
    }
    found.sort();
    assert!(found.is_empty(), "files that import in a circle:\n{}", found.join("\n"));
}

/// The circles of a crate whose files are `a.rs: text`, with `lib.rs` as root.
fn of(files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| (format!("src/{name}"), (*text).to_owned())).collect();
    let found = circles(&Crate::load("src/lib.rs", &|path| files.get(path).cloned()).imports());
    found.iter().map(|it| it.replace("src/", "")).collect()
}

/// Of a root that declares `a` and `b` and hands on their names, and these two files.
fn of_two(a: &str, b: &str) -> Vec<String> {
    let root = "mod a; mod b; pub use a::A; pub(crate) use b::{B, f};";
    of(&[("lib.rs", root), ("a.rs", a), ("b.rs", b)])
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let b = "pub struct B; pub fn f(a: crate::A) {}";
    let ways = [
        "use crate::b::B; pub struct A;",
        "use super::b::B;",
        "use crate::{c, b::{self}};",
        "use crate::B;",
        "use super::{\n    B,\n};",
        "use crate::b;",
        "use crate::b::*;",
        "fn g() { crate::b::f() }",
        "fn g() { let a = 1 + super::f(); }",
        "fn g() { use crate::b::f; }",
        "fn g() { say!(\"{}\", crate::b::f()) }",
        "mod tests { fn g() { super::super::f() } }",
        "mod tests { use super::*; use crate::B; }",
        "pub use crate::B; fn g(b: B) {}",
        "use super::*; pub struct A; fn g(b: B) {}",
    ];
    for a in ways {
        let found = of_two(a, b);
        assert!(
            found.len() == 1 && found[0].starts_with("a.rs -> b.rs -> a.rs, by "),
            "{a}: {found:?}"
        );
    }
}

#[test]
fn what_is_no_import_makes_no_circle() {
    let b = "pub struct B; pub fn f(a: crate::A) {}";
    let ways = [
        "pub struct A;",
        "pub use crate::b::B;",
        "pub(crate) use super::B;",
        "// use crate::b::B;\n/* crate::b::f() */\nconst A: &str = \"crate::b::f()\";",
        "use b::B; use ::b::f; use std::b;",
        "fn g() { a.b::<C>(); b::f() }",
        "mod tests { use super::*; fn g() { f() } } fn f() {}",
        "use self::A::*; pub enum A { C }",
    ];
    for a in ways {
        assert_eq!(of_two(a, b), [""; 0], "{a}");
    }
    assert_eq!(of_two("use crate::b::B;", "pub struct B; mod tests { use super::*; }"), [""; 0]);
}

#[test]
fn a_root_that_calls_what_it_declares_is_no_table_of_contents() {
    let a = ("a.rs", "use crate::Error;");
    assert_eq!(of(&[("lib.rs", "mod a; pub use a::A; pub struct Error;"), a]), [""; 0]);
    for root in ["fn g() { a::f() }", "use a::A;", "pub use a::A; fn g(a: A) {}"] {
        let found = of(&[("lib.rs", &format!("mod a; pub struct Error; {root}")), a]);
        assert!(
            found.len() == 1 && found[0].starts_with("a.rs -> lib.rs -> a.rs"),
            "{root}: {found:?}"
        );
    }
}

#[test]
fn folders_and_names_handed_on_are_followed() {
    let files = [
        ("lib.rs", "mod a; mod b; mod p { pub use crate::b::*; }"),
        ("a/mod.rs", "mod c; mod d; pub use self::c::C;"),
        ("a/c.rs", "use crate::p::B;"),
        ("a/d.rs", "use super::C;"),
        ("b.rs", "use crate::a::C; pub struct B;"),
    ];
    assert_eq!(of(&files), ["a/c.rs -> b.rs -> a/c.rs, by crate::p::B, crate::a::C"]);
}

#[test]
fn the_shortest_circle_of_each_group_is_told() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a::A, b::B}; pub struct C;"),
        ("d.rs", "use crate::e;"),
        ("e.rs", "use crate::d;"),
        ("f.rs", "use crate::{a, d};"),
    ];
    assert_eq!(
        of(&files),
        [
            "b.rs -> c.rs -> b.rs, by crate::c::C, crate::b::B, and 1 more in circles with them",
            "d.rs -> e.rs -> d.rs, by crate::e, crate::d",
        ]
    );
}
