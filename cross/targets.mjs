// What `npm run cross` builds, and the runtimes that run each build on a Debian machine with x86-64.

/** The newest glibc that a build may ask for: RHEL 8 and Debian 10 have 2.28. */
export const GLIBC_FLOOR = [2, 28]

/**
 * `scalarToo`: run it without vector instructions as well. `rust`: the target as cargo-zigbuild takes it. `std`: 'debian' where a Debian package has Rust's library for it, else 'source'.
 * `system`: what the binary may be linked with.
 */
export const TARGETS = [
  {
    platform: 'linux-x64-gnu',
    rust: 'x86_64-unknown-linux-gnu.2.17',
    std: 'debian',
    system: /^(libc\.so\.6|ld-linux-x86-64\.so\.2|lib(pthread|dl|m)\.so\.[026])$/,
    runtimes: ['node 20', 'node 22', 'node 24', 'node 26'],
  },
  {
    platform: 'linux-arm64-gnu',
    rust: 'aarch64-unknown-linux-gnu.2.17',
    std: 'debian',
    system: /^(libc\.so\.6|ld-linux-aarch64\.so\.1|lib(pthread|dl|m)\.so\.[026])$/,
    runtimes: ['node 22 arm64, qemu', 'node 24 arm64, qemu'],
    scalarToo: true,
    // Each kernel against the plain one, and numpy's order of sums: with the CPU's real instructions.
    engineTests: { runner: 'qemu-aarch64-static -L /usr/aarch64-linux-gnu', tests: ['kernel::', 'tokenizer::scan::'] },
  },
  {
    platform: 'linux-x64-musl',
    rust: 'x86_64-unknown-linux-musl',
    std: 'source',
    system: /^libc\.so$/,
    runtimes: ['node 24 musl'],
  },
  {
    platform: 'linux-arm64-musl',
    rust: 'aarch64-unknown-linux-musl',
    std: 'source',
    system: /^libc\.so$/,
    runtimes: ['node 24 musl arm64, qemu'],
  },
  {
    // Stands in for MSVC, whose libraries no package registry has.
    platform: 'win32-x64-gnullvm',
    rust: 'x86_64-pc-windows-gnullvm',
    std: 'source',
    system: /^(api-ms-win-[\w-]+|kernel32|ntdll|advapi32|bcryptprimitives|ucrtbase|userenv|ws2_32|dbghelp)\.dll$/i,
    runtimes: ['node 22 windows, wine'],
  },
  {
    // Nothing here runs it.
    platform: 'darwin-arm64',
    rust: 'aarch64-apple-darwin',
    std: 'source',
    system: /^\/usr\/lib\/(libSystem\.B|libiconv\.2|libcharset\.1)\.dylib$/,
    runtimes: [],
  },
]
