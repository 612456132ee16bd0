import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, OperatorError } from './operator-error.ts';
import { PROJECTS, type SeedScope } from './seed-data.ts';
import { misused, type Verb } from './verb.ts';

const USAGE = `Usage: plinth seed [url=http://127.0.0.1:6174] [key=pl_…]

Fills the workspace of a key with believable projects and scopes, at a server that runs: by itself the one of this DATA_DIR, with the
key of its owner.json. What is there already is left as it is.
`;

/** A call of a server that runs. */
type Call = (line: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;

/** `seed`: a demo workspace, by the calls that any client makes. */
export const seed: Verb = async ({ config, words }) => {
  const asked = readWords(words);
  if (asked.wrong !== undefined) return misused(asked.wrong, USAGE);
  const url = (asked.url ?? config.baseUrl).replace(/\/+$/, '');
  const key = asked.key ?? ownKey(config.dataDir);
  const call = caller(url, key);
  const there = new Set(await named(call, '/v1/projects', 'name'));
  for (const project of PROJECTS) {
    if (there.has(project.name)) {
      process.stdout.write(`"${project.name}" is there already.\n`);
      continue;
    }
    const { id } = await call('POST /v1/projects', { name: project.name, client_name: project.client });
    for (const scope of project.scopes)
      await addScope(call, { project_id: id, client_name: project.client }, scope);
    process.stdout.write(`"${project.name}": ${project.scopes.length} scopes.\n`);
  }
  return 0;
};

async function addScope(call: Call, of: object, { sections, moves, ...scope }: SeedScope): Promise<void> {
  const { id } = await call('POST /v1/scopes', { ...of, ...scope });
  for (const section of sections) await call(`POST /v1/scopes/${String(id)}/sections`, section);
  for (const status of moves) await call(`PATCH /v1/scopes/${String(id)}/status`, { status });
}

async function named(call: Call, path: string, field: string): Promise<string[]> {
  const { data } = await call(`GET ${path}?limit=100`);
  return Array.isArray(data) ? data.map((one: Readonly<Record<string, unknown>>) => String(one[field])) : [];
}

function readWords(words: readonly string[]): {
  readonly url?: string;
  readonly key?: string;
  readonly wrong?: string;
} {
  const wrong = words.find((word) => !/^(url=https?:\/\/\S+|key=\S+)$/.test(word));
  if (wrong !== undefined) return { wrong };
  return Object.fromEntries(words.map((word) => [word.slice(0, 3), word.slice(4)]));
}

/** The key of the local owner. */
function ownKey(dataDir: string): string {
  const path = join(dataDir, 'owner.json');
  try {
    const { api_key: key } = JSON.parse(readFileSync(path, 'utf8')) as { readonly api_key?: unknown };
    if (typeof key === 'string') return key;
  } catch {
    // Said below.
  }
  throw new OperatorError(`There is no key in ${path}: start the server first, or name one (seed key=…).`);
}

function caller(url: string, key: string): Call {
  return async (line, body) => {
    const [method = 'GET', path = ''] = line.split(' ', 2);
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new OperatorError(`No server answers at ${url} (${codeOf(cause)}): start it first.`, { cause });
    });
    const said = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
    if (response.ok) return said;
    const error = said['error'] as { readonly code?: string; readonly message?: string } | undefined;
    throw new OperatorError(
      `${method} ${path} was answered ${response.status} ${error?.code ?? ''}: ${error?.message ?? 'no JSON'}`,
    );
  };
}
