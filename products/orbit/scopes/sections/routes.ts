import {
  commitPoint,
  namedObject,
  okReply,
  productRoutes,
  routeAlias,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Changes } from '../../changes/service.ts';
import type { Sections } from './service.ts';
import { line, text } from '../../words.ts';
import type { Place } from './ranks.ts';
import { SECTION_TYPES, type SectionRow } from './section.ts';
import { section, SECTION_EXAMPLE, shownSection } from './replies.ts';

const ADD = commitPoint('orbit.section-add', 'a section, and the answer under the request’s key');
const MOVE = commitPoint(
  'orbit.section-move',
  'a section at another place, and the answer under the request’s key',
);

const route = productRoutes<{ readonly changes: Changes; readonly sections: Sections }>();

const reads = {
  tag: 'Orbit sections',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 1_200, by: 'account' },
} as const;
const writes = { ...reads, may: 'member', scope: 'orbit:write' } as const;
const SCOPE = SECTION_EXAMPLE.scope_id;
const OTHER = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e03';

const LONGEST_CONTENT = 50_000;
/** Letters of some scripts have three bytes, and JSON writes some with six. */
const LARGEST_BODY = 512 * 1_024;

const type = z.enum(SECTION_TYPES);
const title = line(300);
const content = text(LONGEST_CONTENT).describe('Markdown.');
const place = {
  after: z.uuid().nullable().optional().describe('Right after this section; null: to the beginning.'),
  before: z.uuid().nullable().optional().describe('Right before this section; null: to the end.'),
} as const;

/** A section with its version as ETag. */
const answerWithEtag = (row: SectionRow) => versionedAnswer(row, shownSection(row));

function placeOf({
  after,
  before,
}: {
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}): Place | undefined {
  if (after !== undefined) return { after };
  return before === undefined ? undefined : { before };
}

export const listSections = route(
  'GET /v1/scopes/:id/sections',
  {
    ...reads,
    summary: 'List the sections of a scope',
    description: 'All of them, in their order.',
    reply: { 200: namedObject('ScopeSectionList', { data: z.array(section) }) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params }, { sections }) => ({
    data: (await sections.list(accountId, params.id)).map(shownSection),
  }),
);

export const addSection = route(
  'POST /v1/scopes/:id/sections',
  {
    ...writes,
    summary: 'Add a section',
    description: 'At the end of the scope, when no place is said.',
    maxBody: LARGEST_BODY,
    body: namedObject('CreateSectionRequest', {
      type,
      title,
      content: content.default(''),
      ...place,
    }).refine((body) => body.after === undefined || body.before === undefined, {
      error: 'name either after or before',
    }),
    reply: { 201: section },
    errors: ['scope_not_found', 'section_not_found', 'scope_frozen', 'section_limit', 'scope_too_long'],
  },
  async ({ accountId, caller, origin, params, body, once }, { sections, changes }) => {
    const { after, before, ...said } = body;
    const at = placeOf({ after, before });
    const scopeId = params.id;
    const made = await once(ADD, async (tx) => {
      const by = { accountId, caller, origin, scopeId, cause: 'edited' } as const;
      const [row] = await sections.appendIn(tx, {
        ...by,
        sections: [said],
        ...(at === undefined ? {} : { place: at }),
      });
      if (row === undefined) throw new Error('a section was not stored');
      const headers = { location: `/v1/scopes/${scopeId}/sections/${row.id}` };
      return versionedAnswer(row, shownSection(row), { status: 201, headers });
    });
    changes.moved(scopeId);
    return made;
  },
);

export const changeSection = route(
  'PATCH /v1/scopes/:id/sections/:section_id',
  {
    ...writes,
    summary: 'Change a section',
    description:
      'Only the fields that you send are changed. With If-Match and a version that is no longer the present one it is 412, and `details.current` is the section as it is by now.',
    versioned: true,
    maxBody: LARGEST_BODY,
    body: namedObject('UpdateSectionRequest', {
      type: type.optional(),
      title: title.optional(),
      content: content.optional(),
    }).refine((body) => Object.keys(body).length > 0, 'Say what to change.'),
    reply: { 200: section },
    errors: ['scope_not_found', 'section_not_found', 'scope_frozen', 'scope_too_long', 'precondition_failed'],
  },
  async ({ accountId, caller, origin, params, ifMatch, body }, { sections }) => {
    const key = { scopeId: params.id, sectionId: params.section_id, version: ifMatch };
    return answerWithEtag(await sections.change({ accountId, caller, origin, ...key }, body));
  },
);

export const moveSection = route(
  'POST /v1/scopes/:id/sections/:section_id/move',
  {
    ...writes,
    summary: 'Move a section to another place',
    description:
      'Moves of several people at once are made one after the other, and all readers see the same order.',
    aliases: [
      routeAlias('POST /v1/scopes/:id/sections/reorder', {
        body: namedObject('ReorderSectionRequest', { section_id: z.uuid(), ...place }),
        becomes: ({ params, body: { section_id, ...body } }) => ({
          params: { id: params.id, section_id },
          body,
        }),
        example: { params: { id: SCOPE }, body: { section_id: SECTION_EXAMPLE.id, after: OTHER } },
      }),
    ],
    body: namedObject('MoveSectionRequest', place).refine(
      ({ after, before }) => (after === undefined) !== (before === undefined),
      { error: 'name either after or before' },
    ),
    reply: { 200: section },
    errors: ['scope_not_found', 'section_not_found', 'scope_frozen'],
  },
  async ({ accountId, caller, origin, params, body, once }, { sections, changes }) => {
    const which = { accountId, caller, origin, scopeId: params.id, sectionId: params.section_id };
    const moved = await once(MOVE, async (tx) =>
      answerWithEtag(await sections.moveIn(tx, which, placeOf(body) ?? { before: null })),
    );
    changes.moved(params.id);
    return moved;
  },
);

export const deleteSection = route(
  'DELETE /v1/scopes/:id/sections/:section_id',
  {
    ...writes,
    summary: 'Delete a section',
    description: 'The versions of the scope keep it.',
    reply: { 200: okReply },
    errors: ['scope_not_found', 'section_not_found', 'scope_frozen'],
  },
  async ({ accountId, caller, origin, params }, { sections }) => {
    const key = { scopeId: params.id, sectionId: params.section_id };
    await sections.remove({ accountId, caller, origin, ...key });
    return { ok: true };
  },
);
