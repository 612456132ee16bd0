import type { CrashPoint } from '#platform/product';
import { products } from '#products';
import { SHARING } from './sharing.ts';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const IMPORT =
  'one commit for its lines: begun again, an import finds what is in (test/import/program.test.ts kills it half-way)';
const CREDIT =
  'one commit beside a store that knows what it did: test/selling/refunded-credit.test.ts ends runs there';
const ENDING =
  'one commit before or after a store is asked, which may be asked twice: test/billing/closing.test.ts ends runs at each';
const FETCHED =
  'one commit each: a fetch that is cut short between them is begun anew when its lease is over (nodes.test.ts of the inbox)';
const OVERAGE =
  'what there is to report is read from rows, under one identifier: test/billing/overage.test.ts kills each step at both ends';
const SOLD = 'asked again it is the same at the store: test/selling/checkout.test.ts ends calls at it';
const FOUND =
  'who had the store do it; repeated with its key it is found there (refunds.test.ts and invoiced.test.ts of test/selling end calls at it)';
const MOVED =
  'one commit in each database, of which the second only marks: test/process/moving.test.ts kills moves before and after';
const MOVED_TERMS =
  'one commit of a piece, which says how far it is: moves.test.ts of the plans kills runs before and after it';
const STEPS =
  'the next call with the key takes over: test/selling/checkout.test.ts ends calls before and after it, idempotency.test.ts leaves it held';
const ASKED =
  'one commit before or after a store is answered, which may be done twice: test/app-store/refund-requests.test.ts ends runs at each';
const LIVES =
  'test/blobs/crashes.test.ts kills each life of a file before and after it: nothing stays charged, and no bytes';
const VECTORS =
  'server/src/platform/work/vectors/vectors.test.ts kills an upsert, a deletion and a run of centring: all of it or nothing, and the next run goes on';
const POINTS =
  'server/src/platform/work/vectors/homes.test.ts kills an upsert and a move at a store outside: all of it or nothing, and the next run deletes what is left there';
const AGAIN = 'one delete that is due again and again: what it left undone the next one does';

/** Points of a module that are one commit each. */
const allOf = (module: string, names: string): Record<string, CrashPoint> =>
  Object.fromEntries(names.split(' ').map((name) => [`${module}.${name}`, { because: ONE_COMMIT }]));

/** The crash points of the platform. */
const PLATFORM: Readonly<Record<string, CrashPoint>> = {
  'limits.admit': {
    walks: ['a create', 'a create whose customer does not come back', 'a chat call with an Idempotency-Key'],
    afterAlone: true,
  },
  'product.answer-text': { because: ONE_COMMIT },
  'product.store-text': { because: 'one commit, which ends the job: until then its job runs again' },
  'jobs.take': { walks: ['a create that waits for a worker', 'a create that QStash delivers'] },
  'jobs.announce': { walks: ['a create that QStash delivers'] },
  'jobs.publish': { walks: ['a create that QStash delivers'], afterAlone: true },
  'jobs.announced': { walks: ['a create that QStash delivers'] },
  ...allOf('ai', 'provider-key-saved provider-key-deleted'),
  ...allOf(
    'accounts',
    'claim-offered claims-withdrawn customer-archived customer-closed customer-member customers-put',
  ),
  'billing.behalf': { because: ONE_COMMIT },
  'brands.change': { because: ONE_COMMIT },
  'portal.opened': { because: ONE_COMMIT },
  'plans.change': { because: ONE_COMMIT },
  'plans.draft': { because: ONE_COMMIT },
  'plans.move': { because: ONE_COMMIT },
  'plans.move-told': { because: MOVED_TERMS },
  'plans.move-passed': { because: MOVED_TERMS },
  'ai.safety-recorded': {
    because:
      'one row that nothing waits for: what a process that is killed had not written is lost (docs/safety.md)',
  },
  'ai.safety-pruned': { because: AGAIN },
  'ai.route-change': { because: ONE_COMMIT },
  'ai.safety-refused': {
    because:
      'one commit before anything was called: before it the permit is closed by the sweeper and voided, after it the answer is kept for the repeat',
  },
  'ai.dispatch': {
    walks: ['a create', 'a chat call with an Idempotency-Key', 'a streamed chat call'],
    afterAlone: true,
  },
  'ai.answer': { walks: ['a create', 'a chat call', 'a streamed chat call'] },
  'jobs.retry': { walks: ['a create that fails at a provider which asks to come back later'] },
  'jobs.postpone': { walks: ['a create for which the provider has no room'] },
  'jobs.recover': { walks: ['a create whose worker died'], afterAlone: true },
  'limits.resolve': {
    walks: ['a create at whose first call the provider fails', 'a chat call', 'a streamed chat call'],
  },
  'limits.disown': {
    because:
      'one commit, told until it is made; of a process that is killed before it, its lease ends and a sweep closes what there is',
  },
  'permits.delegate': {
    walks: ['a permit over HTTP', 'a permit over HTTP whose backend does not come back'],
    afterAlone: true,
  },
  'permits.reported': { because: ONE_COMMIT },
  'identity.users-imported': { because: IMPORT },
  'billing.subscriptions-imported': { because: IMPORT },
  'billing.ending-taken': { because: ENDING },
  'billing.ending-told': { because: ENDING },
  'billing.customer-forgotten': { because: ENDING },
  'billing.credit-asked': { because: CREDIT },
  'billing.credit-taken': { because: CREDIT },
  'limits.sweep': { walks: ['a chat call whose process died'], afterAlone: true },
  'limits.holder-renew': { walks: ['a create whose provider keeps silent'], afterAlone: true },
  'limits.holder-end': { walks: ['a create before the process stops'], afterAlone: true },
  'rates.taken': { walks: ['a create'], afterAlone: true },
  'rates.given-back': {
    because:
      'one commit, told once: calls not counted off are lost until its minute is over (rates.leased.test.ts kills processes)',
  },
  'identity.key-used': { walks: ['a create'], afterAlone: true },
  'limits.holder-start': { walks: ['a first start'], afterAlone: true },
  'entitlements.sync-begun': { walks: ['a first start'], afterAlone: true },
  'entitlements.sync-rewritten': { walks: ['a start with other plans than before'] },
  'entitlements.terms-kept': { because: ONE_COMMIT },
  'entitlements.sync-ended': { walks: ['a first start'], afterAlone: true },
  'secrets.proven': { walks: ['a first start'] },
  'secrets.resealed': {
    because: 'a batch of rows, each whole under one key or the other: resealing.test.ts kills it between two',
  },
  'secrets.data-key': { because: ONE_COMMIT },
  'secrets.retired': {
    because: 'names of keys under which nothing is sealed: the next resealing forgets them',
  },
  'identity.signing-key': { walks: ['a first start'], afterAlone: true },
  'owner.made': { walks: ['a first start'] },
  'owner.products-added': { because: 'one commit: the next start gives the plans that are missing' },
  'backup.restored': { because: ONE_COMMIT },
  'db.moved': { because: MOVED },
  'db.left': { because: MOVED },
  'db.reopened': { because: ONE_COMMIT },

  'jobs.schedules-begun': { walks: ['a first start'], afterAlone: true },
  'jobs.scheduled': { walks: ['a start after hours in which nobody was there'], afterAlone: true },
  'jobs.prune': { walks: ['a start after hours in which nobody was there'], afterAlone: true },
  'jobs.finish': { walks: ['a start after hours in which nobody was there'], afterAlone: true },

  'mail.resolve': { walks: ['a registration'] },
  'mail.dispatch': { walks: ['a registration'], afterAlone: true },
  'mail.end': { walks: ['a registration'] },
  'limits.alerts-told': { walks: ['a start with an alert that nobody has told'], afterAlone: true },
  'webhooks.relay': { walks: ['a start with an alert that nobody has told'], afterAlone: true },
  'webhooks.dispatch': { walks: ['a start with an alert that nobody has told'], afterAlone: true },
  'webhooks.answered': { walks: ['a start with an alert that nobody has told'] },
  'limits.budget-told': {
    because: 'one commit, of the mark, the event and the mails: what it left undone the next look does',
  },
  'limits.denied': { because: 'one commit, of an event that comes again with the next denial' },
  'blobs.reserved': { because: LIVES },
  'blobs.held': { because: 'one commit, which comes again a minute later' },
  'blobs.parts': { because: LIVES },
  'blobs.stored': { because: LIVES },
  'blobs.refused': { because: LIVES },
  'blobs.given-up': { because: LIVES },
  'blobs.swept': { because: LIVES },
  'vectors.upserted': { because: VECTORS },
  'vectors.deleted': { because: VECTORS },
  'vectors.centred': { because: VECTORS },
  'vectors.recoded': { because: VECTORS },
  'vectors.expected': { because: POINTS },
  'vectors.moved': { because: POINTS },
  'vectors.strays-deleted': { because: AGAIN },
  'limits.alerts-pruned': { because: AGAIN },
  'limits.end-users-pruned': { because: AGAIN },
  'limits.credits-expiring': {
    because: 'one commit, of the marks and the events: the next run finds the rest',
  },
  'billing.notices-told': {
    because: 'one commit, of the notices and their mails and events: the next run finds the rest',
  },
  'limits.counts-pruned': { because: AGAIN },
  'limits.counted': { because: ONE_COMMIT },
  ...allOf('webhooks', 'made changed rotated deleted tested replayed'),
  'webhooks.pruned': { because: AGAIN },
  'mail.put-off': { because: 'one commit, of the delay and of the job that tries again' },
  'mail.prune': {
    because: 'one delete, after the files of these mails: pruning.test.ts kills it at both ends',
  },

  'jobs.hand-over': {
    because:
      'one commit; a process killed before it has not handed over, and its jobs are recovered as those of any dead one',
  },
  'jobs.replay': {
    because:
      'one commit, after an admission whose permit is voided within a minute when no job comes to own it',
  },
  'jobs.discard': { because: ONE_COMMIT },
  'jobs.announce-anew': {
    because: 'one commit; without it the announcement counts as lost after five minutes',
  },
  'idempotency.swept': { because: AGAIN },
  'idempotency.salted': { walks: ['a first start'], afterAlone: true },
  'idempotency.claimed': { because: STEPS },
  'idempotency.kept': { because: STEPS },
  'idempotency.given-up': {
    because: 'one commit; without it the key is held for its minute, after which the next try takes it over',
  },
  'rates.swept': { because: AGAIN },
  'accounts.audit-exported': { because: ONE_COMMIT },
  'accounts.audits-exported': { because: ONE_COMMIT },
  'accounts.standing': { because: ONE_COMMIT },
  'erasure.begun': {
    because:
      'one commit, after which somebody is still due; interrupted.test.ts of test/erasure ends runs here',
  },
  'erasure.erased': {
    because:
      'one commit erases all rows of one; interrupted.test.ts of test/erasure ends runs before and after it',
  },
  'erasure.export-asked': { because: 'one commit, of the export and of the job that makes it' },
  'erasure.export-begun': { because: 'an attempt that dies leaves parts that the next one deletes' },
  'erasure.export-part': {
    because: 'the next attempt begins anew; an export that is not ready is not shown',
  },
  'erasure.export-ready': { because: 'one commit, with its mail; a job that runs again finds it ready' },
  'erasure.export-failed': { because: ONE_COMMIT },
  'erasure.export-downloaded': { because: ONE_COMMIT },
  'erasure.operator-export-asked': { because: 'one commit, of the export and of the job that makes it' },
  'erasure.operator-export-downloaded': { because: ONE_COMMIT },
  'erasure.exports-pruned': { because: AGAIN },
  'identity.closed': { because: 'one commit, with the mail that offers the undo and its job' },
  'identity.admin-invited': { because: ONE_COMMIT },
  'identity.admin-accepted': { because: ONE_COMMIT },
  'identity.admin-revoked': { because: ONE_COMMIT },
  'identity.admin-invitations-pruned': { because: AGAIN },
  'identity.restored': { because: ONE_COMMIT },
  'identity.restore-asked': { because: ONE_COMMIT },
  'accounts.invitation-revoked': { because: ONE_COMMIT },
  'accounts.invitations-pruned': { because: AGAIN },
  'accounts.invited': {
    because: 'one commit with the mail and its job; an inviter who heard nothing finds the invitation there',
  },
  ...allOf('accounts', 'member-change member-joined organization-change organization-made'),
  'accounts.settings-change': { because: ONE_COMMIT },
  'accounts.team-change': { because: ONE_COMMIT },
  'accounts.team-made': { because: ONE_COMMIT },
  'accounts.team-released': {
    because: 'the next call that deletes the team goes on (products/memory/test/leaving.test.ts)',
  },
  'accounts.transferred': { because: ONE_COMMIT },
  'sso.admitted': {
    because:
      'one commit: the person is linked, a member and has a code, or nothing of it; a code that reached nobody is over in a minute',
  },
  'sso.connection-changed': { because: ONE_COMMIT },
  'sso.domain-checked': {
    because: 'one commit for each domain; those that were left out are due at the next look',
  },
  'sso.domain-claimed': { because: ONE_COMMIT },
  'sso.domain-verified': { because: ONE_COMMIT },
  'sso.link-forgotten': { because: ONE_COMMIT },
  'sso.refused': { because: ONE_COMMIT },
  'billing.credits-given': { because: ONE_COMMIT },
  ...allOf('billing', 'customer-linked rows-given'),
  'billing.received': { walks: ['a purchase that Stripe tells of'] },
  'billing.drain-begun': { walks: ['a purchase that Stripe tells of'], afterAlone: true },
  'billing.claimed': { walks: ['a purchase that Stripe tells of'], afterAlone: true },
  'billing.turn-taken': { walks: ['a purchase that Stripe tells of'], afterAlone: true },
  'billing.reads-held-back': { because: 'one commit; without it the store asks for peace again' },
  'billing.applied': { walks: ['a purchase that Stripe tells of'] },
  'billing.put-off': { because: FETCHED },
  'billing.replayed': { because: ONE_COMMIT },
  'billing.replay-marked': { because: 'one commit for each object; asked again, they are looked at again' },
  'billing.claimed-late': {
    because: 'one commit for each customer; the next run finds those that were left',
  },
  'billing.everything-marked': { because: 'one commit for each object; a run that is cut short begins anew' },
  'billing.reconciled': { because: 'one commit; without it the same time is looked at again' },
  'billing.retold': {
    because: 'one commit for each account: upkeep.test.ts tells while the same is applied, and again',
  },
  'billing.pruned': { because: AGAIN },
  'billing.granted': { because: ONE_COMMIT },
  'billing.checkout-begun': { because: SOLD },
  'billing.checkout-asked': { because: SOLD },
  'billing.checkout-kept': { because: SOLD },
  'billing.customer-made': { because: SOLD },
  'billing.change': { because: SOLD },
  'billing.customer-held': { because: 'a lease, which runs out (test/selling/at-once.test.ts)' },
  'billing.google-change': {
    because:
      'a purchase that is acknowledged, or does not renew any more: what there is to do is read from rows until Google says that it is so',
  },
  'billing.app-store-change': {
    because:
      'an account that the store names from now on; it is bound here by then, and named again by the next call that brings it. An answer to the store, which is given again (test/app-store/refund-requests.test.ts)',
  },
  'billing.extension-asked': {
    because:
      'who asks, and that nobody else does meanwhile; asked again for the same date, the store adds nothing (test/billing/stores.test.ts)',
  },
  'billing.question-taken': { because: ASKED },
  'billing.question-answered': { because: ASKED },
  'billing.purchase-bound': { because: 'one commit; brought again, the purchase is the account’s already' },
  'billing.ordered': {
    because:
      'who asked for a change that the store has made; what came of it is told by the store in any case',
  },
  'billing.refunded': { because: FOUND },
  'billing.invoiced': { because: FOUND },
  'billing.looked': { because: 'one commit; the store itself tells of the same object too' },
  'billing.prices-synced': { because: 'one commit; begun again, a sync finds what is there (sync.test.ts)' },
  'billing.overage-chosen': { because: ONE_COMMIT },
  'billing.overage-counted': { because: OVERAGE },
  'billing.overage-taken': { because: OVERAGE },
  'billing.overage-sent': { because: OVERAGE },
  'billing.overridden': { because: ONE_COMMIT },
  'billing.revoked': { because: ONE_COMMIT },
  ...SHARING,
  'identity.key-made': { because: ONE_COMMIT },
  'identity.key-rotated': { because: ONE_COMMIT },
  'limits.operator-budget': { because: ONE_COMMIT },
  'privacy.released': {
    because: 'one commit: operator/privacy/releases.test.ts ends a run before and after it',
  },
  'privacy.policies-set': { because: ONE_COMMIT },
  'privacy.settings-changed': { because: ONE_COMMIT },
  'reports.adjusted': { because: ONE_COMMIT },
  'reports.proceeds-recorded': { because: ONE_COMMIT },
  'reports.repaired': { because: ONE_COMMIT },
  'reports.archived': { because: ONE_COMMIT },
  'reports.archive-deleted': { because: AGAIN },
  'reports.rolled': {
    because:
      'one commit takes rows out of the queue and adds them to the sums; rollup.test.ts ends runs half-way',
  },
  'limits.seat': { because: ONE_COMMIT },
  'limits.seat-renewals': {
    because: 'one statement renews what it renews; who was not answered does so again, within the lease',
  },
  'identity.key-change': { because: ONE_COMMIT },
  'identity.key-revoke': { because: ONE_COMMIT },
  'identity.login': { because: ONE_COMMIT },
  'identity.login-refused': { because: ONE_COMMIT },
  'identity.logout': { because: ONE_COMMIT },
  'identity.guess-taken': {
    because: 'one commit of counts; a caller killed after it has one guess less, for minutes',
  },
  'identity.guess-given-back': {
    because: 'one commit of counts; a guess that is not given back is forgotten by itself',
  },
  'identity.guesses-pruned': { because: AGAIN },
  'identity.sessions-pruned': { because: AGAIN },
  'identity.profile': { because: ONE_COMMIT },
  'identity.refresh': {
    because: 'one commit; a client that never got the new token has ten seconds of grace',
  },
  'identity.register': { because: ONE_COMMIT },
  'identity.link-asked': { because: ONE_COMMIT },
  'identity.mail-sign-in-asked': { because: ONE_COMMIT },
  'identity.mail-code-tried': {
    because: 'one commit of a count; a caller killed after it has one try less',
  },
  'identity.mail-sign-in-named': {
    because:
      'one commit; the mail is used up by the session alone, so that its code still lets the same user in',
  },
  'identity.email-confirmed': { because: ONE_COMMIT },
  'identity.password-set': { because: ONE_COMMIT },
  'identity.proof-refused': { because: ONE_COMMIT },
  'identity.standing': { because: ONE_COMMIT },
  'identity.ceremony-begun': { because: ONE_COMMIT },
  'identity.ceremony-used': {
    because: 'one commit; a user whose call dies behind it asks their authenticator anew',
  },
  'identity.mfa-answered': { because: ONE_COMMIT },
  'identity.mfa-reset': { because: ONE_COMMIT },
  'identity.passkey-added': {
    because: 'one commit; a user who did not hear of their recovery codes makes new ones',
  },
  'identity.passkey-changed': { because: ONE_COMMIT },
  'identity.passkey-counted': { because: 'one commit; without a session behind it the user asks anew' },
  'identity.passkey-removed': { because: ONE_COMMIT },
  'identity.recovery-codes': {
    because: 'one commit; a user who did not hear of the new codes makes others',
  },
  'identity.stepped-up': { because: ONE_COMMIT },
  'identity.sign-in-begun': { because: 'one commit; a browser that was not sent on begins anew' },
  'identity.sign-in-returned': {
    because: 'one commit; a user who returns as the process dies begins at the provider anew',
  },
  'identity.named': {
    because:
      'one commit of user, link, mail and code; a person who did not hear of the code signs in anew, as the same user',
  },
  'identity.provider-refused': { because: ONE_COMMIT },
  'identity.unlinked': { because: ONE_COMMIT },
  'identity.totp-begun': { because: ONE_COMMIT },
  'identity.totp-confirmed': {
    because: 'one commit; a user who did not hear of their recovery codes makes new ones',
  },
  'identity.totp-removed': { because: ONE_COMMIT },
};

/** Every crash point of the program; products say theirs. A point that is not here fails the test, and so does one that no walk reaches. */
export const PLACES: Readonly<Record<string, CrashPoint>> = Object.assign(
  {},
  PLATFORM,
  ...products.map(({ crashPoints }) => crashPoints),
) as Readonly<Record<string, CrashPoint>>;
