import type { LostAnswer } from '#platform/product';
import { products } from '#products';

/** What it means that a living process never hears of a commit that was made, and how it is made good. */
const MEANINGS = {
  'given back':
    'the caller is told 503 and holds nothing: the process, which knows its ids, closes what there is or may still come (test/commits/answers.test.ts, server/src/platform/limits/settlement/abandon-admissions.test.ts)',
  told: 'the same is told again until the database has answered, and changes nothing the second time (src/platform/limits/again.test.ts)',
  found:
    'the worker no longer knows the job; within seconds it looks what became of it, and takes it up if it is not over; each step of it finds what is done already (test/commits/answers.test.ts)',
  keyed:
    'its answer is kept in the same commit under the Idempotency-Key, and the repeat gets it; without a key the repeat is a second one',
  same: 'the caller is told 503, and the repeat finds things as it wants them: the same state, a version that has moved on (412), or nothing left to do',
  row: 'named by an id of its sender: told again it is known already',
  again: 'due work is tried again and again: work that was done is not due',
  person:
    'the person begins anew, as after any page that did not load: what they did not hear of is worth nothing to anybody, and is over in minutes or can be seen and ended',
  count: 'a count or a lease that is seconds off, and forgotten by itself',
  start: 'the start or the operator’s task ends with a sentence, and finds it done when it begins again',
} as const satisfies Readonly<Record<LostAnswer, string>>;

const splitNames = (names: string): string[] => names.split(/\s+/).filter((name) => name !== '');

/** The commits of the platform, by what a lost answer of them means. */
const PLATFORM: Readonly<Record<keyof typeof MEANINGS, readonly string[]>> = {
  'given back': splitNames('limits.admit jobs.replay permits.delegate'),
  told: splitNames('limits.resolve limits.disown'),
  found: splitNames(`
    jobs.take jobs.retry jobs.postpone jobs.hand-over jobs.finish product.store-text

    mail.resolve mail.end mail.put-off webhooks.relay webhooks.answered limits.alerts-told limits.budget-told
    jobs.announce jobs.announced jobs.announce-anew
    erasure.export-begun erasure.export-part erasure.export-ready erasure.export-failed
    billing.drain-begun billing.claimed billing.turn-taken billing.applied billing.put-off billing.reads-held-back
    billing.ending-taken billing.ending-told billing.customer-forgotten billing.credit-asked billing.credit-taken billing.question-taken billing.question-answered
    billing.overage-counted billing.overage-taken billing.overage-sent
    billing.payout-opened billing.payout-leased billing.payout-closed billing.payout-run-ended billing.share-recovered
    billing.payout-looked billing.payee-changed billing.top-up-looked billing.top-up-begun billing.top-up-invoice billing.top-up-closed plans.move-told plans.move-passed`),
  keyed: splitNames(`
    accounts.invited accounts.organization-made accounts.team-made billing.credits-given billing.granted billing.replayed erasure.export-asked erasure.operator-export-asked
    identity.key-made identity.key-rotated identity.recovery-codes
    privacy.policies-set reports.adjusted reports.proceeds-recorded sso.domain-claimed webhooks.made webhooks.replayed webhooks.rotated webhooks.tested
    idempotency.kept billing.checkout-begun billing.checkout-asked billing.checkout-kept billing.customer-made
    billing.payouts-asked billing.ordered billing.refunded billing.invoiced ai.safety-refused billing.extension-asked product.answer-text plans.move`),
  same: splitNames(`
    billing.top-up-set billing.sale-begun billing.sale-invoice billing.sale-closed billing.payee-made billing.behalf brands.change plans.change plans.draft
    accounts.claims-withdrawn accounts.customer-archived accounts.customer-closed accounts.customer-member accounts.customers-put
    ai.provider-key-deleted ai.provider-key-saved ai.route-change accounts.audit-exported accounts.audits-exported accounts.invitation-revoked accounts.member-change accounts.member-joined
    accounts.organization-change accounts.settings-change accounts.standing accounts.team-change accounts.team-released accounts.transferred
    billing.looked billing.customer-linked billing.purchase-bound billing.overage-chosen billing.overridden billing.revoked erasure.export-downloaded erasure.operator-export-downloaded
    identity.admin-accepted identity.admin-revoked identity.closed identity.key-change identity.key-revoke identity.logout identity.mfa-reset
    identity.passkey-changed identity.passkey-removed identity.profile identity.restored identity.standing identity.totp-removed
    identity.unlinked jobs.discard limits.operator-budget limits.seat limits.seat-renewals
    privacy.settings-changed blobs.stored vectors.upserted vectors.expected vectors.deleted secrets.data-key
    sso.connection-changed sso.domain-verified sso.link-forgotten webhooks.changed webhooks.deleted`),
  row: splitNames('permits.reported billing.received billing.rows-given ai.safety-recorded'),
  again: splitNames(`
    limits.sweep jobs.recover jobs.schedules-begun jobs.scheduled jobs.prune limits.alerts-pruned limits.credits-expiring billing.notices-told limits.end-users-pruned limits.counts-pruned webhooks.pruned mail.prune
    ai.safety-pruned
    idempotency.swept rates.swept accounts.invitations-pruned identity.admin-invitations-pruned identity.guesses-pruned
    identity.sessions-pruned erasure.begun erasure.erased erasure.exports-pruned privacy.released reports.rolled reports.repaired reports.archived reports.archive-deleted
    billing.everything-marked billing.replay-marked billing.claimed-late billing.reconciled billing.retold billing.pruned
    blobs.held blobs.refused blobs.given-up blobs.swept vectors.centred vectors.recoded vectors.moved vectors.strays-deleted
    sso.domain-checked secrets.resealed secrets.retired identity.signing-key`),
  person: splitNames(`
    accounts.claim-offered portal.opened
    identity.login identity.register identity.link-asked identity.mail-sign-in-asked identity.mail-sign-in-named identity.email-confirmed identity.password-set identity.refresh
    identity.restore-asked identity.ceremony-begun identity.ceremony-used identity.mfa-answered identity.passkey-added
    identity.passkey-counted identity.stepped-up identity.sign-in-begun identity.sign-in-returned identity.named
    identity.totp-begun identity.totp-confirmed sso.admitted blobs.reserved blobs.parts`),
  count: splitNames(`
    limits.holder-renew limits.holder-end rates.taken rates.given-back identity.key-used identity.guess-taken identity.guess-given-back identity.mail-code-tried
    identity.login-refused identity.proof-refused identity.provider-refused sso.refused limits.denied limits.counted
    idempotency.claimed idempotency.given-up billing.customer-held`),
  start: splitNames(`
    limits.holder-start entitlements.sync-begun entitlements.sync-rewritten entitlements.sync-ended entitlements.terms-kept secrets.proven
    idempotency.salted owner.made owner.products-added backup.restored db.moved db.left db.reopened identity.users-imported billing.subscriptions-imported
    billing.prices-synced identity.admin-invited`),
};

/** The meaning of a lost answer for every commit of the program; products declare their own. */
export const LOST: readonly string[] = [
  ...Object.values(PLATFORM).flat(),
  ...products.flatMap(({ crashPoints }) =>
    Object.entries(crashPoints).flatMap(([point, { lost }]) => (lost === undefined ? [] : [point])),
  ),
];
