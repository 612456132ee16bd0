import { describe, expect, it, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { advance } from '@plinth/testkit/factories';
import { type Generation, reelFixture, type Variant } from './fixture.ts';

const { count, creator, db, sandbox } = await reelFixture();

const PARTS = ['hook', 'body', 'cta', 'hashtags'] as const;
const textOf = ({ hook, body, cta, hashtags }: Variant) => ({ hook, body, cta, hashtags });
const long = (length: number) => '文'.repeat(length);
const says = (content: object) => ({ kind: 'content' as const, text: JSON.stringify(content) });

/** The one variant of a generation. */
function onlyVariant({ variants: [variant, ...more] }: Generation): Variant {
  if (variant === undefined || more.length > 0) throw new Error('it has not one variant');
  return variant;
}

describe('a targeted regeneration', () => {
  it.each(PARTS)('writes the %s anew, and copies every other part as it is', async (target) => {
    const by = await creator('reel.basic');
    const draft = await by.draft();
    const written = {
      hook: 'Another hook.',
      body: 'Another body.',
      cta: 'Another call.',
      hashtags: ['#Another'],
    };
    sandbox.faults.next(says({ [target]: written[target] }));
    const id = await by.started({ draft_id: draft.draft_id, mode: 'targeted', target });
    const made = await by.ended(id);
    expect(made).toMatchObject({ mode: 'targeted', target, status: 'completed', draft_id: draft.draft_id });
    expect(made.progress).toEqual({ done: 1, total: 1 });
    expect(textOf(onlyVariant(made))).toEqual({ ...textOf(onlyVariant(draft)), [target]: written[target] });
  });

  it('leaves its base and the selection as they are', async () => {
    const by = await creator('reel.basic');
    const draft = await by.draft();
    await by.ended(await by.started({ draft_id: draft.draft_id, mode: 'targeted', target: 'hook' }));
    expect(onlyVariant(await by.read(draft.id))).toEqual(onlyVariant(draft));
    expect(await count(by.by, 'reel.drafts', `selected_variant_id = '${onlyVariant(draft).id}'`)).toBe(1);
    expect(await count(by.by, 'reel.variants')).toBe(2);
  });

  it('asks again when the model leaves the part empty', async () => {
    const by = await creator('reel.basic');
    const draft = await by.draft();
    sandbox.faults.next(says({ cta: ' ' }), says({ cta: 'Save this.' }));
    const id = await by.started({ draft_id: draft.draft_id, mode: 'targeted', target: 'cta' });
    expect(onlyVariant(await by.ended(id)).cta).toBe('Save this.');
  });

  it('that makes the post too long is repaired once, in its own part alone', async () => {
    const by = await creator('reel.basic');
    const draft = await by.draft({ platform: 'x' });
    const { hook, ...others } = textOf(onlyVariant(draft));
    const short = 'Short enough.';
    sandbox.faults.next(
      says({ hook: 'long '.repeat(100) }),
      says({ posts: [{ hook: short, body: 'And another body.', cta: 'Another call.', hashtags: [] }] }),
    );
    const id = await by.started({ draft_id: draft.draft_id, mode: 'targeted', target: 'hook' });
    expect(onlyVariant(await by.ended(id))).toMatchObject({ hook: short, ...others, over_length: false });
    expect(hook).not.toBe(short);
  });

  it('without a selected variant is refused before anything is charged', async () => {
    const by = await creator('reel.basic');
    const { draft_id } = await by.ended(await by.asked());
    const refused = refusalOf(await by.regenerate({ draft_id, mode: 'targeted', target: 'hook' }));
    expect(refused).toMatchObject({ status: 409, code: 'no_variant_selected' });
    expect(await by.used()).toMatchObject({ generations: 1, hourly: 1 });
    expect(await count(by.by, 'limits.permits')).toBe(1);
  });
});

describe('a full regeneration', () => {
  it('makes new variants from the draft’s brief, with hooks that the draft does not have', async () => {
    const by = await creator('reel.standard');
    const draft = await by.draft({ variants: 2 });
    const id = await by.started({
      draft_id: draft.draft_id,
      mode: 'full',
      variants: 3,
      instructions: 'With a question at the end.',
    });
    const made = await by.ended(id);
    expect(made).toMatchObject({ mode: 'full', status: 'completed', progress: { done: 3, total: 3 } });
    expect(made).not.toHaveProperty('target');
    const hooks = [...draft.variants, ...made.variants].map(({ hook }) => hook);
    expect(new Set(hooks).size).toBe(5);
    expect(await by.used()).toMatchObject({ generations: 2, hourly: 2, full_regenerations: 1 });
  });

  it('of a draft whose hooks are pages is told how they begin, and fits its prompt', async () => {
    const by = await creator('reel.standard');
    const { draft_id } = await by.draft();
    await db.asMigrator(
      statement('update reel.variants set hook = $2 where account_id = $1', [by.by.accountId, long(20_000)]),
    );
    expect(await by.ended(await by.started({ draft_id, mode: 'full' }))).toMatchObject({
      status: 'completed',
    });
  });

  it('is not for basic, and has no more variants than its plan: 402 names the plan that would do', async () => {
    const basic = await creator('reel.basic');
    const { draft_id } = await basic.draft();
    expect(refusalOf(await basic.regenerate({ draft_id, mode: 'full' }))).toMatchObject({
      status: 402,
      code: 'plan_required',
      details: { grant: 'full_regeneration', upgrade: 'reel.standard' },
    });
    const standard = await creator('reel.standard');
    const draft = await standard.draft();
    const asked = { draft_id: draft.draft_id, mode: 'full', variants: 5 };
    expect(refusalOf(await standard.regenerate(asked))).toMatchObject({
      status: 402,
      details: { grant: 'variants', needed: 5, upgrade: 'reel.pro' },
    });
  });

  it('that fails gives back what it took of month and cap, and neither hour nor cooldown', async () => {
    const by = await creator('reel.standard');
    const { draft_id } = await by.draft();
    sandbox.faults.next({ kind: 'status', status: 400 });
    const failed = await by.ended(await by.started({ draft_id, mode: 'full' }));
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'provider_rejected' } });
    expect(await by.used()).toMatchObject({
      generations: 1,
      full_regenerations: 0,
      hourly: 2,
      concurrent: 0,
    });
    const denied = refusalOf(await by.regenerate({ draft_id, mode: 'full' }));
    expect(denied.details).toMatchObject({ limit: 'regenerate_cooldown' });
    await advance(db, '20 seconds');
    expect(await by.ended(await by.started({ draft_id, mode: 'full' }))).toMatchObject({
      status: 'completed',
    });
  });
});

describe('any regeneration', () => {
  it('of another account’s draft is 404, and charges nothing', async () => {
    const [mine, theirs] = [await creator('reel.pro'), await creator('reel.pro')];
    const { draft_id } = await mine.draft();
    for (const body of [{ mode: 'full' }, { mode: 'targeted', target: 'body' }]) {
      expect((await theirs.regenerate({ draft_id, ...body })).status).toBe(404);
    }
    expect(await count(theirs.by, 'limits.permits')).toBe(0);
    expect(await count(theirs.by, 'limits.meters')).toBe(0);
  });

  it('is answered like a create, and made once for its Idempotency-Key', async () => {
    const by = await creator('reel.pro');
    const { draft_id } = await by.draft();
    const ask = () => by.regenerate({ draft_id, mode: 'full' }, 'one');
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(new Set(accepted.map(({ body }) => body['generation_id'])).size).toBe(1);
    const [first] = accepted;
    const id = String(first?.body['generation_id']);
    expect(first?.body).toEqual({
      generation_id: id,
      draft_id,
      status: 'queued',
      status_url: `/v1/generations/${id}`,
    });
    expect(first?.headers.get('location')).toBe(`/v1/generations/${id}`);
    await by.ended(id);
    expect(await count(by.by, 'reel.generations')).toBe(2);
  });

  it.each(['targeted', 'full'])(
    'that is %s was admitted with all that its prompt holds of the draft',
    async (mode) => {
      const idle = await reelFixture({ work: false });
      const by = await idle.creator('reel.pro');
      const post = { hook: long(90), body: long(2_700), cta: long(100), hashtags: ['#文'] };
      idle.sandbox.faults.next(says({ variants: [post] }));
      const writer = idle.work();
      const { draft_id } = await by.draft({
        topic: long(500),
        tone: long(100),
        audience: long(200),
        brand_voice: long(1_000),
      });
      await writer.stop(0);
      const target = mode === 'targeted' ? { target: 'hook' } : {};
      const id = await by.started({ draft_id, mode, instructions: long(500), ...target });
      const reserves = () =>
        idle.db.asMigrator(
          statement<{ reserve: number }>(
            `select reserve from limits.permits where feature like 'regeneration%'`,
          ),
        );
      const admitted = await reserves();
      idle.work();
      expect(await by.ended(id)).toMatchObject({ status: 'completed' });
      expect(await reserves()).toEqual(admitted);
      expect(admitted).toHaveLength(1);
    },
  );

  it('that is repeated gets its first answer, although it would be refused by now', async () => {
    const by = await creator('reel.pro');
    const { draft_id } = await by.draft();
    const ask = () => by.regenerate({ draft_id, mode: 'targeted', target: 'hook' }, 'two');
    const first = await ask();
    await by.ended(String(first.body['generation_id']));
    await db.asMigrator(
      statement('update reel.drafts set selected_variant_id = null where account_id = $1 and id = $2', [
        by.by.accountId,
        draft_id,
      ]),
    );
    const repeated = await ask();
    expect(repeated).toMatchObject({ status: 202, body: first.body });
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
    const other = { draft_id, mode: 'targeted', target: 'hook' };
    expect(refusalOf(await by.regenerate(other))).toMatchObject({ code: 'no_variant_selected' });
    expect(await count(by.by, 'limits.permits')).toBe(2);
  });

  test.each([
    ['targeted without a target', { mode: 'targeted' }, 'body.target'],
    ['full with a target', { mode: 'full', target: 'hook' }, 'body.target'],
    ['targeted with variants', { mode: 'targeted', target: 'hook', variants: 2 }, 'body.variants'],
    ['an unknown part', { mode: 'targeted', target: 'title' }, 'body.target'],
    ['more than five variants', { mode: 'full', variants: 6 }, 'body.variants'],
  ])('that asks for %s is 400', async (_what, body, path) => {
    const by = await creator('reel.pro');
    const refused = await by.regenerate({ draft_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02', ...body });
    expect(refusalOf(refused)).toMatchObject({
      status: 400,
      details: { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });
});
