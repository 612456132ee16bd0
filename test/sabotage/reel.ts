import type { Patch } from './patch.ts';

const GENERATIONS = 'src/products/reel/generations';
const ASKED = `${GENERATIONS}/ask-routes.ts`;
const WRITE = `${GENERATIONS}/write.ts`;
const REPAIR = `${GENERATIONS}/repair.ts`;
const CANCEL = `${GENERATIONS}/cancel.ts`;
const COMMITS = 'src/platform/product/work-commits.ts';
const STREAM = 'src/platform/product/progress-events.ts';
const CREATES = 'test/reel/limits.test.ts :: POST /v1/create >';
const LIMITS = 'test/reel/limits.test.ts :: each limit denies by its own name, and says when it resets >';
const FULL = 'test/reel/regenerate.test.ts :: a full regeneration >';
const TARGETED = 'test/reel/regenerate.test.ts :: a targeted regeneration >';
const VARIANTS = 'test/reel/worker.test.ts :: variants >';
const TOO_LONG = 'test/reel/worker.test.ts :: variants that are too long >';
const WRITTEN = 'test/reel/worker.test.ts :: a generation >';
const CANCELLED = 'test/reel/cancel.test.ts :: a generation that is cancelled >';
const READER = 'src/platform/product/progress-events.test.ts :: a reader of some work >';

/** Reel's generations: asked for, written, followed and cancelled. */
export const REEL: readonly Patch[] = [
  {
    name: 'result-stored-without-settlement',
    file: WRITE,
    find: '    ...completing(job),\n',
    replace: '    job.finishing(),\n',
    expects: `${CREATES} answers at once, and the variants come with a ledger row that agrees with the provider’s bill`,
  },
  {
    name: 'regeneration-admitted-without-its-draft',
    file: ASKED,
    find: '      storedBytes: STORED_BYTES,\n',
    replace: '',
    expects:
      'test/reel/regenerate.test.ts :: any regeneration > that is targeted was admitted with all that its prompt holds of the draft',
  },
  {
    name: 'failure-keeps-the-quota',
    file: COMMITS,
    find: 'job.permit.releasing(code)',
    replace: 'job.permit.settlement()',
    expects: `${CREATES} a failed generation says why, gives the quota back and keeps the burst`,
  },
  {
    name: 'retry-asks-for-all-variants',
    file: WRITE,
    find: 'const most = task.variants - task.stored;',
    replace: 'const most = task.variants;',
    expects: `${VARIANTS} that are stored when the stream breaks stay, and only the rest is asked for, with other hooks`,
  },
  {
    name: 'hooks-kept-from-the-prompt',
    file: WRITE,
    find: "work.hooks.join('\\n') || 'none'",
    replace: "'none'",
    expects: `${FULL} makes new variants from the draft’s brief, with hooks that the draft does not have`,
  },
  {
    name: 'failure-discards-what-was-written',
    file: WRITE,
    find: '  if (variants !== undefined && variants.stored > 0) return complete(context, job);\n',
    replace: '',
    expects: `${VARIANTS} that are stored when nothing more comes of it are what the creator gets, and count`,
  },
  {
    name: 'variant-stored-past-the-fence',
    file: WRITE,
    find: '      job.progressing(stored + variants.length, task.variants),\n',
    replace: '',
    expects: `${WRITTEN} that was cancelled behind its worker’s back gets nothing more; what its call cost is known in the end`,
  },
  {
    name: 'too-long-stored-unrepaired',
    file: WRITE,
    find: 'await store(await repaired(work, tooLong));',
    replace: 'await store(tooLong);',
    expects: `${TOO_LONG} wait for one repair of them all, and come after those that fit`,
  },
  {
    name: 'failed-repair-fails-the-work',
    file: REPAIR,
    find: 'if (isOver) throw error;',
    replace: 'throw error;',
    expects: `${TOO_LONG} are marked, and not lost, when the repair fails`,
  },
  {
    name: 'worse-repair-taken',
    file: REPAIR,
    find: 'postLength(task.platform, short) < postLength(task.platform, long) ? short : long',
    replace: 'short',
    expects: `${TOO_LONG} are marked when the repair leaves them too long, and are not repaired again`,
  },
  {
    name: 'targeted-repair-changes-other-parts',
    file: WRITE,
    find: 'await storing(work)([withPart(base, target, shorter)]);',
    replace: 'await storing(work)([shorter]);',
    expects: `${TARGETED} that makes the post too long is repaired once, in its own part alone`,
  },
  {
    name: 'regeneration-charged-before-it-is-looked-at',
    file: ASKED,
    find: '        await generations.purposeOf(accountId, body);\n',
    replace: '        await Promise.resolve([generations, accountId, body]);\n',
    expects: `${TARGETED} without a selected variant is refused before anything is charged`,
  },
  {
    name: 'cooldown-over-all-drafts',
    file: ASKED,
    find: 'subject: ({ body }) => body.draft_id,',
    replace: "subject: () => 'any',",
    expects: `${LIMITS} regenerate_cooldown, of one draft alone, for twenty seconds`,
  },
  {
    name: 'regeneration-with-more-variants-than-the-plan',
    file: ASKED,
    find: "needs: ({ body }) => (body.mode === 'full' ? { variants: body.variants ?? 1 } : {}),",
    replace: 'needs: () => ({}),',
    expects: `${FULL} is not for basic, and has no more variants than its plan: 402 names the plan that would do`,
  },
  {
    name: 'full-regeneration-for-basic',
    file: 'src/products/reel/plans.ts',
    find: "      requires: ['full_regeneration'],\n",
    replace: '',
    expects: `${FULL} is not for basic, and has no more variants than its plan: 402 names the plan that would do`,
  },
  {
    name: 'cancel-gives-back-what-was-used',
    file: CANCEL,
    find: 'return variants !== undefined && variants.stored > 0;',
    replace: 'return variants === undefined;',
    expects: `${CANCELLED} after a part of it was written keeps that part, and its quota`,
  },
  {
    name: 'cancel-lets-the-call-run-on',
    file: COMMITS,
    find: '    jobs.interrupt(job);\n',
    replace: '',
    expects: `${CANCELLED} before anything is written frees its place at once and gives its quota back, and its call is broken off`,
  },
  {
    name: 'cancel-of-what-has-ended',
    file: COMMITS,
    find: '    if (isEnded(status)) throw how.ended();\n',
    replace: '',
    expects:
      'test/reel/cancel.test.ts :: nothing is left to cancel > of one that completed: 409, and nothing changes',
  },
  {
    name: 'hooks-of-any-length-told',
    file: `${GENERATIONS}/store.ts`,
    find: 'left(v.hook, 200) as hook',
    replace: 'v.hook',
    expects: `${FULL} of a draft whose hooks are pages is told how they begin, and fits its prompt`,
  },
  {
    name: 'each-watcher-looks-alone',
    file: 'src/platform/product/following.ts',
    find: 'if (at.look === undefined || at.began < since) {',
    replace: 'if (since >= 0) {',
    expects:
      'test/reel/stream.test.ts :: a stream of a generation > that many watch here is looked at once for all of them',
  },
  {
    name: 'stream-tells-variants-again',
    file: STREAM,
    find: '    if (index < from.results) continue;\n',
    replace: '',
    expects: `${READER} who loses the stream at any event misses nothing and hears nothing twice, by the last event’s id alone`,
  },
  {
    name: 'stream-silent-about-a-second-end',
    file: STREAM,
    find: 'from.stage >= ENDED && now < ENDED ? START.stage : from.stage',
    replace: 'from.stage',
    expects: `${READER} hears of another end when it was started once more`,
  },
  {
    name: 'stream-holds-up-a-stopping-server',
    file: 'src/server/server.ts',
    find: '    if (inFlight.streams) inFlight.stop();\n',
    replace: '',
    expects:
      'test/reel/stream.test.ts :: a stream of a generation, where several processes answer > ends at once when its server stops, and goes on at another',
  },
  {
    name: 'stream-without-back-pressure',
    file: 'src/platform/http/events.ts',
    find: '      if (!hasRoom) await drained(response, closed);\n',
    replace: '      if (!hasRoom) void drained(response, closed);\n',
    expects:
      'src/platform/http/events.test.ts :: a stream of events > waits for a client that does not read, and holds no more than one event beyond the socket’s buffer',
  },
];
