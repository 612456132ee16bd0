import type { Patch } from './patch.ts';

const PLAY = 'src/platform/billing/providers/google-play';
const APP = 'test/billing/google-play/app.test.ts ::';
const REFUSED = 'test/billing/google-play/refused.test.ts ::';
const MOVES = 'test/billing/google-play/moves.test.ts ::';
const ADD_ONS = 'test/billing/google-play/add-ons.test.ts ::';
const CHANGES =
  'test/billing/plan-changes.test.ts :: at Google Play, where another purchase takes its place, >';
const HISTORIES = 'test/billing/google-play/histories.test.ts ::';

/** Purchases of an Android app. */
export const GOOGLE_PLAY: readonly Patch[] = [
  {
    name: 'play-push-from-anybody',
    file: `${PLAY}/verify.ts`,
    find: 'signedBy.email !== push.email',
    replace: 'signedBy.email === undefined',
    expects: `${APP} a push is refused, and nothing is kept of it, > of another service account`,
  },
  {
    name: 'play-push-of-any-app',
    file: `${PLAY}/verify.ts`,
    find: 'if (told === undefined || told.packageName !== packageName) return undefined;',
    replace: 'if (told === undefined || packageName === undefined) return undefined;',
    expects: `${APP} a push is refused, and nothing is kept of it, > of another app`,
  },
  {
    name: 'play-purchase-outlives-its-replacement',
    file: 'src/platform/billing/projection/dunning-state.ts',
    find: '(replaces === store_id ? starts_at : null)',
    replace: '(replaces === starts_at.toISOString() ? starts_at : null)',
    expects: `${HISTORIES} what is downgraded while the end of the old purchase is not told is had in the new plan`,
  },
  {
    name: 'play-change-mailed-as-an-end',
    file: 'src/platform/billing/projection/notifications/notifications.ts',
    find: 'const isNews = !isReplaced && now.getTime()',
    replace: 'const isNews = now.getTime()',
    expects:
      'src/platform/billing/projection/notifications/notifications.test.ts :: notices > are of a change where another purchase took the place of one, and of its end where that was over before',
  },
  {
    name: 'play-replaced-believed-ended',
    file: 'src/platform/billing/projection/notifications/notify.ts',
    find: 'subscription?.isReplaced === true && notice',
    replace: 'subscription?.isReplaced === undefined && notice',
    expects: `${CHANGES} the end first: > what was active is changed`,
  },
  {
    name: 'play-replaced-after-a-cancel-ended',
    file: `${PLAY}/read.ts`,
    find: 'return last?.payment.refunds.length === 0 && paidUntil',
    replace: 'return last === undefined && paidUntil',
    expects: `${CHANGES} the end first: > what was canceled is changed`,
  },
  {
    name: 'change-in-place-untold',
    file: 'src/platform/billing/projection/notifications/notify.ts',
    find: '    ...planChangedIn(applied, before, { records, now }),\n',
    replace: '',
    expects:
      'test/billing/plan-changes.test.ts :: at Stripe a change at once, and one of a schedule, are changes',
  },
  {
    name: 'play-cancellation-ends-at-once',
    file: `${PLAY}/read.ts`,
    find: "SUBSCRIPTION_STATE_CANCELED: 'active'",
    replace: "SUBSCRIPTION_STATE_CANCELED: 'expired'",
    expects: `${HISTORIES} what is canceled, and had until it expires is had as long as it should be, in whatever order it is heard of`,
  },
  {
    name: 'play-purchase-unacknowledged',
    file: 'src/platform/billing/purchases/acknowledging.ts',
    find: 'await provider.purchases?.acknowledge?.(ref);',
    replace: '',
    expects: `${APP} a plan that is bought in the app opens its gate by the notification alone, and is acknowledged`,
  },
  {
    name: 'play-silence-believed',
    file: 'src/platform/billing/inbox/events/reconcile.ts',
    find: 'provider.overdue?.() ?? []',
    replace: '[]',
    expects: `${APP} what was never told is found: a renewal, a cancellation, and money that went back`,
  },
  {
    name: 'paid-twice-unsaid',
    file: 'src/platform/billing/projection/projection.ts',
    find: "if (applied.ref.kind === 'subscription') await notifyPaidTwiceIn(parts, tx, applied.accountId);",
    replace: '',
    expects: `${APP} what is paid for at two providers is had in the better plan, both are shown, and the customer is told once`,
  },
  {
    name: 'play-refused-key-cuts-a-chain',
    file: `${PLAY}/fetch.ts`,
    find: 'if (statusOf(error) === undefined || isKeyRefused(error)) throw error;',
    replace: 'if (statusOf(error) === undefined) throw error;',
    expects: `${REFUSED} in the middle of purchases that took each other’s place > one that is answered with 403 says nothing of the purchase: all is read again`,
  },
  {
    name: 'play-orders-unlooked-at',
    file: `${PLAY}/setup-check.ts`,
    find: "if (error.details?.['code'] === 'key_refused') return 'not let in';",
    replace: "if (error.details?.['code'] === 'key_refused') return 'let in';",
    expects: `${REFUSED} doctor says of Google Play > that orders are not shown to it, and what follows`,
  },
  {
    name: 'play-add-on-unconsumed',
    file: `${PLAY}/changes.ts`,
    find: "details?.consumptionState === 'CONSUMPTION_STATE_YET_TO_BE_CONSUMED'",
    replace: "details?.consumptionState === 'CONSUMPTION_STATE_UNSPECIFIED'",
    expects: `${ADD_ONS} an add-on that is bought once at Google Play > is had by the notification alone, in the books, consumed, and kept`,
  },
  {
    name: 'play-voided-add-on-unread',
    file: `${PLAY}/provider.ts`,
    find: "once.has(one.purchaseToken) ? 'payment' : 'subscription'",
    replace: "once.has(one.purchaseToken) ? 'subscription' : 'subscription'",
    expects: `${ADD_ONS} an add-on that is bought once at Google Play > is gone with its money, and only then; a refund that was never told is found`,
  },
  {
    name: 'play-purchase-in-another-name-is-a-new-one',
    file: `${PLAY}/read.ts`,
    find: 'customer: earliest?.token ?? token,',
    replace: 'customer: token,',
    expects: `${MOVES} a purchase that takes the place of another account’s takes along what was used, and all that was paid`,
  },
  {
    name: 'play-older-purchase-takes-all-back',
    file: 'src/platform/billing/inbox/store/objects.ts',
    find: 's.starts_at > $9)',
    replace: "s.starts_at > $9::timestamptz + interval '100 years')",
    expects: `${MOVES} the account that the newest names has it, heard of in the order 2, 1, 0`,
  },
  {
    name: 'nul-in-a-message',
    file: 'src/platform/billing/inbox/events/receive-event.ts',
    find: 'return isKeepable(event) ? event : undefined;',
    replace: 'return isKeepable(event) ? event : event;',
    expects: `${APP} a push is refused, and nothing is kept of it, > without a token, with half of one, and with nonsense`,
  },
  {
    name: 'usage-stays-where-the-plan-has-ended',
    file: 'src/platform/limits/carry-usage.ts',
    find: '[...held, ...counted]',
    replace: '[...held, ...counted.slice(0, 0)]',
    expects: `${MOVES} what was used goes along although the end of the former purchase is heard of first`,
  },
];
