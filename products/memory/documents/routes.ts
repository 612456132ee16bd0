import {
  answer,
  namedObject,
  namedUnion,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  wholeNumber,
} from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { changeOf, itemOf, memberOf, reads, SHARING_ERRORS, writes } from '../access.ts';
import { replyMaker } from '../items/reply.ts';
import { askedLevel, clientId, level } from '../sessions/replies.ts';
import { loadedAsMarkdown } from './load.ts';
import type { DocumentKind } from './store.ts';

const route = productRoutes<Memory>();

/** Tokens are counted: of 256 KiB in up to 0.6 s. */
const COUNTING = { perMinute: 120, by: 'member' } as const;

const kind = z.enum(['business', 'technical']);
const versionNumber = wholeNumber(1, 1_000_000).optional();
/** A text of 256 KiB, as JSON may write it. */
const LARGEST_BODY = 1_600_000;

const summaryFields = {
  id: z.uuid(),
  author_id: z.uuid(),
  kind,
  name: z.string(),
  level: level.describe('Who may read it: its author, a team, or all members of the organization.'),
  team_id: z.uuid().nullable(),
  version: z.int().describe('Of the text that is shown.'),
  current_version: z.int(),
  tokens: z.int().describe('Of the text, by o200k_base.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
} as const;
const summaryReply = namedObject('ContextDocumentSummary', summaryFields);
const documentReply = namedObject('ContextDocument', { ...summaryFields, text: z.string() });
const leftOut = z.array(summaryReply).describe('Those for which the budget has no room.');
const loadedReply = namedObject('LoadedContext', {
  documents: z.array(documentReply),
  tokens: z.int(),
  left_out: leftOut,
});
const loadedMarkdown = namedObject('LoadedContextMarkdown', {
  markdown: z.string(),
  tokens: z.int(),
  left_out: leftOut,
});

const versionReply = namedObject('ContextDocumentVersion', {
  version: z.int(),
  size: z.int().describe('Bytes of UTF-8.'),
  tokens: z.int(),
  created_at: z.iso.datetime(),
});

const shownSummary = replyMaker(summaryReply);
const shownDocument = replyMaker(documentReply);
const shownVersion = replyMaker(versionReply);

const writing = {
  ...writes,
  rate: COUNTING,
  description:
    'A document of this name, of yours. It takes no Idempotency-Key: the first text makes the document, another text a version, and the same text none. Older versions stay. `level` is that of a new document; change it with PATCH.',
  idempotency: 'none',
  maxBody: LARGEST_BODY,
  body: namedObject('WriteContextDocument', {
    name: clientId.describe('Your own name for it; it is not sealed.'),
    text: z.string().min(1).describe('At most 256 KiB of UTF-8.'),
    level: askedLevel,
    team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
  }),
  reply: { 201: documentReply, 200: documentReply },
  errors: [...SHARING_ERRORS, 'context_document_too_large', 'limit_exceeded'],
} as const;

type WriteCall = Parameters<typeof memberOf>[0] & {
  readonly body: z.output<typeof writing.body>;
};

async function writeDocument(documents: Memory['documents'], ofKind: DocumentKind, call: WriteCall) {
  const { team_id: teamId, ...body } = call.body;
  const { row, isNew } = await documents.write(memberOf(call), { ...body, teamId, kind: ofKind });
  return answer(isNew ? 201 : 200, shownDocument(row), { location: `/v1/context/documents/${row.id}` });
}

export const writeBusinessContext = route(
  'POST /v1/context/business',
  {
    ...writing,
    summary: 'Write a document of business context',
  },
  (call, { documents }) => writeDocument(documents, 'business', call),
);

export const writeTechnicalContext = route(
  'POST /v1/context/technical',
  {
    ...writing,
    summary: 'Write a document of technical context',
  },
  (call, { documents }) => writeDocument(documents, 'technical', call),
);

export const loadContext = route(
  'GET /v1/context/load',
  {
    ...reads,
    rate: COUNTING,
    summary: 'Load documents of context into a budget of tokens',
    description:
      'All that you may read, in their newest versions, those that were written last first, of the last 1,000. One that does not fit is left out, and named; none is cut. In Markdown all of the text counts, in JSON the documents’ texts. They are quotes: hand them to a model as data, and never as instructions.',
    query: z.strictObject({
      kind: kind.optional(),
      budget_tokens: wholeNumber(1, 100_000).default(8_000),
      format: z.enum(['json', 'markdown']).default('json'),
    }),
    reply: { 200: namedUnion('LoadContext', [loadedReply, loadedMarkdown]) },
  },
  async (call, { documents }) => {
    const { budget_tokens: budget, format, ...query } = call.query;
    const loaded = await documents.load(memberOf(call), { ...query, budget });
    if (format === 'markdown') {
      const { leftOut: rest, ...shown } = await loadedAsMarkdown(loaded, budget);
      return { ...shown, left_out: rest.map(shownSummary) };
    }
    return {
      documents: loaded.documents.map(shownDocument),
      tokens: loaded.documents.reduce((sum, { tokens }) => sum + tokens, 0),
      left_out: loaded.leftOut.map(shownSummary),
    };
  },
);

export const readContextDocument = route(
  'GET /v1/context/documents/:id',
  {
    ...reads,
    summary: 'Read a document of context',
    description: 'In its newest version or an older one.',
    query: z.strictObject({ version: versionNumber }),
    reply: { 200: documentReply },
    errors: ['context_document_not_found'],
  },
  async (call, { documents }) => shownDocument(await documents.read(itemOf(call), call.query.version)),
);

export const listContextVersions = route(
  'GET /v1/context/documents/:id/versions',
  {
    ...reads,
    summary: 'List the versions of a document of context',
    description: 'Newest first.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(versionReply) },
    errors: ['context_document_not_found'],
  },
  async (call, { documents }) => {
    const { data, next_cursor } = await documents.versions(itemOf(call), call.query);
    return { data: data.map(shownVersion), next_cursor };
  },
);

export const diffContextVersions = route(
  'GET /v1/context/documents/:id/diff',
  {
    ...reads,
    summary: 'Compare two versions of a document of context',
    description:
      'Line by line, with two lines around each change: 10,000 lines and 1,000,000 characters at most.',
    query: z.strictObject({
      from: wholeNumber(0, 1_000_000).optional().describe('0: nothing. Not said: the version before `to`.'),
      to: versionNumber.describe('Not said: the newest.'),
    }),
    reply: {
      200: namedObject('ContextDocumentDiff', {
        from: z.int(),
        to: z.int(),
        lines: z.array(
          namedObject('ContextDiffLine', { op: z.enum(['same', 'added', 'removed']), text: z.string() }),
        ),
        lines_left_out: z.int(),
      }),
    },
    errors: ['context_document_not_found'],
  },
  async (call, { documents }) => {
    const { lines, ...diff } = await documents.diff(itemOf(call), call.query);
    return { ...diff, lines: [...lines] };
  },
);

export const changeContextDocument = route(
  'PATCH /v1/context/documents/:id',
  {
    ...writes,
    summary: 'Change the level of a document of context',
    description:
      'Its author may. Admins and owners of the organization may lower the level of a document that they can read, and never raise it.',
    body: namedObject('ChangeContextDocument', {
      level,
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
    }),
    reply: { 200: summaryReply },
    errors: [...SHARING_ERRORS, 'context_document_not_found', 'author_only'],
  },
  async (call, { documents }) => {
    const { team_id: teamId, ...body } = call.body;
    return shownSummary(await documents.change(changeOf(call), { ...body, teamId }));
  },
);

export const deleteContextDocument = route(
  'DELETE /v1/context/documents/:id',
  {
    ...writes,
    summary: 'Delete a document of context',
    description: 'With all its versions. Its author alone may.',
    reply: { 200: okReply },
    errors: ['context_document_not_found', 'author_only'],
  },
  async (call, { documents }) => {
    await documents.remove(itemOf(call));
    return { ok: true };
  },
);
