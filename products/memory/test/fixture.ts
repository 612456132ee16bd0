import { commitPoint, statement } from '#platform/db';
import {
  type Customer,
  type Reply,
  testApp,
  type TestApp,
  type TestAppOptions,
} from '@plinth/testkit/services/app';
import type { Memory } from '../service.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';

const COLLEAGUE = commitPoint('test.memory.colleague', 'a further member of an account');

/** For archives of tables that have none. */
export const NO_FILES = {
  filesOf: async function* (): AsyncGenerator<object> {},
  openFile: () => Promise.reject(new Error('this table has no files')),
};

export interface Message {
  readonly client_id: string;
  readonly role?: string;
  readonly text: string;
  readonly speaker?: string;
  readonly said_at?: string;
  readonly recalled?: boolean;
}

export interface FoundTurn {
  readonly session_id: string;
  readonly client_id: string;
  readonly text: string;
  readonly tokens: number;
  readonly why: readonly { readonly kind: string; readonly words?: readonly string[] }[];
}

/** A customer who remembers here, and their calls. */
export interface Rememberer extends Customer {
  call(call: string, body?: unknown): Promise<Reply>;
  /** Creates a session; answers its id. */
  session(clientId: string, more?: object): Promise<string>;
  /** Records a decision; answers its id. */
  decide(clientId: string, more?: object): Promise<string>;
  /** Writes a document of technical context; answers its id. */
  document(name: string, text: string, more?: object): Promise<string>;
  say(session: string, ...messages: readonly Message[]): Promise<Reply>;
  /** The texts of a session, in their order. */
  texts(session: string): Promise<readonly (string | null)[]>;
  /** Ids of the sessions that they see, in no order. */
  sees(): Promise<string[]>;
  find(query: string, budget?: number): Promise<readonly FoundTurn[]>;
}

export function remembererOf(app: Pick<TestApp, 'app' | 'db' | 'call'>, customer: Customer): Rememberer {
  const call: Rememberer['call'] = async (named, body) => {
    await forgetRates(app);
    return app.call(customer.key, named, body === undefined ? {} : { body });
  };
  return {
    ...customer,
    call,
    async session(clientId, more = {}) {
      const { body } = await call('POST /v1/sessions', { client_id: clientId, ...more });
      return String(body['id']);
    },
    async decide(clientId, more = {}) {
      const texts = { title: `On ${clientId}`, context: 'It was slow.', rationale: 'Read it once.' };
      const { body } = await call('POST /v1/decisions', { client_id: clientId, ...texts, ...more });
      return String(body['id']);
    },
    async document(name, text, more = {}) {
      const { body } = await call('POST /v1/context/technical', { name, text, ...more });
      return String(body['id']);
    },
    say: (session, ...messages) =>
      call(`POST /v1/sessions/${session}/messages`, {
        messages: messages.map((message) => ({ role: 'user', ...message })),
      }),
    async texts(session) {
      const { body } = await call(`GET /v1/sessions/${session}/messages?limit=100`);
      return (body['data'] as readonly { readonly text: string | null }[]).map(({ text }) => text);
    },
    async sees() {
      const { body } = await call('GET /v1/sessions?limit=100');
      return (body['data'] as readonly { readonly id: string }[]).map(({ id }) => id);
    },
    async find(query, budget = 2_000) {
      const { body } = await call(
        `GET /v1/context/relevant?query=${encodeURIComponent(query)}&budget_tokens=${budget}`,
      );
      return body['turns'] as readonly FoundTurn[];
    },
  };
}

/** The whole server with people who remember something here. */
export async function openMemory(options: TestAppOptions = {}) {
  const app = await testApp(options);
  /** Makes a customer a member of an account, with a key of it. */
  async function enter(customer: Customer, role: string): Promise<Rememberer> {
    const { accountId, userId } = customer;
    await app.db.asMigrator(
      statement(
        'insert into accounts.members (account_id, user_id, role) values ($1, $2, $3) on conflict do nothing',
        [accountId, userId, role],
      ),
    );
    const { key } = await app.db.system('owner.first-start', COLLEAGUE, (tx) =>
      app.app.modules.identity.createKey(tx, {
        accountId,
        userId,
        name: 'test',
        scopes: ['*'],
        actor: { kind: 'system' },
      }),
    );
    return remembererOf(app, { ...customer, key });
  }
  const coditect = app.app.modules.mounted.find(({ module }) => module === 'coditect/memory')
    ?.service as Memory;
  return {
    ...app,
    coditect,
    /** Digests all sessions that wait for it, now. What the server's own job has just taken is not digested yet: it is taken again. */
    async digest(): Promise<void> {
      const due = statement(
        `update coditect.memory_sessions set digest_at = '2000-01-01' where digest_at is not null returning id`,
      );
      while ((await app.db.asMigrator(due)).length > 0)
        await coditect.digests.run({ signal: new AbortController().signal });
    },
    rememberer: async (plan = 'coditect.pro') => remembererOf(app, await app.customer(plan)),
    /** A person for themselves, without an organization. */
    personal: async (plan = 'coditect.pro') => remembererOf(app, await app.person(plan)),
    enter,
    /** A further member of a customer's organization, with a key of it. */
    colleagueOf: async ({ accountId }: Customer, role = 'member') =>
      enter({ ...(await app.customer()), accountId }, role),
    /** Leaves gauges with so much room. */
    async leaveRoom({ accountId }: Customer, room: Readonly<Record<string, number>>): Promise<void> {
      const { grants } = await app.app.modules.planRates.now(accountId, 'coditect');
      for (const [name, left] of Object.entries(room))
        await app.db.asMigrator(
          statement(
            `insert into limits.gauges (account_id, product, name, used) values ($1, 'coditect', $2, $3)
             on conflict (account_id, product, name) do update set used = $3`,
            [accountId, name, Number(grants[name]) - left],
          ),
        );
    },
    async used({ accountId }: Customer): Promise<Record<string, number>> {
      const rows = await app.db.asMigrator(
        statement<{ name: string; used: number }>(
          `select name, used::double precision as used from limits.gauges where account_id = $1 and product = 'coditect' order by name`,
          [accountId],
        ),
      );
      return Object.fromEntries(rows.map(({ name, used }) => [name, used]));
    },
  };
}
