import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, resolve, sep } from 'node:path';

const HERE = import.meta.dirname;
const CLIENT = join(HERE, '../../../sdk/src');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
};

export interface PageParts {
  /** The folder of the page; what lies elsewhere is served below the names in `more`. */
  readonly folder: string;
  readonly more?: Readonly<Record<string, string>>;
  /** Where Plinth is: its address stands in the page. All else is between the browser and Plinth. */
  readonly plinth: string;
}

/** Serves the shop's page. */
export const createShop = (plinth: string): Server => servePage({ folder: HERE, plinth });

/** Serves a page, and the client with it. */
export function servePage({ folder, more = {}, plinth }: PageParts): Server {
  const folders = { '/sdk/': CLIENT, ...more, '/': folder };
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    fileFor(folders, pathname).then(
      ({ type, text }) =>
        response.writeHead(200, { 'content-type': type }).end(text.replace('%PLINTH%', plinth)),
      () => response.writeHead(404).end(),
    );
  });
}

/** Browsers take TypeScript once its types are gone, so that there is nothing to build. */
async function fileFor(
  folders: Readonly<Record<string, string>>,
  path: string,
): Promise<{ readonly type: string; readonly text: string }> {
  const [under = '/', folder = HERE] = Object.entries(folders).find(([name]) => path.startsWith(name)) ?? [];
  const file = resolve(folder, path.slice(under.length) || 'index.html');
  const type = TYPES[extname(file)];
  if (type === undefined || !file.startsWith(folder + sep) || file.endsWith(`${sep}server.ts`))
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

/** An npm that is killed passes no signal on: the page ends when its parent is another one. */
function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(), 250).unref();
}

/** Serves a page to this machine until it is stopped, beside the Plinth of `PLINTH_URL` or the one that runs here. */
export async function openPage(
  name: string,
  port: string,
  create: (plinth: string) => Server,
): Promise<void> {
  const { DATA_DIR = './data', PLINTH_URL } = process.env;
  const plinth = PLINTH_URL ?? (await runningAt(DATA_DIR)) ?? 'http://127.0.0.1:6174';
  endWithNpm();
  create(plinth).listen(Number(port), '127.0.0.1', () => {
    process.stdout.write(`${name} at http://127.0.0.1:${port} (Plinth at ${plinth})\n`);
  });
}

if (import.meta.main) await openPage('The shop is open', process.env['SHOP_PORT'] ?? '4000', createShop);
