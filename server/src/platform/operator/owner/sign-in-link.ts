import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestOrigin } from '#platform/audit';
import { type Database, installationOf, statement } from '#platform/db';
import type { Identity, SignedIn } from '#platform/identity';
import { AppError, type Clock, declareErrors, type Random, type UserId } from '#platform/kernel';
import { z } from 'zod';
import { type Codes, type CodeStore, createCodes } from './one-time-code.ts';
import { ownerFileOf } from './owner-file.ts';
import { noSample, type Sample } from './sample.ts';

declareErrors({
  sign_in_link_invalid: {
    status: 403,
    message:
      'This link is wrong, was used, is older than ten minutes, or a newer one was printed. “plinth console” prints a new one.',
  },
});

const FILE = 'sign-in-code.json';
const issuedSchema = z.object({ code: z.string(), until: z.number(), tries: z.number() });

export interface SignInLinkParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly dataDir: string;
}

/** A link to the server at this address, in place of the one before. Its code stands after `#`: no request has it in its URL. */
export function newSignInLink(parts: SignInLinkParts, address: string): string {
  return `${address}/app/sign-in#code=${linkCodes(parts).issue()}`;
}

const linkCodes = (parts: SignInLinkParts) => folderCodes(parts, FILE);

/**
 * Codes of a purpose, by the name of their file. A code rests in the data folder, and is as secret as `owner.json`: any process of this folder
 * may issue it, and any may take it.
 */
export function folderCodes({ clock, random, dataDir }: SignInLinkParts, name: string): Codes {
  return createCodes({ now: () => clock.now(), random, store: fileStore(join(dataDir, name)) });
}

function fileStore(path: string): CodeStore {
  return {
    read() {
      try {
        return issuedSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
      } catch {
        return undefined;
      }
    },
    // Renamed into place, so that no other process reads half of it.
    write(issued) {
      writeFileSync(`${path}.new`, JSON.stringify(issued), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    // Two processes may take a code at once: one of them deletes the file.
    remove() {
      try {
        unlinkSync(path);
        return true;
      } catch {
        return false;
      }
    },
  };
}

export interface OwnerSignInParts extends SignInLinkParts {
  readonly db: Database;
  readonly identity: Pick<Identity, 'sessions'>;
  /** Not in production: platform admins are invited there. */
  readonly isOpen: boolean;
  readonly sample?: Sample | undefined;
}

/** How the local owner comes in without a password, and what they look at first. */
export interface OwnerSignIn {
  readonly sample: Sample;
  /** Throws `sign_in_link_invalid`, and `not_found` in production. */
  signIn(
    link: { readonly code: string; readonly deviceName: string | undefined },
    origin: RequestOrigin,
  ): Promise<SignedIn>;
}

export function createOwnerSignIn(parts: OwnerSignInParts): OwnerSignIn {
  const codes = linkCodes(parts);
  return {
    sample: parts.sample ?? noSample,
    async signIn({ code, deviceName }, origin) {
      if (!parts.isOpen) throw new AppError('not_found');
      const userId = await localOwner(parts);
      if (userId === undefined || !codes.take(code)) throw new AppError('sign_in_link_invalid');
      return parts.identity.sessions.open({ userId, method: 'link', device: { name: deviceName } }, origin);
    },
  };
}

/** The local owner of this database, where this folder has their file. */
async function localOwner({ db, dataDir }: OwnerSignInParts): Promise<UserId | undefined> {
  if (ownerFileOf(dataDir, (await installationOf(db)).id) === undefined) return undefined;
  const [[owner]] = await db.system('owner.sign-in', [OWNER]);
  return owner?.user_id;
}

const OWNER = statement<{ user_id: UserId }>(
  `select a.created_by as user_id from entitlements.grants g join accounts.accounts a using (account_id)
   where g.source = 'owner' and a.created_by is not null order by g.account_id limit 1`,
);
