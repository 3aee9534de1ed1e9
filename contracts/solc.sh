#!/bin/sh
# What Foundry takes for a native compiler: npm's solc behind `--version` and `--standard-json`.
exec node "$(dirname "$0")/solc.js" "$@"
