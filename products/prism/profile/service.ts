import {
  type AccountId,
  AppError,
  type Caller,
  commitPoint,
  localeIn,
  type Origin,
  type ProductContext,
} from 'plinth/product';
import { beginProfile, changeProfile, type ProfileChange, type ProfileRow, readProfile } from './store.ts';

const CHANGE = commitPoint('prism.profile-change', 'a changed profile, the time zone, and who changed it');

/** The profile of a person who has not said anything of themselves yet. */
const NOTHING_SAID: ProfileRow = {
  display_name: null,
  locale: null,
  pronouns: null,
  focus_areas: [],
  insights: true,
  research: false,
  news: false,
  version: 1,
};
const CONSENTS = ['insights', 'research', 'news'] as const;

export interface Profile extends ProfileRow {
  /** The account's time zone: by it limits and days are counted. */
  readonly time_zone: string;
}

export interface WhoseProfile {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
  /** The version that was read, if one is said. */
  readonly version: number | undefined;
}

/** Profiles of people, in their own words. */
export function createProfiles({ db, accounts, activity }: ProductContext) {
  async function read(accountId: AccountId): Promise<Profile> {
    const [[[profile = NOTHING_SAID]], { time_zone }] = await Promise.all([
      db.tenant(accountId, [readProfile(accountId)]),
      accounts.settings.get(accountId),
    ]);
    return { ...profile, time_zone };
  }

  /** Changes what is said, in one commit with the account's time zone. Of several who change the same version, one wins. */
  async function change(
    whose: WhoseProfile,
    { time_zone: zone, ...changes }: ProfileChange & { readonly time_zone?: string | undefined },
  ): Promise<Profile> {
    const { accountId, caller, origin, version } = whose;
    const [profile, moved] = await db.tenant(accountId, CHANGE, async (tx) => {
      const [, [before]] = await tx.runAll([beginProfile(accountId, caller.userId), readProfile(accountId)]);
      const [changed] = await tx.run(changeProfile({ accountId, version }, changes));
      if (changed === undefined) throw new AppError('precondition_failed');
      const consents = consentsChanged(before ?? NOTHING_SAID, changed);
      if (consents !== undefined) {
        const target = { kind: 'profile', id: accountId };
        await activity.recordIn(tx, {
          accountId,
          caller,
          origin,
          action: 'consented',
          target,
          changes: consents,
        });
      }
      if (zone === undefined) return [changed, undefined];
      return [changed, await accounts.settings.changeTimeZoneIn(tx, { accountId, caller, origin }, zone)];
    });
    return { ...profile, time_zone: (moved ?? (await accounts.settings.get(accountId))).time_zone };
  }

  /** Where a person is, for helplines: as far as they have said, and by their time zone where that names no country. */
  async function localeOf(accountId: AccountId | undefined): Promise<string | undefined> {
    if (accountId === undefined) return undefined;
    const { locale, time_zone } = await read(accountId);
    return localeIn(locale ?? undefined, time_zone);
  }

  return { read, change, localeOf };
}

/** Consents that a person gave or withdrew, for the record; nothing where they did neither. */
function consentsChanged(before: ProfileRow, after: ProfileRow): Record<string, boolean> | undefined {
  const changed = CONSENTS.filter((consent) => before[consent] !== after[consent]);
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((consent) => [consent, after[consent]]));
}
