import { createHash } from 'node:crypto';
import type { ServerCaller } from 'plinth/product';
import { PROJECTS, type SeedScope, TEMPLATE } from './workspace.ts';

/** Fills the workspace of a key with believable projects, scopes, comments, a client’s brief and a template. */
export async function seedOrbit(server: ServerCaller, say: (line: string) => void): Promise<void> {
  const there = new Set(await listNames(server, '/v1/projects'));
  for (const project of PROJECTS) {
    if (there.has(project.name)) {
      say(`"${project.name}" is there already.`);
      continue;
    }
    const { id } = await server.call('POST /v1/projects', {
      name: project.name,
      client_name: project.client,
    });
    for (const scope of project.scopes)
      await addScope(server, { project_id: id, client_name: project.client }, scope);
    say(`"${project.name}": ${project.scopes.length} scopes.`);
  }
  if ((await listNames(server, '/v1/templates')).includes(TEMPLATE.name)) return;
  await server.call('POST /v1/templates', TEMPLATE);
  say(`The template "${TEMPLATE.name}".`);
}

async function addScope(server: ServerCaller, of: object, seeded: SeedScope): Promise<void> {
  const { sections, moves, comments = [], brief, ...scope } = seeded;
  const { id } = await server.call('POST /v1/scopes', { ...of, ...scope });
  const path = `/v1/scopes/${String(id)}`;
  const ids = new Map<string, unknown>();
  for (const section of sections)
    ids.set(section.type, (await server.call(`POST ${path}/sections`, section))['id']);
  for (const { on, body, reply } of comments) {
    const thread = await server.call(`POST ${path}/comments`, { body, section_id: ids.get(on) });
    if (reply !== undefined)
      await server.call(`POST ${path}/comments`, { body: reply, reply_to: thread['id'] });
  }
  if (brief !== undefined) {
    await addBrief(server, id, brief);
    // A scope with a brief is one that a user shows to others.
    await server.call('POST /v1/favourites', { scope_id: id });
  }
  for (const status of moves) await server.call(`PATCH ${path}/status`, { status });
}

/** Uploads a file as a browser does: asks where to, sends it there, and says that it is sent. */
async function addBrief(
  server: ServerCaller,
  scopeId: unknown,
  { name, text }: NonNullable<SeedScope['brief']>,
): Promise<void> {
  const bytes = Buffer.from(text);
  const { document, upload } = (await server.call('POST /v1/documents/presign', {
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
  if (!sent.ok) throw server.failure(`${method} ${new URL(url).origin} was answered ${sent.status}.`);
  await server.call(`POST /v1/documents/${document.id}/complete`);
}

async function listNames(server: ServerCaller, path: string): Promise<string[]> {
  const { data } = await server.call(`GET ${path}?limit=100`);
  return Array.isArray(data) ? data.map((one: Readonly<Record<string, unknown>>) => String(one['name'])) : [];
}
