import type { Patch } from './patch.ts';

const FOLDER = 'src/platform/billing/inbox';
const INBOX = `${FOLDER}/inbox.test.ts ::`;
const NODES = `${FOLDER}/nodes.test.ts ::`;
const UPKEEP = `${FOLDER}/upkeep.test.ts ::`;
const TURNS = `${FOLDER}/turns.test.ts ::`;
const WEBHOOK = 'src/platform/billing/stripe/webhook.test.ts ::';

/** What stores tell, and the fetches that it leads to. */
export const INBOX_OF_STORES: readonly Patch[] = [
  {
    name: 'stale-reply-applied',
    file: `${FOLDER}/applying.ts`,
    find: 'if (known.number > number) return undefined;',
    replace: '',
    expects: `${NODES} two processes > of which one got its reply late, after its lease: the newer one stays, and both are kept`,
  },
  {
    name: 'number-taken-without-a-lease',
    file: `${FOLDER}/wants-store.ts`,
    find: "set fetching = nextval('billing.numbers'), due_at = app.now() + make_interval(secs => $3), updated_at",
    replace:
      "set fetching = nextval('billing.numbers'), due_at = app.now() + make_interval(secs => $3 * 0), updated_at",
    expects: `${NODES} two processes > never fetch one object at once`,
  },
  {
    name: 'hint-during-a-fetch-forgotten',
    file: `${FOLDER}/wants-store.ts`,
    find: 'delete from billing.wants where ${KEY} and wanted < $5',
    replace: 'delete from billing.wants where ${KEY} and $5 > 0',
    expects: `${INBOX} a thousand hints > of which one comes while the object is fetched are two fetches, and the second decides`,
  },
  {
    name: 'hints-hurry-what-fails',
    file: `${FOLDER}/wants-store.ts`,
    find: 'due_at = case when w.dead then app.now() else w.due_at end`;',
    replace: 'due_at = app.now()`;',
    expects: `${INBOX} a fetch that comes to nothing > is tried again later, and hints meanwhile hurry nobody`,
  },
  {
    name: 'store-away-is-given-up',
    file: `${FOLDER}/fetching.ts`,
    find: "code !== 'store_unavailable' && attempts",
    replace: 'attempts',
    expects: `${INBOX} a fetch that comes to nothing > for days because the store is away is never given up`,
  },
  {
    name: 'waiting-objects-forgotten',
    file: `${FOLDER}/owners.ts`,
    find: 'if (isNew) await tx.run(markWaiting(shop, customer));',
    replace: '',
    expects: `${INBOX} whose an object is > may be known later than the object: then it is applied`,
  },
  {
    name: 'erased-customer-kept-again',
    file: `${FOLDER}/applying.ts`,
    find: 'if (!owner.isErased) await tx.run(keepBody',
    replace: 'await tx.run(keepBody',
    expects: `${INBOX} whose an object is > is nobody once they were erased: nothing of them is kept again`,
  },
  {
    name: 'drain-for-every-hint',
    file: `${FOLDER}/asking.ts`,
    find: 'if (!isFirst) return;',
    replace: '',
    expects: `${NODES} the job > that drains is enqueued once for many hints, and again once it has begun`,
  },
  {
    name: 'drain-never-asked-for-again',
    file: `${FOLDER}/draining.ts`,
    find: "await parts.db.system('billing.inbox', BEGUN, [sayBegun(shop)]);",
    replace: '',
    expects: `${NODES} the job > that drains is enqueued once for many hints, and again once it has begun`,
  },
  {
    name: 'reads-faster-than-agreed',
    file: `${FOLDER}/turns.ts`,
    find: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)) + make_interval(secs => $3), updated_at',
    replace: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)), updated_at',
    expects: `${TURNS} reads go out at the rate that all processes share, a quarter of a second’s worth at once`,
  },
  {
    name: 'quiet-time-saved-up',
    file: `${FOLDER}/turns.ts`,
    find: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)) + make_interval',
    replace: 'set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4 * 10)) + make_interval',
    expects: `${TURNS} reads go out at the rate that all processes share, a quarter of a second’s worth at once`,
  },
  {
    name: 'reconciler-trusts-a-forgetful-store',
    file: `${FOLDER}/reconciling.ts`,
    find: 'if (all || since.forgotten)',
    replace: 'if (all)',
    expects: `${UPKEEP} what a store never told > in a time longer than it remembers is found the same way`,
  },
  {
    name: 'retold-from-what-was-read-before-the-lock',
    file: `${FOLDER}/retelling.ts`,
    find: 'await tx.run(lockObjects(shopOf(store), accountId));',
    replace: '',
    expects: `${UPKEEP} telling again from what is kept > while the same is applied waits for nobody for ever`,
  },
  {
    name: 'retelling-tells-twice',
    file: 'src/platform/billing/folding/folding.ts',
    find: 'applied.isRetold === true || ',
    replace: '',
    expects: `${UPKEEP} telling again from what is kept > tells nobody a second time`,
  },
  {
    name: 'bodies-in-effect-pruned',
    file: `${FOLDER}/inbox.ts`,
    find: 'and b.number < o.number',
    replace: 'and b.number <= o.number',
    expects: `${UPKEEP} what nothing hangs on any more is deleted after 90 days, and what is in effect is kept`,
  },
  {
    name: 'played-back-message-taken',
    file: 'src/platform/billing/stripe/webhook.ts',
    find: 'TOLERANCE, undefined, clock.now()',
    replace: 'TOLERANCE * 1_000, undefined, clock.now()',
    expects: `${WEBHOOK} a message > is taken for five minutes after its signing, so that nobody plays it back`,
  },
  {
    name: 'message-of-another-mode-taken',
    file: 'src/platform/billing/stripe/webhook.ts',
    find: "!event.success || event.data.livemode !== (parts.mode === 'live')",
    replace: '!event.success',
    expects: `${WEBHOOK} a message > of another mode is forged, whoever signed it`,
  },
];
