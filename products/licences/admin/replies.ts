import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { licenseReply, shownLicense } from '../licenses/replies.ts';
import type { FoundLicense } from './store.ts';

export const foundLicenseReply = namedObject('AdminLicense', {
  ...licenseReply.omit({ license_key: true }).shape,
  account_id: z.uuid(),
  organization: z.string().describe('What the account is called.'),
  seats_by_admin: z.int().nullable().describe('In place of the plan’s; null: those of the plan.'),
  version: z.int().describe('For If-Match.'),
});

/** A licence as JSON for an operator, who has no use for its key. */
export function shownFound(row: FoundLicense): z.input<typeof foundLicenseReply> {
  const { license_key: _, ...license } = shownLicense(row, null);
  const { account_id, organization, seats_by_admin, version } = row;
  return { ...license, account_id, organization, seats_by_admin, version };
}
