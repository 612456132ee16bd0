// The Node that is needed, and where npm has brought one. Plain JavaScript that older versions can read: it is what tells their users.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const NEEDED = 24;
/** A package that was installed from a tarball has no sources. */
export const isCheckout = existsSync(new URL('../src/main.ts', import.meta.url));
export const isOld = Number.parseInt(process.versions.node, 10) < NEEDED;
const system = process.platform === 'win32' ? 'win' : process.platform;
const name = `node-${system}-${process.arch}`;

/** The Node 24 that npm installed for this platform, if it did. */
export function installedNode() {
  try {
    // A team that brings it has it among its own packages.
    const find = createRequire(
      isCheckout ? import.meta.url : pathToFileURL(join(process.cwd(), 'package.json')),
    );
    const folder = dirname(find.resolve(`${name}/package.json`));
    const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

export function tooOldText() {
  const bring = isCheckout
    ? 'run npm ci without --omit=optional where npm brings one (Linux, Windows)'
    : `have npm bring one: npm install --save-optional ${name}@${NEEDED}`;
  return `Plinth needs Node ${NEEDED} or newer, this is ${process.versions.node}. Install it from https://nodejs.org, or ${bring}.`;
}

/**
 * Throws where an old Node imports a door, which can't go on as another one: npx and npm's scripts take the Node that npm has brought.
 * @public scripts/pack writes the call into each door.
 */
export function demandNode() {
  if (!isOld) return;
  if (installedNode() === undefined) throw new Error(tooOldText());
  throw new Error(
    `Plinth needs Node ${NEEDED} or newer, this is ${process.versions.node}. npm has brought one: npx node ${process.argv.slice(1).join(' ')}`,
  );
}
