//! Which folder of the contracts may import which, and that no two files import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::{files_under, root};

/// What the files of each folder below `contracts/src` may import, beside their own folder.
///
/// A folder that a later floor adds takes a row here; an arrow that is missing is a question to
/// ask, not a word to add.
const ARROWS: &[(&str, &[&str])] = &[
    ("libraries", &[]),
    ("types", &["libraries"]),
    ("interfaces/external", &[]),
    ("interfaces", &["types", "interfaces/external"]),
    ("vm", &["libraries", "interfaces"]),
    ("dispute", &["types", "libraries", "interfaces", "vm"]),
    ("oracle", &["types", "libraries", "interfaces", "interfaces/external"]),
    ("token", &["libraries", "interfaces", "interfaces/external"]),
    ("revenue", &["libraries", "interfaces", "interfaces/external"]),
    ("offering", &["libraries", "interfaces", "interfaces/external"]),
    ("offering/hooks", &["interfaces", "interfaces/external"]),
    ("nft", &["types", "libraries", "interfaces", "interfaces/external"]),
    ("factory", &["types", "libraries", "interfaces", "interfaces/external", "offering"]),
    ("examples", &["types", "libraries", "interfaces", "interfaces/external"]),
];

/// Each file below a folder with the files there that it imports, by their paths from the folder.
type Imports = BTreeMap<PathBuf, Vec<PathBuf>>;

fn imports(folder: &Path) -> Imports {
    let mut files = Vec::new();
    files_under(folder, "sol", &mut files);
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source");
            let name = file.strip_prefix(folder).expect("below it").to_path_buf();
            let from = folder_of(&name);
            let imported = targets(&text).iter().map(|it| normal(&from.join(it))).collect();
            (name, imported)
        })
        .collect()
}

/// How the path of an import from a package begins.
const PACKAGES: [&str; 3] = ["@openzeppelin/", "solady/", "forge-std/"];

/// The relative paths that a source imports; packages are not ours.
///
/// A path of ours that is not relative would pass every rule here, so there may be none.
fn targets(text: &str) -> Vec<String> {
    let paths = text
        .split(';')
        .map(str::trim)
        .filter_map(|statement| statement.rsplit_once("import ").map(|(_, it)| it))
        .filter_map(|statement| statement.split('"').nth(1));
    let (ours, others): (Vec<&str>, Vec<&str>) = paths.partition(|path| path.starts_with('.'));
    for path in others {
        let is_package = PACKAGES.iter().any(|package| path.starts_with(package));
        assert!(is_package, "{path} is neither a relative path nor in a known package");
    }
    ours.into_iter().map(str::to_owned).collect()
}

/// The path with its `.` and `..` worked out.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{} leaves the folder", path.display()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().expect("a file lies in a folder").to_path_buf()
}

/// Arrows between folders that the table does not have, and folders it does not know.
fn wrong_arrows(imports: &Imports, table: &[(&str, &[&str])]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (file, targets) in imports {
        let from = folder_of(file);
        let Some((_, allowed)) = table.iter().find(|(folder, _)| Path::new(folder) == from) else {
            wrong.insert(format!("{} is not in the table of folders", from.display()));
            continue;
        };
        for target in targets {
            let to = folder_of(target);
            if to != from && !allowed.iter().any(|it| Path::new(it) == to) {
                let (file, to) = (file.display(), to.display());
                wrong.insert(format!("{file} may not import from {to}"));
            }
        }
    }
    wrong
}

/// Rows and arrows of the table that no file needs.
fn idle_arrows(imports: &Imports, table: &[(&str, &[&str])]) -> Vec<String> {
    let drawn: BTreeSet<(PathBuf, PathBuf)> = imports
        .iter()
        .flat_map(|(file, targets)| targets.iter().map(|it| (folder_of(file), folder_of(it))))
        .collect();
    let folders: BTreeSet<PathBuf> = imports.keys().map(|file| folder_of(file)).collect();
    let mut idle = Vec::new();
    for (folder, allowed) in table {
        if !folders.contains(Path::new(folder)) {
            idle.push(format!("{folder} is no folder"));
        }
        for to in *allowed {
            if !drawn.contains(&(PathBuf::from(folder), PathBuf::from(to))) {
                idle.push(format!("{folder} imports nothing from {to}"));
            }
        }
    }
    idle
}

/// A circle of files, each of which imports the next, if there is one.
fn circle(imports: &Imports) -> Option<Vec<PathBuf>> {
    let mut done = BTreeSet::new();
    imports.keys().find_map(|file| circle_from(file, imports, &mut Vec::new(), &mut done))
}

fn circle_from(
    file: &Path,
    imports: &Imports,
    path: &mut Vec<PathBuf>,
    done: &mut BTreeSet<PathBuf>,
) -> Option<Vec<PathBuf>> {
    if let Some(start) = path.iter().position(|it| it == file) {
        return Some(path[start..].to_vec());
    }
    if done.contains(file) {
        return None;
    }
    path.push(file.to_path_buf());
    let targets = imports.get(file).map(Vec::as_slice).unwrap_or_default();
    let found = targets.iter().find_map(|it| circle_from(it, imports, path, done));
    path.pop();
    done.insert(file.to_path_buf());
    found
}

#[test]
fn contracts_import_along_the_arrows() {
    let imports = imports(&root().join("contracts/src"));
    assert!(imports.len() > 50, "the contracts are there");
    let wrong = wrong_arrows(&imports, ARROWS);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let idle = idle_arrows(&imports, ARROWS);
    assert!(idle.is_empty(), "take out of the table: {idle:#?}");
}

#[test]
fn no_contracts_import_each_other() {
    for folder in ["contracts/src", "contracts/test"] {
        // Tests import sources, which do not import tests.
        let imports = match folder {
            "contracts/src" => imports(&root().join(folder)),
            _ => imports(&root().join("contracts")),
        };
        assert_eq!(circle(&imports), None, "{folder}");
    }
}

#[test]
fn a_wrong_arrow_is_named() {
    let file = |path: &str, targets: &[&str]| {
        (PathBuf::from(path), targets.iter().map(PathBuf::from).collect())
    };
    let imports = Imports::from([
        file("a/One.sol", &["a/Two.sol", "b/Three.sol"]),
        file("b/Three.sol", &["a/One.sol"]),
        file("c/Four.sol", &[]),
    ]);
    let table: &[(&str, &[&str])] = &[("a", &["b", "d"]), ("b", &[])];
    let wrong: Vec<String> = wrong_arrows(&imports, table).into_iter().collect();
    assert_eq!(wrong, ["b/Three.sol may not import from a", "c is not in the table of folders"]);
    assert_eq!(idle_arrows(&imports, table), ["a imports nothing from d"]);
    let around = circle(&imports).expect("One imports Three, which imports One");
    assert_eq!(around, [PathBuf::from("a/One.sol"), PathBuf::from("b/Three.sol")]);
}

#[test]
fn imports_are_found_in_each_form() {
    let text = "// import \"./No.sol\" is said here\nimport \"./A.sol\";\nimport {\n    B\n} from \
                \"../b/B.sol\";\nimport { C } from \"solady/C.sol\";\ncontract D { }";
    assert_eq!(targets(text), ["./A.sol", "../b/B.sol"]);
    assert_eq!(normal(Path::new("x/y/../b/./B.sol")), Path::new("x/b/B.sol"));
}

#[test]
#[should_panic = "src/b/B.sol is neither a relative path nor in a known package"]
fn an_import_by_another_path_is_refused() {
    targets("import { B } from \"src/b/B.sol\";");
}
