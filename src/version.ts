// This package's version. In a bundle there is no package.json of ours to read it from;
// `npm run package` and a test compare the two.

export const VERSION = '0.1.0'
