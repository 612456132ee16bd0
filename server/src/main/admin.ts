import { createAudit } from '#platform/audit';
import type { Config } from '#platform/config';
import { type Database, migrateUp, pendingMigrations } from '#platform/db';
import { type Admins, createAdmins } from '#platform/identity';
import { AppError, createIds, systemClock, systemRandom } from '#platform/kernel';
import { z } from 'zod';
import { allMigrations } from '#app';
import { withDatabase } from './migrate.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth admin invite <email> | list | revoke <email>

  invite    make a link by which the owner of the address becomes a platform admin: it works once, for a day
  list      show the platform admins, and who is invited
  revoke    make a user of a platform admin again, and end an open invitation
`;

const emailSchema = z.email().max(254);

/** `admin invite <email>`, `admin list`, `admin revoke <email>` (docs/identity.md). */
export const admin: Verb = async ({ config, words: [what = '', ...words] }) => {
  const email = emailSchema.safeParse(words[0]);
  if (what === 'list' && words.length === 0) return withAdmins(config, list);
  const task = what === 'invite' ? invite : what === 'revoke' ? revoke : undefined;
  if (task === undefined || words.length !== 1 || !email.success)
    return printUsage(wrongWord(what, words), USAGE);
  return withAdmins(config, (admins) => task(admins, email.data, config));
};

/** The first word that can't be read; undefined: one is missing. */
function wrongWord(what: string, [email, ...more]: readonly string[]): string | undefined {
  if (!['invite', 'list', 'revoke'].includes(what)) return what;
  return what === 'list' || (email !== undefined && !emailSchema.safeParse(email).success) ? email : more[0];
}

/** The embedded database may be new: its schema is brought up to date, as a start does it. */
async function withAdmins(config: Config, work: (admins: Admins) => Promise<number>): Promise<number> {
  return withDatabase(config, async (db) => {
    await prepare(db, config);
    const ids = createIds({ clock: systemClock, random: systemRandom });
    const { baseUrl } = config;
    return work(createAdmins({ db, ids, random: systemRandom, audit: createAudit({ ids }), baseUrl }));
  }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'data_folder_in_use') throw error;
    process.stderr.write(
      `The embedded database in ${config.dataDir} is open in a Plinth that runs, and opens for one process. Stop that one, do this, and start it again.\n`,
    );
    return 1;
  });
}

async function prepare(db: Database, { database }: Config): Promise<void> {
  if (database.engine === 'pglite') await migrateUp(db, allMigrations());
  else if ((await pendingMigrations(db, allMigrations())).length > 0)
    throw new AppError('migrations_pending', {
      message: 'The database is not up to date. Run "plinth migrate up" first.',
    });
}

/** Prints the link and stores it nowhere: the operator hands it over. */
async function invite(admins: Admins, email: string, config: Config): Promise<number> {
  const invited = await admins.invite(email);
  if (invited.kind === 'admin_already') {
    say(`${email} is a platform admin already.`);
    return 0;
  }
  if (invited.kind === 'inactive') {
    process.stderr.write(
      `${email} has an account here that is ${invited.status}: it can not become an admin.\n`,
    );
    return 1;
  }
  const { link, until, isKnown } = invited;
  say(`Anyone with this link can choose a password and become a platform admin as ${email}.`);
  say(`It works once, until ${minute(until)}; hand it over as you would a password:\n\n  ${link}\n`);
  if (isKnown)
    say(
      'This address has an account: when the link is used, its password, sessions, keys and second factors of before end.',
    );
  if (config.publicUrl === undefined) say('PUBLIC_URL is not set: the link leads to this machine.');
  return 0;
}

async function list(admins: Admins): Promise<number> {
  const { admins: all, invited } = await admins.list();
  for (const { email, status } of all) say(`admin    ${email}${status === 'active' ? '' : `  (${status})`}`);
  for (const { email, until } of invited) say(`invited  ${email}  until ${minute(until)}`);
  if (all.length + invited.length === 0)
    say('There is no platform admin. Make one: plinth admin invite you@example.com');
  return 0;
}

async function revoke(admins: Admins, email: string): Promise<number> {
  const wasOne = await admins.revoke(email);
  say(
    wasOne
      ? `${email} is no platform admin any more: running servers know it within 10 seconds.`
      : `${email} is no platform admin, and not invited.`,
  );
  return 0;
}

const minute = (instant: Date) => `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
