import { expect, test } from 'vitest';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import type { Customer } from '@plinth/testkit/services/app';
import { qstashFixture } from '../qstash/fixture.ts';
import { expectWhole } from './document.ts';

/** Plan document 004, by its calls alone: each create and regeneration is done by a delivery of QStash to the worker's address. */
const app = await qstashFixture();
const made = new Set<string>();
let keys = 0;

async function ask(by: Customer, call: string, body?: object) {
  made.add(call);
  const headers = { 'idempotency-key': `plan-document-${(keys += 1)}` };
  return app.call(by.key, call, { headers, ...(body === undefined ? {} : { body }) });
}

/** Waits for the end of a generation; answers it as it is polled. */
async function poll(by: Customer, id: unknown) {
  for (;;) {
    const { body } = await ask(by, `GET /v1/generations/${String(id)}?wait=20`);
    if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
  }
}

const POST = { platform: 'linkedin', topic: 'Why small teams ship faster' };

test('create, review, select, regenerate, save, find', async () => {
  const by = await app.customer('reel.standard');
  const created = await ask(by, 'POST /v1/create', { ...POST, variants: 3 });
  expect([created.status, created.body]).toEqual([
    202,
    expect.objectContaining({ generation_id: expect.any(String), draft_id: expect.any(String) }),
  ]);
  const { generation_id: generation, draft_id: draft } = created.body;
  const { status, variants } = await poll(by, generation);
  const [, second] = variants as readonly { readonly id: string }[];
  expect([status, second]).toEqual(['completed', expect.objectContaining({ hook: expect.any(String) })]);
  const chosen = { selected_variant_id: second?.id };
  expect((await ask(by, `PATCH /v1/drafts/${String(draft)}`, chosen)).body).toMatchObject(chosen);
  const again = await ask(by, 'POST /v1/regenerate', { draft_id: draft, mode: 'targeted', target: 'hook' });
  expect(again.status).toBe(202);
  const tooSoon = await ask(by, 'POST /v1/regenerate', { draft_id: draft, mode: 'full' });
  expect(refusalOf(tooSoon)).toMatchObject({
    status: 429,
    code: 'limit_exceeded',
    details: { limit: 'regenerate_cooldown' },
  });
  expect((await poll(by, again.body['generation_id']))['status']).toBe('completed');
  const saved = await ask(by, 'POST /v1/library/assets', {
    draft_id: draft,
    variant_id: second?.id,
    tags: ['launch'],
  });
  expect(saved.status).toBe(201);
  const raw = { platform: 'x', hook: 'A hook.', body: 'Raw.' };
  expect((await ask(by, 'POST /v1/library/assets', raw)).status).toBe(201);
  const found = await ask(by, 'GET /v1/library/assets?platform=linkedin&tags=launch&limit=1');
  expect(found.body).toMatchObject({ data: [{ id: saved.body['id'] }], next_cursor: null });
  expect((await ask(by, `GET /v1/drafts/${String(draft)}`)).body).toMatchObject(chosen);
  for (const { url } of app.qstash.deliveries()) made.add(`POST ${new URL(url).pathname}`);
});

test('the calls of the document are these', () => {
  expectWhole('004', made);
});
