import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, OperatorError } from './operator-error.ts';
import { runningServer } from './server-file.ts';
import { PROJECTS, type SeedScope, TEMPLATE } from './seed-data.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth seed [url=http://127.0.0.1:6174] [key=pl_…]

Fills the workspace of a key with believable projects, scopes, comments, a client’s brief and a template, at a server that runs: by
itself the one of this DATA_DIR, with the key of its owner.json. Rows that are there already stay as they are.
`;

/** A call of a server that runs. */
type Call = (line: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;

/** `seed`: a demo workspace, by the calls that any client makes. */
export const seed: Verb = async ({ config, words }) => {
  const asked = readWords(words);
  if (asked.wrong !== undefined) return printUsage(asked.wrong, USAGE);
  const url = (asked.url ?? runningServer(config.dataDir) ?? config.baseUrl).replace(/\/+$/, '');
  const key = asked.key ?? ownKey(config.dataDir);
  const call = caller(url, key);
  const there = new Set(await listField(call, '/v1/projects', 'name'));
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
  if ((await listField(call, '/v1/templates', 'name')).includes(TEMPLATE.name)) return 0;
  await call('POST /v1/templates', TEMPLATE);
  process.stdout.write(`The template "${TEMPLATE.name}".\n`);
  return 0;
};

async function addScope(call: Call, of: object, seeded: SeedScope): Promise<void> {
  const { sections, moves, comments = [], brief, ...scope } = seeded;
  const { id } = await call('POST /v1/scopes', { ...of, ...scope });
  const path = `/v1/scopes/${String(id)}`;
  const ids = new Map<string, unknown>();
  for (const section of sections) ids.set(section.type, (await call(`POST ${path}/sections`, section))['id']);
  for (const { on, body, reply } of comments) {
    const thread = await call(`POST ${path}/comments`, { body, section_id: ids.get(on) });
    if (reply !== undefined) await call(`POST ${path}/comments`, { body: reply, reply_to: thread['id'] });
  }
  if (brief !== undefined) {
    await addBrief(call, id, brief);
    // A scope with a brief is one that a user shows to others.
    await call('POST /v1/favourites', { scope_id: id });
  }
  for (const status of moves) await call(`PATCH ${path}/status`, { status });
}

/** Uploads a file as a browser does: asks where to, sends it there, and says that it is sent. */
async function addBrief(
  call: Call,
  scopeId: unknown,
  { name, text }: NonNullable<SeedScope['brief']>,
): Promise<void> {
  const bytes = Buffer.from(text);
  const { document, upload } = (await call('POST /v1/documents/presign', {
    name,
    type: 'text/markdown',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    scope_id: scopeId,
  })) as {
    readonly document: { readonly id: string };
    readonly upload: {
      readonly method: string;
      readonly url: string;
      readonly headers: Record<string, string>;
    };
  };
  const { method, url, headers } = upload;
  const sent = await fetch(url, { method, headers, body: bytes });
  if (!sent.ok) throw new OperatorError(`${method} ${new URL(url).origin} was answered ${sent.status}.`);
  await call(`POST /v1/documents/${document.id}/complete`);
}

async function listField(call: Call, path: string, field: string): Promise<string[]> {
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
    const answered = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
    if (response.ok) return answered;
    const error = answered['error'] as { readonly code?: string; readonly message?: string } | undefined;
    throw new OperatorError(
      `${method} ${path} was answered ${response.status} ${error?.code ?? ''}: ${error?.message ?? 'no JSON'}`,
    );
  };
}
