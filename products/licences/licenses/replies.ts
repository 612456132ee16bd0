import { namedObject } from 'plinth/product';
import { z } from 'zod';
import type { LicenseRow } from './store.ts';

const instant = z.iso.datetime();

export const STATUSES = ['active', 'suspended', 'inactive'] as const;

const fields = {
  id: z.uuid(),
  license_key: z.string().nullable().describe('For owners and admins of the account; else null.'),
  key_hint: z.string().describe('The end of the key, to tell keys apart by.'),
  status: z.enum(STATUSES),
  status_reason: z
    .string()
    .nullable()
    .describe('Why it is not active: `payment`, `dispute`, `pause`, `ended`, `account`, `admin`.'),
  tier: z.string().describe('The plan; of a licence that has ended, the last one.'),
  features: z.array(z.string()).describe('Options of the plan that are granted.'),
  max_seats: z.int(),
  current_seats_used: z.int(),
  seats_left: z.int(),
  max_machines: z.int(),
  machines_used: z.int(),
  offline_minutes: z.int().describe('The longest that a session may work offline.'),
  issued_at: instant,
  activated_at: instant.nullable().describe('By the first machine.'),
  suspended_at: instant.nullable(),
  deactivated_at: instant.nullable(),
  last_renewal_at: instant.nullable(),
  next_billing_date: instant.nullable(),
  expires_at: instant
    .nullable()
    .describe(
      'The end of what is paid for, or tried; null: nothing ends it. Past it the licence works until `grace_period_ends_at` where a payment failed.',
    ),
  trial_ends_at: instant.nullable(),
  grace_period_ends_at: instant
    .nullable()
    .describe('Until when it works although a payment failed; null: none did.'),
} as const;

export const licenseReply = namedObject('License', fields);

export const statusReply = namedObject('LicenseStatus', {
  license_id: z.uuid(),
  status: z.enum(STATUSES),
  status_reason: fields.status_reason,
  tier: z.string(),
  max_seats: z.int(),
  current_seats_used: z.int(),
  expires_at: fields.expires_at,
  grace_period_ends_at: fields.grace_period_ends_at,
  suspended_at: fields.suspended_at,
  deactivated_at: fields.deactivated_at,
});

/** Read the status of a licence by its key. */
export function shownStatus(row: LicenseRow): z.input<typeof statusReply> {
  const { id, status, status_reason, tier, max_seats, current_seats_used, expires_at } = shownLicense(
    row,
    null,
  );
  return {
    license_id: id,
    status,
    status_reason,
    tier,
    max_seats,
    current_seats_used,
    expires_at,
    grace_period_ends_at: iso(row.grace_ends_at),
    suspended_at: iso(row.suspended_at),
    deactivated_at: iso(row.deactivated_at),
  };
}

export const validityReply = namedObject('LicenseValidity', {
  valid: z.boolean(),
  status: z.enum([...STATUSES, 'unknown']),
  tier: z.string().nullable(),
  expires_at: instant.nullable(),
  max_seats: z.int().nullable(),
});

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** A licence as JSON; `key` for those who may see it. */
export function shownLicense(row: LicenseRow, key: string | null): z.input<typeof licenseReply> {
  return {
    id: row.id,
    license_key: key,
    key_hint: row.key_tail,
    status: row.status,
    status_reason: row.reason,
    tier: row.tier,
    features: [...row.features],
    max_seats: row.seats,
    current_seats_used: row.seats_used,
    seats_left: Math.max(0, row.seats - row.seats_used),
    max_machines: row.machines,
    machines_used: row.machines_used,
    offline_minutes: row.offline_minutes,
    issued_at: row.issued_at.toISOString(),
    activated_at: iso(row.activated_at),
    suspended_at: iso(row.suspended_at),
    deactivated_at: iso(row.deactivated_at),
    last_renewal_at: iso(row.last_renewal_at),
    next_billing_date: iso(row.next_billing_date),
    expires_at: iso(row.period_end),
    trial_ends_at: iso(row.trial_ends_at),
    grace_period_ends_at: iso(row.grace_ends_at),
  };
}
