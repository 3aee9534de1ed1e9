#!/usr/bin/env python3
"""Mutation testing of the contracts that hold money: which small faults in them no test notices.

    scripts/mutants.py FORGE GROUP [COUNT] [--only N,N] [--list]

A group is token, offering, drip, splitter, ballots, oracle, collection, dispute or referee. COUNT
mutants are drawn with a fixed seed; without COUNT all are run. The tree is never touched: what the
tests need is copied to .cache/mutants, and there every mutant of the group is compiled in at once,
each behind `block.coinbase == address(N)`. So there is one compilation, and a mutant costs one run
of the group's tests, with the coinbase set. An interrupt ends the run; what it has found so far is
printed.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
CACHE = ROOT / ".cache" / "mutants"
REMAPPINGS = dict(re.findall(r'"([^"=]+/)=([^"]+/)"', (CONTRACTS / "foundry.toml").read_text()))
SEED = 7
TIMEOUT_SECONDS = 900
VERSIONED_SOLC = """#!/bin/sh
cd "$(dirname "$0")"
[ "$1" = --version ] && exec cat version
exec node solc.js "$@"
"""

# Sources with mutants, and the tests that have to notice. Gas is left to another check, since a
# mutant's switch costs gas itself.
GROUPS = {
    "token": (
        "src/{token/*,libraries/Assets,libraries/Accounts,libraries/Lock}.sol",
        "test/{token/*,oracle/ModelBallots}.t.sol",
    ),
    "offering": ("src/{offering/*,libraries/Lock}.sol", "test/offering/*.t.sol"),
    "drip": ("src/{revenue/Drip,libraries/Lock}.sol", "test/revenue/*.t.sol"),
    "splitter": ("src/{revenue/Splitter,libraries/Lock}.sol", "test/revenue/*.t.sol"),
    "oracle": (
        "src/{libraries/Calls,libraries/Numbers,oracle/Fees,oracle/InferenceOracle,"
        "oracle/OperatorList,oracle/RequestRecord}.sol",
        "test/oracle/{AIOracle,InferenceOracle*,OperatorList}.t.sol",
    ),
    "collection": (
        "src/{nft/AigcCollection,nft/Commitments,nft/Requester,libraries/Lock}.sol",
        "test/nft/*.t.sol",
    ),
    "ballots": (
        "src/{oracle/Ballots,oracle/ModelRegistry,libraries/Accounts}.sol",
        "test/oracle/Model*.t.sol",
    ),
    "dispute": (
        "src/{dispute/Contents,dispute/Dissection,dispute/NodeRun,types/Turn}.sol",
        "test/{dispute/*,types/*}.t.sol",
    ),
    "referee": (
        "src/{dispute/InputMemory,dispute/OpmlVerifier,dispute/Parameters,types/ClaimRecord}.sol",
        "test/{dispute/*,types/*}.t.sol",
    ),
}

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
SUMS = {"+": "-", "-": "+"}
LOGIC = {"&&": "||", "||": "&&"}
BITS = {"|": "&", "&": "|"}
CONSTANTS = {"0": "1", "1": "0"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|="}


class Mutant:
    """`text` takes the place of the bytes from `start` to `end` of a file."""

    def __init__(self, kind, path, start, end, text):
        self.kind, self.path, self.start, self.end, self.text = kind, path, start, end, text
        self.number, self.line = 0, 0


class File:
    """A source and the mutants that its syntax tree gives."""

    def __init__(self, path, tree):
        self.path = path
        self.source = (CONTRACTS / path).read_bytes()
        self.mutants = []
        # Per node: (start, end, kind of place) -> its mutants.
        self.places = {}
        self._visit(tree, False)

    def text(self, node):
        start, length, _ = map(int, node["src"].split(":"))
        text = re.sub(r"//[^\n]*", "", self.source[start : start + length].decode())
        # On one line, so that the compiler's line numbers stay the source's.
        return re.sub(r"\s+", " ", text)

    def _add(self, kind, node, place, text):
        start, length, _ = map(int, node["src"].split(":"))
        mutant = Mutant(kind, self.path, start, start + length, text)
        self.mutants.append(mutant)
        self.places.setdefault((start, start + length, place), []).append(mutant)

    def _visit(self, node, inside):
        if isinstance(node, list):
            for child in node:
                self._visit(child, inside)
        if not isinstance(node, dict):
            return
        kind = node.get("nodeType")
        if kind in ("FunctionDefinition", "ModifierDefinition"):
            self._visit(node.get("body"), True)
            return
        if kind == "InlineAssembly":
            return
        if kind == "ForStatement":
            # What stands in its head is no statement that can be put into braces.
            self._visit(node["condition"], inside)
            self._visit(node["body"], inside)
            return
        if inside and kind:
            getattr(self, "_" + kind, lambda _: None)(node)
        for key, child in node.items():
            if key != "typeDescriptions":
                self._visit(child, inside)

    def _BinaryOperation(self, node):
        operator = node["operator"]
        left, right = self.text(node["leftExpression"]), self.text(node["rightExpression"])
        kind = node["typeDescriptions"]["typeString"]
        if kind.startswith("int_const"):
            return
        # A constant alone has no type that a choice could have. A word of bytes is compared with 0
        # only.
        constant = CONSTANTS.get(right) if "int" in kind_of(node["leftExpression"]) else None
        if constant:
            self._add("constant", node, "value", f"{left} {operator} {constant}")
        if operator in COMPARISONS:
            self._add("comparison", node, "value", f"{left} {COMPARISONS[operator]} {right}")
        elif operator in SUMS and kind.startswith("uint"):
            self._add("sum", node, "value", f"{left} {SUMS[operator]} {right}")
        elif operator in LOGIC:
            self._add("logic", node, "value", f"{left} {LOGIC[operator]} {right}")
        elif operator == "/" and kind.startswith("uint"):
            self._add("rounding", node, "value", f"{left} / {right} + 1")
        elif operator == ">>" and kind == "uint256":
            self._add("rounding", node, "value", f"({left} >> {right}) + 1")
        elif operator == "<<" and kind.startswith("uint"):
            self._add("off by one", node, "value", f"({left} + 1) << {right}")
        elif operator in BITS and kind.startswith("uint"):
            self._add("bits", node, "value", f"({left}) {BITS[operator]} ({right})")
        elif operator == "%" and kind == "uint256":
            self._add("rounding", node, "value", f"{left} % {right} + 1")

    def _UnaryOperation(self, node):
        if node["operator"] == "!":
            self._add("logic", node, "value", self.text(node["subExpression"]))

    def _FunctionCall(self, node):
        # The fields of a new struct.
        if node["kind"] != "structConstructorCall":
            return
        for value in node["arguments"]:
            if kind_of(value).startswith("uint"):
                self._add("off by one", value, "value", f"{self.text(value)} + 1")

    def _IfStatement(self, node):
        condition = node["condition"]
        self._add("condition", condition, "value", "false")
        self._add("condition", condition, "value", "true")

    def _Conditional(self, node):
        self._add("condition", node["condition"], "value", "false")
        self._add("condition", node["condition"], "value", "true")

    def _ExpressionStatement(self, node):
        expression = node["expression"]
        is_assignment = expression["nodeType"] == "Assignment"
        if is_assignment and "storage pointer" in kind_of(expression["leftHandSide"]):
            # The compiler wants to see it assigned.
            return
        self._add("dropped", node, "statement", "")
        if expression["nodeType"] == "Assignment" and expression["operator"] in ASSIGNMENTS:
            operator = ASSIGNMENTS[expression["operator"]]
            left = self.text(expression["leftHandSide"])
            right = self.text(expression["rightHandSide"])
            self._add("sum", node, "statement", f"{left} {operator} {right};")
        if expression["nodeType"] == "Assignment":
            kind = expression["rightHandSide"]["typeDescriptions"]["typeString"]
            if kind == "uint256" and expression["operator"] == "=":
                left = self.text(expression["leftHandSide"])
                right = self.text(expression["rightHandSide"])
                self._add("off by one", node, "statement", f"{left} = {right} + 1;")

    def _EmitStatement(self, node):
        self._add("dropped", node, "statement", "")

    def _Return(self, node):
        value = node.get("expression")
        if value and value["typeDescriptions"]["typeString"] == "uint256":
            self._add("off by one", node, "statement", f"return {self.text(value)} + 1;")
        if value and value["typeDescriptions"]["typeString"] == "bool":
            self._add("condition", value, "value", "false")
            self._add("condition", value, "value", "true")

    def with_switches(self, chosen):
        """The source with the chosen mutants behind their switches.

        Of a switch only the unchanged branch has mutants in it.
        """
        places = []
        for (start, end, place), mutants in self.places.items():
            mutants = [mutant for mutant in mutants if mutant in chosen]
            if mutants:
                places.append((start, end, place, mutants))
        # The outermost first; a statement before the value that it consists of.
        places.sort(key=lambda it: (it[0], -it[1], it[2]))
        return self._render(0, len(self.source), places).decode()

    def _render(self, start, end, places):
        out, at, index = b"", start, 0
        while index < len(places):
            first, last, place, mutants = places[index]
            inner = [it for it in places[index + 1 :] if it[0] < last]
            body = self._render(first, last, inner)
            for mutant in mutants:
                switch = b"block.coinbase == address(%d)" % mutant.number
                text = mutant.text.encode()
                if place == "value":
                    body = b"(%s ? (%s) : (%s))" % (switch, text, body)
                else:
                    # A statement's place ends before its semicolon; a block has none.
                    end_mark = b"" if body.endswith(b"}") and mutant is not mutants[0] else b";"
                    body = b"if (%s) { %s } else { %s%s }" % (switch, text, body, end_mark)
            after = last
            if place == "statement" and self.source[last : last + 1] == b";":
                after = last + 1
            out += self.source[at:first] + body
            at, index = after, index + 1 + len(inner)
        return out + self.source[at:end]


def kind_of(node):
    return node["typeDescriptions"].get("typeString") or ""


def expand(pattern):
    match = re.match(r"(.*)\{(.*)\}(.*)", pattern)
    names = [match[1] + it + match[3] for it in match[2].split(",")] if match else [pattern]
    return sorted(
        str(path.relative_to(CONTRACTS)) for name in names for path in CONTRACTS.glob(name)
    )


def closure(paths):
    """These sources and all that they import or deploy, by name."""
    sources, todo = {}, list(paths)
    while todo:
        name = todo.pop()
        if name in sources:
            continue
        sources[name] = (CONTRACTS / name).read_text()
        imports = r'^(?:import |import \{[^}]*\} from |\} from )"([^"]+)";'
        # A test deploys some contracts by their file's name, since these are compiled in another
        # way than the test.
        for target in re.findall(r'"(\w+\.sol):\w+"', sources[name]):
            todo += [str(path.relative_to(CONTRACTS)) for path in CONTRACTS.glob(f"src/*/{target}")]
        for target in re.findall(imports, sources[name], re.M):
            if target.startswith("."):
                todo.append(os.path.normpath(os.path.join(os.path.dirname(name), target)))
            else:
                prefix = next(it for it in REMAPPINGS if target.startswith(it))
                todo.append(REMAPPINGS[prefix] + target[len(prefix) :])
    return sources


def trees(paths):
    """The syntax trees of these sources, types included."""
    settings = {
        "remappings": [f"{key}={value}" for key, value in REMAPPINGS.items()],
        "evmVersion": "prague",
        "outputSelection": {"*": {"": ["ast"]}},
    }
    sources = {name: {"content": text} for name, text in closure(paths).items()}
    request = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    answer = subprocess.run(
        ["./solc.sh", "--standard-json"],
        cwd=CONTRACTS,
        input=request,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(answer.stdout[answer.stdout.index("{") :])
    wrong = [it for it in answer.get("errors", []) if it["severity"] == "error"]
    if wrong:
        sys.exit(wrong[0]["formattedMessage"])
    return {path: answer["sources"][path]["ast"] for path in paths}


def prepare(copy, files, tests, chosen):
    """A copy of the tests and what they need, with the switches in.

    Every function is free to read the coinbase.
    """
    for name in ("src", "test"):
        shutil.rmtree(copy / name, ignore_errors=True)
    switched = {file.path: file.with_switches(chosen) for file in files}
    for name, text in closure([it for it in expand(tests) if ".gas." not in it]).items():
        if not name.startswith("node_modules/"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            text = re.sub(r"\bpure\b", "view", switched.get(name, text))
            # All tests take as many random cases as `forge` says.
            (copy / name).write_text(text.replace("forge-config: default.fuzz", ""))
    for name in ("foundry.toml", "solc.js"):
        shutil.copy(CONTRACTS / name, copy / name)
    # Foundry asks the compiler for its version at each run.
    version = subprocess.run(
        ["./solc.sh", "--version"], cwd=CONTRACTS, capture_output=True, text=True, check=True
    )
    (copy / "version").write_text(version.stdout)
    (copy / "solc.sh").write_text(VERSIONED_SOLC)
    (copy / "solc.sh").chmod(0o755)
    for link, target in (
        ("node_modules", CONTRACTS),
        ("snapshots", CONTRACTS),
        ("../vectors", ROOT),
    ):
        if not (copy / link).is_symlink():
            (copy / link).symlink_to(target / pathlib.Path(link).name)


def forge(command, copy, coinbase):
    """Runs all tests that the copy has.

    There is no filter, since Foundry compiles everything anew to find out what a filter leaves.
    """
    environment = dict(
        os.environ,
        FOUNDRY_BLOCK_COINBASE=f"0x{coinbase:040x}",
        FOUNDRY_FUZZ_RUNS="16",
        FOUNDRY_INVARIANT_RUNS="4",
        FORGE_SNAPSHOT_EMIT="false",
    )
    return subprocess.run(
        [command, "test", "--fail-fast"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )


def notices(command, copy, coinbase):
    """Whether a test fails."""
    try:
        return forge(command, copy, coinbase).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def compiled(command, copy, files, mutants, tests):
    """Compiles, leaving out mutants that the compiler refuses.

    The tests must pass without any mutant.
    """
    left_out = []
    while True:
        prepare(copy, files, tests, set(mutants) - set(left_out))
        outcome = forge(command, copy, 0)
        if outcome.returncode == 0:
            return [mutant for mutant in mutants if mutant not in left_out]
        text = outcome.stdout + outcome.stderr
        places = set(re.findall(r"--> (src/[^:]+):(\d+):", text))
        # A stack that is too deep is reported where it overflows, at any expression of the
        # function.
        bad = [
            it
            for it in mutants
            if it not in left_out and (it.path, str(it.line)) in places and "Error" in text
        ]
        if "Compiler run failed" not in text or not bad:
            sys.exit(text[-4000:])
        left_out += bad
        print(
            f"{len(bad)} mutants do not compile: {sorted({(it.path, it.line) for it in bad})}",
            file=sys.stderr,
        )


def shown(file, mutant):
    """The line before and after."""
    start = file.source.rfind(b"\n", 0, mutant.start) + 1
    end = file.source.find(b"\n", mutant.end)
    before = file.source[start:end].decode()
    changed = (
        file.source[start : mutant.start].decode()
        + mutant.text
        + file.source[mutant.end : end].decode()
    )
    flat = lambda text: re.sub(r"\s+", " ", text).strip()
    return f"- {flat(before)}\n+ {flat(changed)}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("forge")
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("--only", help="numbers of mutants, after a change of the tests")
    parser.add_argument("--list", action="store_true", help="what mutants there are; runs nothing")
    arguments = parser.parse_args()

    sources, tests = GROUPS[arguments.group]
    files = [File(path, tree) for path, tree in trees(expand(sources)).items()]
    mutants = [
        mutant
        for file in files
        for mutant in sorted(file.mutants, key=lambda it: (it.start, it.end, it.text))
    ]
    owner = {file.path: file for file in files}
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
        mutant.line = owner[mutant.path].source.count(b"\n", 0, mutant.start) + 1
    if arguments.list:
        for it in mutants:
            print(f"{it.number} {it.path}:{it.line} {it.kind}\n{shown(owner[it.path], it)}")
        return

    copy = CACHE / arguments.group / "contracts"
    mutants = compiled(arguments.forge, copy, files, mutants, tests)
    if arguments.only:
        wanted = {int(it) for it in arguments.only.split(",")}
        mutants = [it for it in mutants if it.number in wanted]
    elif arguments.count:
        mutants = random.Random(SEED).sample(mutants, min(arguments.count, len(mutants)))
    # `return true` that becomes `return true` is no fault.
    mutants = [it for it in mutants if owner[it.path].source[it.start : it.end] != it.text.encode()]

    counts = {}
    try:
        run(arguments.forge, copy, owner, mutants, counts)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    for path, (survived, killed) in sorted(counts.items()):
        print(f"{path}: {survived + killed} mutants, {killed} killed, {survived} survived")


def run(command, copy, owner, mutants, counts):
    """Tries the mutants, one after the other, and shows who survives."""
    for number, it in enumerate(mutants, 1):
        killed = notices(command, copy, it.number)
        counts.setdefault(it.path, [0, 0])[killed] += 1
        print(f"\r{number} of {len(mutants)} ", end="", file=sys.stderr, flush=True)
        if not killed:
            print(
                f"survivor {it.number} {it.path}:{it.line} {it.kind}\n{shown(owner[it.path], it)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
