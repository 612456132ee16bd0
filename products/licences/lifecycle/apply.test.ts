import type { AccountId } from '#platform/kernel';
import { expect, test } from 'vitest';
import type { HeadRow } from '../licenses/store.ts';
import { eventsOf } from './apply.ts';
import type { StoredLicense } from './store.ts';

const day = (number: number) => new Date(Date.UTC(2027, 0, number));

const FORMER: StoredLicense = {
  account_id: '0193a000-0000-7000-8000-000000000001' as AccountId,
  id: '0193a000-0000-7000-8000-000000000002',
  tier: 'pro',
  status: 'active',
  status_reason: null,
  suspended_at: null,
  deactivated_at: null,
  period_end: day(10),
  holds_until: day(13),
  version: 1,
};
const HEAD: HeadRow = {
  id: FORMER.id,
  tier: 'pro',
  status: 'active',
  reason: null,
  seats: 10,
  machines: 30,
  features: [],
  offline_minutes: 30,
  grace_ends_at: null,
  period_end: day(10),
  file_ends_at: day(17),
  trial_ends_at: null,
  next_billing_date: day(10),
  last_renewal_at: null,
  holds_until: day(13),
  now: day(5),
};

const SUSPENDED = { status: 'suspended' as const, status_reason: 'payment' };
const ENDED = { status: 'inactive' as const, status_reason: 'ended' };
const LATER = { period_end: day(41) };

type Case = readonly [string, Partial<StoredLicense>, Partial<HeadRow>, readonly string[]];
const CASES: readonly Case[] = [
  ['stands as it did', {}, {}, []],
  ['is paid for longer', {}, LATER, ['renewed']],
  ['is paid for less than was told', {}, { period_end: day(9) }, []],
  [
    'has another plan, and is paid for longer',
    {},
    { tier: 'starter', ...LATER },
    ['tier_changed', 'renewed'],
  ],
  ['is not paid any more', {}, { status: 'suspended', reason: 'payment' }, ['suspended']],
  ['works again, for no longer than before', SUSPENDED, {}, ['reinstated']],
  ['works again because another period is paid', SUSPENDED, LATER, ['reinstated', 'renewed']],
  ['has ended', SUSPENDED, { status: 'inactive', reason: 'ended' }, ['deactivated']],
  ['is bought again', ENDED, LATER, ['revived']],
  ['is suspended as before', SUSPENDED, { status: 'suspended', reason: 'dispute', ...LATER }, []],
];

test.each(CASES)('a licence that %s', (...[, former, head, events]) => {
  expect(eventsOf({ former: { ...FORMER, ...former }, head: { ...HEAD, ...head } })).toEqual(events);
});
