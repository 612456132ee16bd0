import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.dirname;
const CLIENT = join(HERE, '../../../sdk/src');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
};

/** Serves the shop's page, with the address of Plinth in it. All else is between the browser and Plinth. */
export function createShop(plinth: string): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    fileFor(pathname).then(
      ({ type, text }) =>
        response.writeHead(200, { 'content-type': type }).end(text.replace('%PLINTH%', plinth)),
      () => response.writeHead(404).end(),
    );
  });
}

/** Browsers take TypeScript once its types are gone, so that there is nothing to build. */
async function fileFor(path: string): Promise<{ readonly type: string; readonly text: string }> {
  const [folder, name] = path.startsWith('/sdk/') ? [CLIENT, path.slice(5)] : [HERE, path.slice(1)];
  const file = resolve(folder, name || 'index.html');
  const type = TYPES[extname(file)];
  if (type === undefined || !file.startsWith(folder + sep) || file === fileURLToPath(import.meta.url))
    throw new Error('no file of the page');
  const text = await readFile(file, 'utf8');
  return { type, text: extname(file) === '.ts' ? stripTypeScriptTypes(text) : text };
}

/** Where the server of a data folder is reached: `server.json` says it while one runs. */
async function runningAt(folder: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(join(folder, 'server.json'), 'utf8')) as { url: string }).url;
  } catch {
    return undefined;
  }
}

/** An npm that is killed tells nobody: the shop ends when its parent is another one. */
function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(), 250).unref();
}

if (import.meta.main) {
  const { DATA_DIR = './data', SHOP_PORT = '4000' } = process.env;
  const PLINTH_URL = process.env['PLINTH_URL'] ?? (await runningAt(DATA_DIR)) ?? 'http://127.0.0.1:6174';
  endWithNpm();
  createShop(PLINTH_URL).listen(Number(SHOP_PORT), '127.0.0.1', () => {
    process.stdout.write(`The shop is open at http://127.0.0.1:${SHOP_PORT} (Plinth at ${PLINTH_URL})\n`);
  });
}
