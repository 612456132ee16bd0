import { createHash } from 'node:crypto';
import { z } from 'zod';
import { caller } from '../write-posts.ts';
import type { LabelledDocument } from './labelled.ts';

const citation = z.object({ document_id: z.string(), page: z.number(), quote: z.string() });
const dates = z.array(
  z.object({ text: z.string(), date: z.string().nullable(), until: z.string().optional() }),
);
const money = z.array(
  z.object({
    text: z.string(),
    currency: z.string().nullable(),
    amount_minor: z.number().nullable(),
    until_minor: z.number().optional(),
  }),
);
const sections = z.object({
  data: z.array(
    z.object({
      type: z.string(),
      title: z.string(),
      content: z.string(),
      citations: z.array(citation).nullable(),
      fields: z.object({ dates, money }),
    }),
  ),
});
const extraction = z.object({
  status: z.string(),
  confidence: z.number().nullable(),
  missing: z.array(z.unknown()),
  error: z.object({ code: z.string() }).optional(),
});

export type MadeSection = z.output<typeof sections>['data'][number];

/** What was made of a document, or why nothing was. */
export interface ReadingResult {
  readonly labelled: LabelledDocument;
  readonly sections: readonly MadeSection[];
  readonly failure?: string;
}

const id = (answer: unknown, name = 'id') => String(z.looseObject({}).parse(answer)[name]);

const WAIT_SECONDS = 20;
const MOST_WAITS = 60;

/** Has one document extracted as a customer does, over HTTP: upload, reading, extraction. */
export async function madeOf(
  { url, key }: { url: string; key: string },
  labelled: LabelledDocument,
): Promise<ReadingResult> {
  const ask = caller(url, key);
  const scope = id(await ask('POST /v1/scopes', { title: labelled.name }));
  const document = await uploadDocument(ask, labelled);
  const asked = await ask('POST /v1/ai/extract', { scope_id: scope, document_ids: [document] });
  const path = id(asked, 'status_url');
  for (let wait = 0; wait < MOST_WAITS; wait += 1) {
    const made = extraction.parse(await ask(`GET ${path}?wait=${WAIT_SECONDS}`));
    if (made.status === 'queued' || made.status === 'running') continue;
    const { data } = sections.parse(await ask(`GET /v1/scopes/${scope}/sections`));
    const failure = made.error?.code ?? (made.missing.length > 0 ? 'incomplete' : undefined);
    return { labelled, sections: data, ...(failure === undefined ? {} : { failure }) };
  }
  return { labelled, sections: [], failure: 'never_ended' };
}

const presigned = z.object({
  document: z.object({ id: z.string() }),
  upload: z.object({ method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) }),
});

/** A text has its pages where it has form feeds. */
async function uploadDocument(
  ask: ReturnType<typeof caller>,
  { name, pages }: LabelledDocument,
): Promise<string> {
  const bytes = Buffer.from(pages.join('\f'));
  const { document, upload } = presigned.parse(
    await ask('POST /v1/documents/presign', {
      name: `${name.replaceAll(/[^\p{L}\p{N} -]/gu, ' ').trim()}.txt`,
      type: 'text/plain',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }),
  );
  const { 'content-length': _length, ...headers } = upload.headers;
  const sent = await fetch(upload.url, { method: upload.method, headers, body: bytes });
  if (!sent.ok) throw new Error(`the upload of ${name} answered ${sent.status}`);
  await ask(`POST /v1/documents/${document.id}/complete`, {});
  for (let wait = 0; wait < MOST_WAITS; wait += 1) {
    const { status } = z
      .looseObject({ status: z.string() })
      .parse(await ask(`GET /v1/documents/${document.id}/status?wait=${WAIT_SECONDS}`));
    if (status === 'completed') return document.id;
    if (status === 'failed') throw new Error(`${name} could not be read`);
  }
  throw new Error(`${name} was not read in time`);
}
