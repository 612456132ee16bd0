import { statement } from '#platform/db';
import type { Reply, TestApp } from '@plinth/testkit/services/app';

/** A person who has signed in. */
export interface Guest {
  readonly userId: string;
  readonly email: string;
  readonly token: string;
}

/** Who is invited; without a role as a member. */
interface Invitee {
  readonly email: string;
  readonly role?: string;
}

/** People and organizations of an app under test, by what a client can send. */
export function fixtureOf(app: Omit<TestApp, 'sandbox' | 'stripe'>) {
  const call = async (as: string, line: string, body?: unknown): Promise<Reply> =>
    app.call(as, line, body === undefined ? {} : { body });

  async function signIn(email: string, password: string): Promise<string> {
    const { body } = await app.call(undefined, 'POST /v1/auth/login', { body: { email, password } });
    return String(body['access_token']);
  }

  return {
    call,
    signIn,
    /** A person with a verified email. */
    async guest(): Promise<Guest> {
      const { userId, email, password } = await app.customer();
      return { userId, email, token: await signIn(email, password) };
    },
    /** A new organization, by its path. */
    async organization(owner: Guest): Promise<string> {
      const { body } = await call(owner.token, 'POST /v1/organizations', { name: 'Acme' });
      return `/v1/organizations/${String(body['id'])}`;
    },
    /** Makes a person a member outright. */
    async join(path: string, { userId }: Guest, role: string): Promise<void> {
      const id = path.split('/').at(-1) ?? '';
      const sql = 'insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)';
      await app.db.asMigrator(statement(sql, [id, userId, role]));
      app.db.signal('accounts.changed', id);
    },
    async invite(path: string, by: Guest, { email, role = 'member' }: Invitee): Promise<Reply> {
      return call(by.token, `POST ${path}/invitations`, { email, role });
    },
    accept: (guest: Pick<Guest, 'token'>, token: string) =>
      call(guest.token, 'POST /v1/invitations/accept', { token }),
    /** The tokens that an address was sent, the oldest first. */
    async tokensTo(email: string): Promise<string[]> {
      const mails = (await app.outbox()).filter(({ to }) => to.toLowerCase() === email.toLowerCase());
      return mails.flatMap(({ text }) => /#(pli_[\w-]{43})/.exec(text)?.[1] ?? []);
    },
    /** A person's role as the list of members has it; undefined: they are none. */
    async roleOf(path: string, by: Guest, { userId }: Guest): Promise<unknown> {
      const { body } = await call(by.token, `GET ${path}/members?limit=100`);
      const members = body['data'] as { user_id: string; role: string }[];
      return members.find(({ user_id }) => user_id === userId)?.role;
    },
  };
}

/** An answer in a word: its status, and its code where it is an error. */
export function outcomeOf({ status, body }: Reply): string {
  const error = body['error'] as { code?: string } | undefined;
  return error === undefined ? String(status) : `${status} ${error.code ?? ''}`;
}
