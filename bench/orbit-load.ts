import { createHash } from 'node:crypto';
import { round, quantile } from './figures.ts';

export interface OrbitLoad {
  readonly url: string;
  /** One of each workspace. */
  readonly keys: readonly string[];
  /** Pages of the document that each workspace has read into its scopes. */
  readonly pages: number;
  /** Six questions to a model and four for exports are asked of each: the rates of a person have room for two scopes a minute. */
  readonly scopes: number;
}

/** What was made by all, and milliseconds from each question to its end. */
export interface OrbitLoaded {
  readonly extractions: number;
  /** Calls that a model had to be asked for it: one for each part of a document, and one for each analysis. */
  readonly modelCalls: number;
  readonly sections: number;
  readonly files: number;
  readonly took: Readonly<Record<Kind, readonly number[]>>;
}

const KINDS = ['extract', 'analyze', 'suggest', 'pdf', 'docx'] as const;
type Kind = (typeof KINDS)[number];
type Json = Readonly<Record<string, unknown>>;

/**
 * Workspaces that upload a document, and then all at once have it read into their scopes, these analysed and looked at, and exported. Each question is
 * asked by two at the same moment. Throws where one does not end well, or where the two have not one answer.
 */
export async function loadOrbit({ url, keys, pages, scopes }: OrbitLoad): Promise<OrbitLoaded> {
  const took: Record<Kind, number[]> = { extract: [], analyze: [], suggest: [], pdf: [], docx: [] };
  const places = await Promise.all(keys.map((key) => preparedAt({ url, key, pages, scopes })));
  const all = places.flatMap(({ call, document, ids }) => ids.map((scope) => ({ call, document, scope })));
  const made = await Promise.all(
    all.map(async ({ call, document, scope }) => {
      const timeWork = async (kind: Kind, path: string, body: object) => {
        const began = performance.now();
        const end = await endOf(call, path, { key: `${kind}-${scope}`, body });
        took[kind].push(performance.now() - began);
        return end;
      };
      const read = await timeWork('extract', '/v1/ai/extract', { scope_id: scope, document_ids: [document] });
      const sections = read['section_ids'] as readonly string[];
      await Promise.all([
        timeWork('analyze', '/v1/ai/analyze', { scope_id: scope }),
        timeWork('suggest', '/v1/ai/suggest', { section_id: sections[0] }),
        timeWork('pdf', `/v1/scopes/${scope}/export`, { format: 'pdf' }),
        timeWork('docx', `/v1/scopes/${scope}/export`, { format: 'docx' }),
      ]);
      const { total } = read['progress'] as { readonly total: number };
      const there = (await call(`/v1/scopes/${scope}/sections`))['data'] as readonly Json[];
      if (there.length !== sections.length)
        throw new Error(`${sections.length} sections were extracted, and ${there.length} are there`);
      return { parts: total, sections: sections.length };
    }),
  );
  const sum = (of: 'parts' | 'sections') => made.reduce((total, one) => total + one[of], 0);
  return {
    extractions: made.length,
    modelCalls: sum('parts') + 2 * made.length,
    sections: sum('sections'),
    files: 2 * made.length,
    took,
  };
}

/** The middle and the slowest of each kind. */
export function timesOf({ took }: OrbitLoaded): Readonly<Record<string, number>> {
  return Object.fromEntries(
    KINDS.flatMap((kind) => [
      [`${kind}_p50_ms`, round(quantile(took[kind], 0.5))],
      [`${kind}_slowest_ms`, round(Math.max(...took[kind]))],
    ]),
  );
}

type Call = (path: string, body?: object, headers?: Readonly<Record<string, string>>) => Promise<Json>;

interface Place {
  readonly call: Call;
  readonly document: string;
  readonly ids: readonly string[];
}

/** A workspace with a document that was read, and scopes without a section. */
async function preparedAt(load: Omit<OrbitLoad, 'keys'> & { readonly key: string }): Promise<Place> {
  const call = callsOf(load.url, load.key);
  const bytes = Buffer.from(Array.from({ length: load.pages }, (_, page) => pageOf(page + 1)).join('\f'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const declared = { name: 'brief.md', type: 'text/markdown', bytes: bytes.length, sha256 };
  const { document, upload } = (await call('/v1/documents/presign', declared)) as {
    readonly document: { readonly id: string };
    readonly upload: { readonly url: string; readonly headers: Record<string, string> };
  };
  const sent = await fetch(upload.url, {
    method: 'PUT',
    headers: upload.headers,
    body: new Uint8Array(bytes),
  });
  if (!sent.ok) throw new Error(`the file was not taken: ${await sent.text()}`);
  await call(`/v1/documents/${document.id}/complete`, {});
  await untilCompleted(call, `/v1/documents/${document.id}/status`);
  const ids: string[] = [];
  for (let n = 0; n < load.scopes; n += 1)
    ids.push(String((await call('/v1/scopes', { title: `Portal ${n}`, client_name: 'Acme' }))['id']));
  return { call, document: document.id, ids };
}

/** A page of a brief, about things that no other page has. */
function pageOf(page: number): string {
  return [
    `# Phase ${page}`,
    `The supplier must deliver module ${page} of the portal with its handbook.`,
    `Phase ${page} costs €${page},500 and is due on 2027-${String((page % 12) + 1).padStart(2, '0')}-15.`,
    `Module ${page} lets customers report a claim and follow its state. `.repeat(12),
  ].join('\n\n');
}

function callsOf(url: string, key: string): Call {
  return async (path, body, headers = {}) => {
    const got = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!got.ok) throw new Error(`${path} answered ${got.status}: ${await got.text()}`);
    return (await got.json()) as Json;
  };
}

interface Question {
  readonly key: string;
  readonly body: object;
}

/** Asks twice at once, and waits for the end of the one thing that became of it. */
async function endOf(call: Call, path: string, { key, body }: Question): Promise<Json> {
  const ask = async (by: string) =>
    String((await call(path, body, { 'idempotency-key': `${key}-${by}` }))['status_url']);
  const [one, other] = await Promise.all([ask('one'), ask('other')]);
  if (one !== other) throw new Error(`${path} was done twice: ${one} and ${other}`);
  return untilCompleted(call, one);
}

async function untilCompleted(call: Call, path: string): Promise<Json> {
  for (;;) {
    const now = await call(`${path}?wait=20`);
    if (now['status'] === 'completed') return now;
    if (!['pending', 'processing', 'queued', 'running'].includes(String(now['status'])))
      throw new Error(`${path} ended: ${JSON.stringify(now)}`);
  }
}
