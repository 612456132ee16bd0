import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isPackage, teamConfig } from '#platform/config';
import { versionOf } from '#platform/db';
import { buildConsole, consoleOfTeam, isBuilt } from './build-console.ts';
import type { Invocation, Verb } from './verb.ts';

/** In a team's repository what is made of its products; in a checkout its own script. `--check` writes nothing, and fails on what differs. */
export const generate: Verb = async (invocation) => {
  if (teamConfig() !== undefined) return generateForTeam(invocation);
  if (isPackage) return 1;
  const script = join(import.meta.dirname, '../../../scripts/generate.ts');
  return spawnSync(process.execPath, [script, ...invocation.words], { stdio: 'inherit' }).status ?? 1;
};

/** Where they are written, from the working directory. */
const CONSOLE = 'generated/console';
const DOCUMENT = 'generated/openapi.json';
const ROUTES = 'generated/routes.ts';

async function generateForTeam({ version, words }: Invocation): Promise<number> {
  const files = await filesOfTeam(version);
  const different = [...files].filter(([path, text]) => present(path) !== text);
  const isCheck = words.includes('--check');
  for (const [path, text] of different) {
    process.stdout.write(
      isCheck ? `${path} differs from the code: run plinth generate\n` : `wrote ${path}\n`,
    );
    if (isCheck) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o644 });
  }
  const hasConsole = await generateConsole(isCheck);
  return isCheck && (different.length > 0 || !hasConsole) ? 1 : 0;
}

/** The console with the pages of the team's products; none is kept where they have none. Answers whether it was there already. */
async function generateConsole(isCheck: boolean): Promise<boolean> {
  const place = consoleOfTeam();
  const isThere = place !== undefined && isBuilt(place);
  if (isThere) return true;
  if (place === undefined) {
    if (!isCheck) rmSync(CONSOLE, { recursive: true, force: true });
    return true;
  }
  if (!isCheck) await buildConsole(place);
  process.stdout.write(
    isCheck ? `${CONSOLE} differs from the code: run plinth generate\n` : `wrote ${CONSOLE}\n`,
  );
  return false;
}

/** The document of all calls, the client's types of those of the team's products, and the versions of their sets of functions. */
async function filesOfTeam(version: string): Promise<Map<string, string>> {
  const [{ allRoutes }, { eventSchemas }, { openApiOf }, { products }, { addedClientTypes }] =
    await Promise.all([
      import('#app'),
      import('#platform/webhooks'),
      import('#server'),
      import('#products'),
      import('./client-routes.ts'),
    ]);
  const routes = products.flatMap((product) => product.routes);
  const document = openApiOf([{ routes: allRoutes() }], { version, events: eventSchemas() });
  const folders = products.flatMap(({ migrations }) => migrations).filter((one) => 'folder' in one);
  return new Map([
    [DOCUMENT, `${JSON.stringify(document, null, 1)}\n`],
    [ROUTES, addedClientTypes(openApiOf([{ routes }], { version }))],
    ...folders.map(
      (set) => [relative(process.cwd(), join(set.folder, 'version.json')), versionOf(set)] as const,
    ),
  ]);
}

function present(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
