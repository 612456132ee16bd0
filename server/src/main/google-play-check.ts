import {
  checkGooglePlaySetup,
  checkUnacknowledged,
  createGooglePlayClient,
  type GooglePlayFinding,
} from '#platform/billing';
import type { Config } from '#platform/config';
import { AppError } from '#platform/kernel';
import type { Check } from '#platform/diagnosis';
import type { InDatabase } from './database-check.ts';
import { OperatorError } from './operator-error.ts';

const LINES = ['Google Play', 'Play orders'] as const;

/** Needs of a server that takes purchases of Google Play, a line each; none where it takes none. */
export function googlePlayChecks(config: Config, inDatabase: InDatabase): Check[] {
  const { googlePlay } = config;
  if (googlePlay === undefined) return [];
  const { account, url } = googlePlay;
  if (account === undefined) return [{ name: 'Google Play', look: async () => 'the sandbox: nobody pays' }];
  const { packageName, serviceAccount } = account;
  const client = createGooglePlayClient({ packageName, serviceAccount: () => serviceAccount, url });
  let looked: Promise<readonly GooglePlayFinding[]> | undefined;
  const atGoogle = LINES.map(
    (name): Check => ({
      name,
      async look() {
        looked ??= checkGooglePlaySetup(client).catch(unreachable);
        const found = (await looked).find(({ of }) => of === name);
        if (found === undefined) throw new OperatorError('Not known, because Google Play does not answer.');
        return textOrThrow(found);
      },
    }),
  );
  return [
    ...atGoogle,
    {
      name: 'Play purchases',
      look: () => inDatabase(async (db) => textOrThrow(await checkUnacknowledged(db))),
    },
  ];
}

function textOrThrow({ isWrong, says }: GooglePlayFinding): string {
  if (isWrong) throw new OperatorError(says);
  return says;
}

function unreachable(error: unknown): readonly GooglePlayFinding[] {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') throw error;
  return [{ of: 'Google Play', isWrong: true, says: 'Google Play does not answer.' }];
}
