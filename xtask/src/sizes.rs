//! The bytecode size of each contract, as a checked file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Most bytes of a contract's code (EIP-170).
const LIMIT: usize = 24_576;
/// Most bytes of the code that creates a contract (EIP-3860). It holds the creation code of every
/// contract that the new one creates.
const CREATION_LIMIT: usize = 49_152;

/// Writes `contracts/snapshots/sizes.json` from the compiler's output.
pub(crate) fn write(root: &Path) -> Result<String, String> {
    let sizes = measure(root)?;
    let path = root.join(FILE);
    fs::write(&path, render(&sizes)).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(format!("wrote {FILE}: {} contracts", sizes.len()))
}

/// Compares the compiler's output with `contracts/snapshots/sizes.json`.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let sizes = measure(root)?;
    let path = root.join(FILE);
    let kept = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if kept != render(&sizes) {
        return Err(format!("{FILE} is out of date; run `make snapshots`\n{}", render(&sizes)));
    }
    Ok(format!("sizes of {} contracts are as recorded", sizes.len()))
}

const FILE: &str = "contracts/snapshots/sizes.json";

/// Runtime bytes by contract, of everything under `contracts/src` that has code.
fn measure(root: &Path) -> Result<BTreeMap<String, usize>, String> {
    let mut sizes = BTreeMap::new();
    let mut sources = Vec::new();
    crate::files_under(&root.join("contracts/src"), "sol", &mut sources);
    for source in sources {
        let file = source.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Ok(artifacts) = fs::read_dir(root.join("contracts/out").join(file)) else { continue };
        for artifact in artifacts.flatten() {
            let name =
                artifact.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(artifact.path()).map_err(|error| error.to_string())?;
            let json: serde_json::Value =
                serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
            let length =
                |code: &str| json[code]["object"].as_str().map_or(0, |it| it.len() / 2 - 1);
            let (bytes, creation) = (length("deployedBytecode"), length("bytecode"));
            if creation > CREATION_LIMIT {
                return Err(format!("{name} is made by {creation} bytes, over {CREATION_LIMIT}"));
            }
            if bytes > LIMIT {
                return Err(format!("{name} has {bytes} bytes of code, over {LIMIT}"));
            }
            // A library of internal functions leaves a stub of some 50 bytes, an interface nothing.
            // Which other profiles (`Name.small`) a contract has depends on what was built before.
            if bytes > 100 && !name.contains('.') {
                sizes.insert(name, bytes);
            }
        }
    }
    if sizes.is_empty() {
        return Err("no compiled contracts; run `make contracts`".to_owned());
    }
    Ok(sizes)
}

fn render(sizes: &BTreeMap<String, usize>) -> String {
    serde_json::to_string_pretty(sizes).expect("a map of numbers is JSON") + "\n"
}
