// `npm run sbom`: a bill of materials (CycloneDX, JSON) for each package that is published, in
// build/sbom/: for a platform's package the crates that are linked into its native module, by
// cargo-cyclonedx, which must be installed; for the main package, which has no dependencies, what npm
// says. `npm run package` must have been run.
//
// The crates of each must be those of THIRD-PARTY-NOTICES.txt, which comes from cargo another way.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { root } from './setup.mjs'
