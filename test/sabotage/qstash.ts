import type { Patch } from './patch.ts';

const SIGNATURE = 'src/platform/jobs/delivery/signature.ts';
const ROUTES = 'src/platform/jobs/delivery/routes.ts';
const ANNOUNCER = 'src/platform/jobs/delivery/announcer.ts';
const WIRE = 'src/platform/jobs/delivery/qstash.ts';
const SCHEMA = 'src/platform/jobs/migrations/0002_delivery.up.sql';
const REFUSED = `src/platform/jobs/delivery/signature.test.ts :: a delivery is refused`;
const FAILS = 'test/qstash/delivery.test.ts :: what becomes of it when something fails';

/** Delivery of jobs by QStash. */
export const QSTASH: readonly Patch[] = [
  {
    name: 'signature-for-any-url',
    file: SIGNATURE,
    find: '      subject: url,\n',
    replace: '',
    expects: `${REFUSED} > signed for another URL`,
  },
  {
    name: 'body-of-a-delivery-unchecked',
    file: SIGNATURE,
    find: 'return said.length === found.length && timingSafeEqual(said, found);',
    replace: 'return said.length === found.length && found.length > 0;',
    expects: `${REFUSED} > when a byte of the body, or of the signature, was altered`,
  },
  {
    name: 'next-signing-key-forgotten',
    file: SIGNATURE,
    find: '[keys.current, keys.next].map',
    replace: '[keys.current].map',
    expects:
      'src/platform/jobs/delivery/signature.test.ts :: a delivery is believed > when the next key signed it: the keys may be rolled while we run',
  },
  {
    name: 'unsigned-delivery-runs',
    file: ROUTES,
    find: "if (!isSigned) throw new AppError('signature_invalid');",
    replace: "if (!isSigned && signature === 'no') throw new AppError('signature_invalid');",
    expects:
      'test/qstash/receiving.test.ts :: what is not signed by QStash for us > is 401, and runs nothing',
  },
  {
    name: 'malformed-delivery-tried-again',
    file: ROUTES,
    find: "{ headers: { 'upstash-nonretryable-error': 'true' } }",
    replace: '{}',
    expects:
      'test/qstash/receiving.test.ts :: what is signed, and no job of ours > is 489 and not to be tried again: "a word"',
  },
  {
    name: 'full-process-swallows-a-delivery',
    file: ROUTES,
    find: "if (outcome === 'busy') throw new AppError('workers_busy', { retryAfter: BUSY });",
    replace: "if (outcome === 'busy') return { outcome: 'absent' };",
    expects:
      'test/qstash/receiving.test.ts :: a process that is full > says so, and QStash comes back when it was told to',
  },
  {
    name: 'full-process-leaves-a-job-with-the-dead-letters',
    file: 'src/platform/jobs/delivery/receiver.ts',
    find: 'if (retried < RETRIES.count) return outcome;',
    replace: 'if (retried < 99) return outcome;',
    expects:
      'test/qstash/receiving.test.ts :: a process that is full the last time that QStash tries has the job announced anew',
  },
  {
    name: 'announcement-without-a-deduplication-id',
    file: WIRE,
    find: "headers: { ...headers, 'upstash-deduplication-id': `${job}-${fence}-${number}` }",
    replace: "headers: { ...headers, 'upstash-label': `${job}-${fence}-${number}` }",
    expects: `${FAILS} > a publisher that never hears that its messages were taken publishes them again, to no effect`,
  },
  {
    name: 'lost-announcement-repeated-under-its-number',
    file: SCHEMA,
    find: 'number = d.number + case when d.published_at is null then 0 else 1 end',
    replace: 'number = d.number',
    expects: `${FAILS} > a message that is lost: after five minutes the job is announced under another number`,
  },
  {
    name: 'claim-of-a-dead-announcer-forgotten',
    file: SCHEMA,
    find: 'and not exists (select from limits.holders h where',
    replace: 'and exists (select from limits.holders h where',
    expects:
      'src/platform/jobs/delivery/announcer.test.ts :: an announcer > takes over from one that died, under the same number: its messages may have gone out',
  },
  {
    name: 'everything-announced-at-once',
    file: SCHEMA,
    find: 'order by j.turn, j.run_at, j.id limit greatest(v_room, 0);',
    replace: 'order by j.turn, j.run_at, j.id;',
    expects:
      'test/qstash/receiving.test.ts :: the order > stays ours: few wait at QStash, and of those that wait here another account’s one goes before the fifth of one',
  },
  {
    name: 'announcer-runs-the-jobs-itself',
    file: 'src/platform/jobs/jobs.ts',
    find: 'const fill = announce === undefined ? runner.fill : announcing(parts, announce);',
    replace: 'const fill = announce === undefined ? runner.fill : runner.fill;',
    expects:
      'test/qstash/delivery.test.ts :: a create, delivered by QStash > runs where it is delivered, and nowhere before',
  },
  {
    name: 'publisher-hammers-what-is-away',
    file: ANNOUNCER,
    find: 'if (early > 0) return { isFull: false, nextDue: early };',
    replace: 'if (early > 1e9) return { isFull: false, nextDue: early };',
    expects:
      'src/platform/jobs/delivery/announcer.test.ts :: while QStash is away it is asked again after half a second, then after twice as long each time',
  },
];
