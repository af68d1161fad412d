// The commands of `model2vec`, a file each.

import { bench } from './bench.js'
import type { Command } from './command.js'
import { embed } from './embed.js'
import { info } from './info.js'
import { pull } from './pull.js'
import { search } from './search.js'
import { verify } from './verify.js'

export type Commands = Readonly<Record<string, Command>>

export const COMMANDS: Commands = { embed, search, verify, bench, info, pull }
