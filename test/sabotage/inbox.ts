import type { Patch } from './patch.ts';

const INBOX = 'src/platform/billing/inbox/inbox.test.ts ::';
const NODES = 'src/platform/billing/inbox/nodes.test.ts ::';
const UPKEEP = 'src/platform/billing/inbox/upkeep.test.ts ::';
const LOCKS = 'src/platform/billing/inbox/locks.test.ts ::';
const TURNS = 'src/platform/billing/inbox/fetching/read-rate.test.ts ::';
const WEBHOOK = 'src/platform/billing/providers/stripe/verify.test.ts ::';

/** What providers tell, and the fetches that it leads to. */
export const INBOX_OF_STORES: readonly Patch[] = [
  {
    name: 'stale-reply-applied',
    file: 'src/platform/billing/inbox/objects/apply-object.ts',
    find: 'if (known.number > number) return undefined;',
    replace: '',
    expects: `${NODES} two processes > of which one got its reply late, after its lease: the newer one stays, and both are kept`,
  },
  {
    name: 'number-taken-without-a-lease',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: 'holder = $4, due_at = app.now() + make_interval(secs => $3), updated_at',
    replace: 'holder = $4, due_at = app.now() + make_interval(secs => $3 * 0), updated_at',
    expects: `${NODES} two processes > never fetch one object at once`,
  },
  {
    name: 'fetch-of-a-dead-process-waits-for-its-lease',
    file: 'src/platform/billing/inbox/fetching/drain.ts',
    find: '      releaseAbandonedTasks(providerMode),\n',
    replace: '',
    expects: `${NODES} of two processes one died while it fetched: the other takes over once it is dead, not before`,
  },
  {
    name: 'fetch-of-a-living-process-taken-over',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: 'where h.id = w.holder and h.expires_at > app.now())',
    replace: 'where h.id = w.holder and h.expires_at > app.now() and false)',
    expects: `${NODES} of two processes one died while it fetched: the other takes over once it is dead, not before`,
  },
  {
    name: 'hint-during-a-fetch-forgotten',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: 'delete from billing.wants where ${KEY} and wanted < $5',
    replace: 'delete from billing.wants where ${KEY} and $5 > 0',
    expects: `${INBOX} a thousand events > of which one comes while the object is fetched are two fetches, and the second decides`,
  },
  {
    name: 'hints-hurry-what-fails',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: "export const ON_EVENT = onConflict('w.dead');",
    replace: "export const ON_EVENT = onConflict('true');",
    expects: `${INBOX} a fetch that comes to nothing > is tried again later, and events meanwhile hurry nobody`,
  },
  {
    name: 'store-away-is-given-up',
    file: 'src/platform/billing/inbox/fetching/fetch-next.ts',
    find: 'Math.max(claim.attempts, TRIES_WHILE_AWAY)',
    replace: 'TRIES',
    expects: `${INBOX} a fetch that comes to nothing > again and again because the provider is away is never given up, nor put off for long`,
  },
  {
    name: 'refused-key-gives-up',
    file: 'src/platform/billing/inbox/fetching/fetch-next.ts',
    find: "error.details?.['code'] === 'key_refused' ? 'key_refused' : error.code",
    replace: 'error.code',
    expects: `${INBOX} a fetch that comes to nothing > again and again because the provider takes our key no more is never given up, nor put off for long`,
  },
  {
    name: 'whoever-waits-waits-for-an-outage',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: 'or w.fetching is null and w.error in',
    replace: 'or false and w.error in',
    expects: `${INBOX} a fetch that comes to nothing > because the provider is away is tried at once for whoever waits`,
  },
  {
    name: 'unapplied-answer-kept',
    file: 'src/platform/billing/inbox/fetching/fetch-next.ts',
    find: "body !== null && code === 'store_unreadable'",
    replace: 'body !== null',
    expects: `${INBOX} a fetch that comes to nothing > because we could not apply the answer keeps nothing of it`,
  },
  {
    name: 'unread-answer-of-erased-kept',
    file: 'src/platform/billing/inbox/store/objects.ts',
    find: 'and c.erased_at is not null and strpos',
    replace: 'and false and strpos',
    expects: `${INBOX} whose an object is > is nobody once they were erased, not even where nobody can read what is answered`,
  },
  {
    name: 'unread-answer-kept-for-a-want-that-is-gone',
    file: 'src/platform/billing/inbox/store/objects.ts',
    find: `select store, mode, kind, object_id, fetching, $6::text::jsonb from billing.wants w
     where store = $1 and mode = $2 and kind = $3 and object_id = $4 and fetching = $5 and not exists (`,
    replace: 'select $1, $2, $3, $4, $5::bigint, $6::text::jsonb where not exists (',
    expects: `${INBOX} whose an object is > is nobody once they were erased, not even where nobody can read what is answered`,
  },
  {
    name: 'payment-before-its-invoice-forgotten',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: "and not (o.kind = 'payment' and o.state = 'foreign')",
    replace: '',
    expects: `${INBOX} whose an object is > is looked at again where it was nobody’s payment and is named later`,
  },
  {
    name: 'everything-before-what-is-hinted-at',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: 'order by low, due_at',
    replace: 'order by due_at',
    expects: `${UPKEEP} what a payment provider never told > and is found by looking at everything is fetched after what is reported`,
  },
  {
    name: 'late-account-never-found',
    file: 'src/platform/billing/inbox/events/reconcile.ts',
    find: 'await bindLateCustomers(parts, providerMode);',
    replace: '',
    expects: `${UPKEEP} what a payment provider never told > is whose account was made after they were told of: what waits for it is applied`,
  },
  {
    name: 'object-locked-before-its-account',
    file: 'src/platform/billing/inbox/objects/apply-object.ts',
    find: '  // Of what is gone nothing says',
    replace: '  await tx.run(lockObject(providerMode, ref));\n  // Of what is gone nothing says',
    expects: `${LOCKS} nobody waits for somebody who waits for them > where an account is erased while something of it is applied: nothing of it is kept`,
  },
  {
    name: 'objects-locked-before-their-customers',
    file: 'src/platform/billing/inbox/objects/rebuild.ts',
    find: '  for (const { customer } of await tx.run(customersOf',
    replace: '  for (const { customer } of [] ?? await tx.run(customersOf',
    expects: `${LOCKS} nobody waits for somebody who waits for them > where an account is told again while something of it is applied`,
  },
  {
    name: 'waiting-objects-forgotten',
    file: 'src/platform/billing/inbox/objects/customer-owner.ts',
    find: 'if (isNew) await tx.run(requestWaiting(providerMode, customer));',
    replace: '',
    expects: `${INBOX} whose an object is > may be known later than the object: then it is applied`,
  },
  {
    name: 'erased-customer-kept-again',
    file: 'src/platform/billing/inbox/objects/apply-object.ts',
    find: 'if (!owner.isErased) await tx.run(insertBody',
    replace: 'await tx.run(insertBody',
    expects: `${INBOX} whose an object is > is nobody once they were erased: nothing of them is kept again`,
  },
  {
    name: 'drain-for-every-hint',
    file: 'src/platform/billing/inbox/fetching/request-drain.ts',
    find: 'if (!isFirst) return;',
    replace: '',
    expects: `${NODES} the job > that drains is enqueued once for many events, and again once it has begun`,
  },
  {
    name: 'drain-never-asked-for-again',
    file: 'src/platform/billing/inbox/fetching/drain.ts',
    find: '      deleteDrain(providerMode),\n',
    replace: '',
    expects: `${NODES} the job > that drains is enqueued once for many events, and again once it has begun`,
  },
  {
    name: 'reads-faster-than-agreed',
    file: 'src/platform/billing/inbox/fetching/read-rate.ts',
    find: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)) + make_interval(secs => $3), updated_at',
    replace: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)), updated_at',
    expects: `${TURNS} reads go out at the rate that all processes share, a quarter of a second’s worth at once`,
  },
  {
    name: 'quiet-time-saved-up',
    file: 'src/platform/billing/inbox/fetching/read-rate.ts',
    find: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)) + make_interval',
    replace: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4 * 10)) + make_interval',
    expects: `${TURNS} reads go out at the rate that all processes share, a quarter of a second’s worth at once`,
  },
  {
    name: 'reconciler-trusts-a-forgetful-store',
    file: 'src/platform/billing/inbox/events/reconcile.ts',
    find: 'if (all || since.forgotten)',
    replace: 'if (all)',
    expects: `${UPKEEP} what a payment provider never told > in a time longer than it remembers is found the same way`,
  },
  {
    name: 'retold-from-what-was-read-before-the-lock',
    file: 'src/platform/billing/inbox/objects/rebuild.ts',
    find: 'await lockIn(tx, modeOf(provider), accountId);',
    replace: '',
    expects: `${UPKEEP} telling again from what is kept > while the same is applied waits for nobody for ever`,
  },
  {
    name: 'retelling-tells-twice',
    file: 'src/platform/billing/projection/projection.ts',
    find: 'applied.isRebuild === true || ',
    replace: '',
    expects: `${UPKEEP} telling again from what is kept > tells nobody a second time`,
  },
  {
    name: 'replayed-in-one-commit',
    file: 'src/platform/billing/inbox/events/replay.ts',
    find: `for (const { ref, ...providerMode } of objects)
    await db.system('admin.billing', MARKED, [requestFetchNow(providerMode, ref)]);`,
    replace: `const sorted = objects.toSorted((one, other) => (one.ref.id < other.ref.id ? -1 : 1));
  await db.system('admin.billing', MARKED, sorted.map(({ ref, ...providerMode }) => requestFetchNow(providerMode, ref)));`,
    expects: 'test/billing/inbox.test.ts :: an admin > has them looked at while some of them are applied',
  },
  {
    name: 'bodies-in-effect-pruned',
    file: 'src/platform/billing/inbox/inbox.ts',
    find: 'and o.number <= b.number',
    replace: 'and o.number < b.number',
    expects: `${UPKEEP} what nothing hangs on any more is deleted after 90 days, and what is in effect is kept`,
  },
  {
    name: 'played-back-message-taken',
    file: 'src/platform/billing/providers/stripe/verify.ts',
    find: 'TOLERANCE, undefined, clock.now()',
    replace: 'TOLERANCE * 1_000, undefined, clock.now()',
    expects: `${WEBHOOK} a message > is taken for five minutes after its signing, so that nobody plays it back`,
  },
  {
    name: 'message-of-another-mode-taken',
    file: 'src/platform/billing/providers/stripe/verify.ts',
    find: "!event.success || event.data.livemode !== (parts.mode === 'live')",
    replace: '!event.success',
    expects: `${WEBHOOK} a message > of another mode is forged, whoever signed it`,
  },
];
