import { statement } from '#platform/db';
import type { TestApp } from '@plinth/testkit/services/app';
import { makePerson, makeTeam, PASSWORD, type Person, signIn } from '@plinth/testkit/walkers/people';

/**
 * What others may have written about a user, by asking for a link to their address or failing to be them; and what the
 * server tells on behind the calls.
 */
const BY_OTHERS = [
  'identity.email_tokens',
  'mail.messages',
  'audit.events',
  'jobs.jobs',
  'webhooks.events',
  'webhooks.deliveries',
];

/** People who do nothing while others are up to something. */
export interface Targets {
  readonly owner: Person;
  readonly member: Person;
  /** What everybody may know: their addresses and ids. */
  readonly known: readonly string[];
  /** What no other user may be shown. */
  readonly secrets: readonly string[];
  /** Every row that is theirs, as text, by table. */
  state(): Promise<Readonly<Record<string, string>>>;
  /** Whether they can still do what they could. */
  areWell(): Promise<boolean>;
}

/** An organization with an owner, a member, an invitation, keys and sessions. */
export async function makeTargets(app: TestApp, word: string): Promise<Targets> {
  const { owner, others } = await makeTeam(app, ['member']);
  const { member } = others;
  const named = await app.call(owner.token, 'PATCH /v1/me', { body: { full_name: word } });
  const path = `/v1/organizations/${owner.accountId}`;
  const renamed = await app.call(owner.token, `PATCH ${path}`, { body: { name: word } });
  const invited = await app.call(owner.token, `POST ${path}/invitations`, {
    body: { email: `${word}@example.com`, role: 'viewer' },
  });
  if ([named.status, renamed.status, invited.status].join() !== '200,200,201') throw new Error('no targets');
  const people = [owner, member];
  return {
    owner,
    member,
    known: people.flatMap(({ userId, accountId, email }) => [userId, accountId, email]),
    secrets: [word, ...people.flatMap(({ token, key }) => [token, key])],
    state: () => stateOf(app, people),
    async areWell() {
      const { identity } = app.app.modules;
      for (const { token, key, email } of people) {
        for (const bearer of [token, key]) {
          if ((await app.call(bearer, 'GET /v1/me')).status !== 200) return false;
        }
        await signIn(identity, { email, password: PASSWORD });
      }
      return true;
    },
  };
}

async function stateOf({ db }: TestApp, people: readonly Person[]): Promise<Record<string, string>> {
  const columns = await db.asMigrator(
    statement<{ name: string; owner: string }>(
      `select format('%I.%I', table_schema, table_name) as name, column_name as owner
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
       where column_name in ('account_id', 'user_id') and table_type = 'BASE TABLE'
         and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2`,
    ),
  );
  const users = people.map(({ userId }) => userId);
  const [owner] = people;
  const state: Record<string, string> = {};
  for (const { name, owner: column } of columns.filter((one) => !BY_OTHERS.includes(one.name))) {
    const ids = column === 'user_id' ? users : [owner?.accountId];
    const [found] = await db.asMigrator(
      statement<{ rows: string | null }>(
        `select string_agg((to_jsonb(t) - 'last_used_at')::text, e'\\n' order by to_jsonb(t)::text) as rows
         from ${name} t where ${column} = any ($1::uuid[])`,
        [`{${ids.join()}}`],
      ),
    );
    state[`${name} by ${column}`] = found?.rows ?? '';
  }
  return state;
}

/** A user who has signed up like all others, and owns an organization. */
export async function makeAttacker(app: TestApp): Promise<Person & { readonly refreshToken: string }> {
  const person = await makePerson(app, { company: true });
  const { body } = await app.call(undefined, 'POST /v1/auth/login', {
    body: { email: person.email, password: PASSWORD },
  });
  return { ...person, refreshToken: String(body['refresh_token']) };
}
