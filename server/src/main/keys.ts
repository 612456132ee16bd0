import { createAudit } from '#platform/audit';
import { masterKeyText } from '#platform/config';
import type { Database } from '#platform/db';
import { createSigningKeys } from '#platform/identity';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { countSealed, newMasterKey, reseal, type SealedCount, type Secrets } from '#platform/secrets';
import { openSecrets } from '#app';
import { withTables } from './migrate.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth keys new [name] | list | rotate [--at-once] | reseal

  new       make a master key, to be put behind the present one in MASTER_KEYS (docs/keys.md)
  list      show the keys that sign access tokens, and what is sealed under which master key
  rotate    have another key sign access tokens: it is published first, and the former one verifies until its last
            token has ended (--at-once: somebody else has the key; every access token ends now)
  reseal    seal all secrets under the first master key, so that the others can go
`;

/** `keys new`, `keys list`, `keys rotate`, `keys reseal` (docs/keys.md). */
export const keys: Verb = async ({ config, words: [what = '', ...words] }) => {
  const task = Object.hasOwn(TASKS, what) ? TASKS[what] : undefined;
  if (what === 'new' && words.length <= 1) return printNew(words[0]);
  if (task === undefined || !words.every((word) => what === 'rotate' && word === '--at-once')) {
    return printUsage(task === undefined && what !== 'new' ? what : words.at(-1), USAGE);
  }
  return withTables(config, async (db) => {
    const secrets = await openSecrets(config, { db, random: systemRandom });
    return task({ db, secrets, atOnce: words.length > 0 });
  });
};

interface Task {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly atOnce: boolean;
}

const TASKS: Readonly<Record<string, (task: Task) => Promise<number>>> = {
  list: async (task) => {
    for (const { kid, state, createdAt, signsFrom, endsAt } of await signingKeysOf(task).list()) {
      const until = endsAt === null ? '' : `, verifies until ${endsAt.toISOString()}`;
      const from = state === 'published' ? `, signs from ${signsFrom.toISOString()}` : '';
      say(`signing key ${kid}: ${state}, made ${createdAt.toISOString()}${from}${until}`);
    }
    const counts = await countSealed(task.db);
    for (const id of task.secrets.keyIds) say(masterKeyLine(id, task.secrets, counts));
    return complain(counts.filter(({ key_id }) => key_id === null || !task.secrets.keyIds.includes(key_id)));
  },
  rotate: async (task) => {
    const { atOnce } = task;
    const { kid, isNew, signsFrom } = await signingKeysOf(task).rotate({ atOnce });
    const verb = isNew ? 'signs' : 'was on its way already: it signs';
    say(
      `signing key ${kid} ${verb} ${atOnce ? 'now; every access token has ended' : `from ${signsFrom.toISOString()}`}`,
    );
    return 0;
  },
  reseal: async ({ db, secrets }) => {
    const { changed, idle, left, unreadable } = await reseal(db, secrets);
    say(`${changed} secrets were sealed under the master key "${secrets.current}"`);
    for (const id of idle) say(`nothing is sealed under "${id}" any more: it can go from MASTER_KEYS`);
    for (const place of unreadable)
      process.stderr.write(`${place} does not open, and stays as it is (docs/keys.md)\n`);
    return complain(left);
  },
};

function printNew(name: string | undefined): number {
  if (name !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(name)) {
    process.stderr.write('The name of a master key has at most 32 letters, digits, - and _.\n');
    return 2;
  }
  say(masterKeyText(newMasterKey(systemRandom, name)));
  return 0;
}

function masterKeyLine(id: string, { current }: Secrets, counts: readonly SealedCount[]): string {
  const sealed = counts.filter(({ key_id }) => key_id === id).reduce((sum, { count }) => sum + count, 0);
  return `master key ${id}: ${id === current ? 'seals' : 'opens'}, ${sealed} secrets are sealed under it`;
}

/** Faults of sealed rows, a line each; the code that the process ends with. */
function complain(counts: readonly SealedCount[]): number {
  for (const { place, key_id, count } of counts)
    process.stderr.write(
      key_id === null
        ? `${count} of ${place} are not sealed\n`
        : `${count} of ${place} are sealed under "${key_id}": a process has another MASTER_KEYS; run "plinth keys reseal" when all have the same\n`,
    );
  return counts.length === 0 ? 0 : 1;
}

function signingKeysOf({ db, secrets }: Task) {
  const ids = createIds({ clock: systemClock, random: systemRandom });
  return createSigningKeys({ db, secrets, clock: systemClock, audit: createAudit({ ids }) });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
