// Starts the browser that is installed on this machine.

import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

// HOMEROOM_NODE_MODULES names the node_modules that test/run keeps outside of the repository.
// Without it, this folder's own is used (npm ci).
const modules = process.env.HOMEROOM_NODE_MODULES;
const require = createRequire(modules ? join(modules, 'from.js') : import.meta.url);

// executable is the browser's path: HOMEROOM_TEST_CHROMIUM, or the first that PATH holds.
export const executable = process.env.HOMEROOM_TEST_CHROMIUM || findOnPath('chromium', 'chromium-browser', 'google-chrome');

// missing says why no browser test can run here, and is false where they can. Where CI=true
// it isn't asked: there a test without its browser fails.
export const missing = !executable && process.env.CI !== 'true'
  ? 'NOT TESTED in a browser: no Chromium (Debian: apt-get install chromium)'
  : false;

// launch starts a browser with an empty profile; the caller closes it.
export async function launch() {
  if (!executable) throw new Error('no Chromium on PATH');
  const { chromium } = require('playwright-core');
  return chromium.launch({
    executablePath: executable,
    args: [
      '--disable-gpu',
      '--no-first-run',
      // A browser under test calls nobody but the server under test.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-quic',
      '--disable-sync',
      // Chromium's sandbox needs a user other than root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
}

function findOnPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
