import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const NODE_GLOBALS = [
  'AbortController',
  'AbortSignal',
  'Buffer',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'DOMException',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'ReadableStream',
  'Response',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
  'TextDecoder',
  'TextEncoder',
  'TransformStream',
  'URL',
].map((name) => ({ name, message: 'Import it from node-globals.ts.' }))

export default defineConfig(
  { ignores: ['build/', 'dist/', 'target/', 'benchmarks/', 'npm/', '*.d.ts', '*.d.mts', 'test/adapters/types/'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    files: ['src/**', 'test/**'],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './test/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An aborted call rejects with `signal.reason`, and a callback's own exception is passed on: whatever they are.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    // The library runs where Node's globals are others, fake or not there (src/runtime/node-globals.ts).
    files: ['src/**'],
    ignores: ['src/cli/**', 'src/runtime/node-globals.ts'],
    rules: {
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
    },
  },
  {
    // Plain JavaScript, and programs that are compiled where their packages are: nothing to check types by.
    files: ['**/*.mjs', 'examples/**'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Modules of NestJS.
    files: ['examples/**/*.ts'],
    rules: { '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }] },
  },
  {
    // Answers of a server, in whose JSON there is what the assertions say.
    files: ['test/server/*.test.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    // Types that are only compared, never used.
    files: ['test/types.test-d.ts', 'test/pipeline-types.test-d.ts'],
    rules: {
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
)
