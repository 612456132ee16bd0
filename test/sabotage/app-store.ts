import type { Patch } from './patch.ts';

const FOLDER = 'src/platform/billing/providers/app-store';
const ORDERS = 'test/app-store/every-order.test.ts ::';
const PURCHASES = 'test/app-store/purchases.test.ts ::';
const QUESTIONS = 'test/app-store/refund-requests.test.ts ::';
const STORES = 'test/billing/stores.test.ts ::';
const DELIVERY = 'test/app-store/delivery.test.ts ::';

/** Purchases in the App Store. */
export const APP_STORE: readonly Patch[] = [
  {
    name: 'oldest-signature-wins',
    file: `${FOLDER}/read.ts`,
    find: 'known.signedDate < one.signedDate',
    replace: 'known.signedDate > one.signedDate',
    expects: `${ORDERS} refunded in its period > every order of what was signed says the same`,
  },
  {
    name: 'apples-grace-is-ignored',
    file: 'src/platform/billing/projection/dunning-state.ts',
    find: 'if (owed === undefined || kept === null || kept <= owed.graceEndsAt) return owed;',
    replace: 'if (owed === undefined || kept !== undefined) return owed;',
    expects: `${ORDERS} declined, in grace at the end > ends as it should`,
  },
  {
    name: 'purchase-of-another-is-claimed',
    file: 'src/platform/billing/purchases/purchases.ts',
    find: "if (read.accountId !== undefined || facts.claims !== undefined) throw new AppError('purchase_bound');",
    replace: '',
    expects: `${PURCHASES} a purchase belongs > to the account that it names, whoever brings it`,
  },
  {
    name: 'purchase-moves-without-end',
    file: 'src/platform/billing/inbox/store/objects.ts',
    find: "coalesce(greatest(c.moved_at, c.erased_at), '-infinity') < $5",
    replace: '$5::timestamptz is not null',
    expects: `${PURCHASES} a purchase goes to another account that a later one names, once a period, and takes along what was used`,
  },
  {
    name: 'used-quota-stays-behind',
    file: 'src/platform/billing/projection/projection.ts',
    find: 'await giveUsageIn(parts, tx, { ...moved, used });',
    replace: '',
    expects: `${PURCHASES} a purchase goes to another account that a later one names, once a period, and takes along what was used`,
  },
  {
    name: 'store-sandbox-grants-to-all',
    file: 'src/platform/billing/sales.ts',
    find: 'grantsSandbox: (accountId) => !takesMoney || listed.has(accountId),',
    replace: 'grantsSandbox: (accountId) => takesMoney || listed.has(accountId),',
    expects: `${PURCHASES} what is bought in Apple’s sandbox is granted to listed accounts alone, beside what is paid`,
  },
  {
    name: 'reversed-refund-stays',
    file: 'src/platform/billing/projection/write-rows.ts',
    find: 'if (facts.sales !== undefined) writing.push(deleteOtherRefunds(applied, facts.sales));',
    replace: '',
    expects: `${PURCHASES} an add-on is granted once, and taken back with its money`,
  },
  {
    name: 'known-purchases-not-read',
    file: 'src/platform/billing/inbox/events/reconcile.ts',
    find: 'if (provider.listsNothing === true) objects += await requestKnown(parts, providerMode);',
    replace: '',
    expects: `${DELIVERY} what was never told, and is no longer listed, is found where everything is read`,
  },
  {
    name: 'apple-answered-without-consent',
    file: 'src/platform/config/app-store.ts',
    find: 'return consent ? { refundPreference: preference && PREFERENCES[preference] } : undefined;',
    replace: "return { refundPreference: PREFERENCES[preference ?? (consent ? 'decline' : 'grant_full')] };",
    expects: `${PURCHASES} where customers have not agreed to it, Apple gets no answer to how a purchase was used`,
  },
  {
    name: 'undelivered-purchase-said-delivered',
    file: `${FOLDER}/questions.ts`,
    find: "isDelivered ? 'DELIVERED' : 'UNDELIVERED_OTHER'",
    replace: "isDelivered ? 'DELIVERED' : 'DELIVERED'",
    expects: `${QUESTIONS} Apple is answered that asks how a purchase was used: > what is nobody’s here was not delivered, and should be given back`,
  },
  {
    name: 'apple-answered-too-late',
    file: 'src/platform/billing/purchases/answering.ts',
    find: 'i.answer_by <= app.now() as is_late',
    replace: "i.answer_by <= app.now() - interval '1 year' as is_late",
    expects: `${QUESTIONS} Apple is answered that asks how a purchase was used: > not after its twelve hours`,
  },
  {
    name: 'queued-add-on-said-used',
    file: 'src/platform/entitlements/timeline.ts',
    find: 'const span = spansOf(grants).find(({ grant }) => grant.id === id && grant.addOn !== null);',
    replace:
      'const span = spansOf(grants.filter((grant) => grant.id === id)).find(({ grant }) => grant.addOn !== null);',
    expects: `${QUESTIONS} Apple is answered that asks how a purchase was used: > of an add-on so many of its days are over, and of one that has not begun none`,
  },
  {
    name: 'subscription-extended-by-two',
    file: 'src/platform/billing/purchases/extending.ts',
    find: 'if ((await tx.run(lease(accountId, row.id))).length === 0)',
    replace: 'if ((await tx.run(lease(accountId, row.id))).length < 0)',
    expects: `${STORES} a platform admin extends > what is bought at the app_store once, if two ask for it at once, or one dies when it was done`,
  },
];
