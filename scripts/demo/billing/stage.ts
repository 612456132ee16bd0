import { type Database, statement } from '#platform/db';
import { plainBrand } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { render } from '#platform/mail';
import { type AppStoreSandbox, createAppStoreSandbox } from '#sandbox/app-store';
import { createGooglePlaySandbox, type GooglePlaySandbox } from '#sandbox/google-play';
import { createStripeSandbox, type StripeSandbox } from '#sandbox/stripe';
import { advanceTo, stopTime } from '@plinth/testkit/factories';
import { packageAt } from '../../../sandboxes/src/stripe/testing/package.ts';
import type { App } from '../../../server/src/app.ts';
import { basePlans } from '../../../server/src/app/google-play.ts';
import { templateCalled } from '../../../server/src/platform/messages/mail/catalogue.ts';
import { openMessage } from '../../../server/src/platform/messages/mail/sealed-facts.ts';
import type { StoredMessage } from '../../../server/src/platform/messages/mail/store.ts';
import { Customer } from '../customer.ts';

/** The middle of a month, so that the same is told whenever the demo is run. */
const BEGINNING = new Date('2031-01-15T12:00:00Z');
const DAY = 86_400_000;
/** What falls due on a day has happened two hours later: Stripe keeps an invoice as a draft for one. */
const TWO_HOURS = 7_200_000;
const PUSH = {
  audience: 'http://127.0.0.1/v1/webhooks/google-play',
  email: 'play-push@sandbox.iam.gserviceaccount.com',
};

/** Stripe, the App Store and Google Play, on clocks that stand still unless they are moved. */
export interface Vendors {
  readonly stripe: StripeSandbox;
  readonly appStore: AppStoreSandbox;
  readonly googlePlay: GooglePlaySandbox;
  close(): Promise<void>;
}

/** Stripe tries what was declined again as it does for new accounts: on the days 1, 3, 5 and 7. */
export async function openVendors(): Promise<Vendors> {
  const settings = { retryAfterDays: [1, 3, 5, 7] };
  const stripe = await createStripeSandbox({ driven: BEGINNING, settings });
  const products = { 'reel.pro.monthly': { price: 39_950, currency: 'USD', months: 1 } };
  const appStore = await createAppStoreSandbox({
    driven: BEGINNING,
    products,
    app: { environment: 'Production' },
  });
  const googlePlay = await createGooglePlaySandbox({ plans: basePlans(), startsAt: BEGINNING });
  return {
    stripe,
    appStore,
    googlePlay,
    async close() {
      for (const sandbox of [stripe, appStore, googlePlay]) await sandbox.close();
    },
  };
}

/** What the server is told of them, in its environment. */
export const BILLING_SETTINGS = {
  EMAIL_VERIFICATION: 'off',
  SANDBOX_STRIPE: 'true',
  SANDBOX_APP_STORE: 'true',
  SANDBOX_GOOGLE_PLAY: 'true',
  GOOGLE_PLAY_PUSH_AUDIENCE: PUSH.audience,
  STRIPE_READS_PER_SECOND: '1000',
  APP_STORE_READS_PER_SECOND: '1000',
  GOOGLE_PLAY_READS_PER_SECOND: '1000',
} as const;

export interface StageOptions {
  readonly app: App;
  /** Where it answers. */
  readonly url: string;
  readonly db: Database;
  readonly vendors: Vendors;
  say(line: string): void;
}

/** A server that sells at three providers, and what only the demo's director may do: move all clocks at once. */
export class Stage {
  readonly vendors: Vendors;
  /** The official package: what Stripe's dashboard shows. */
  readonly stripe: ReturnType<typeof packageAt>;
  readonly say: (line: string) => void;
  readonly #app: App;
  readonly #db: Database;
  readonly #url: string;
  #pushed = 0;
  #dayZero = BEGINNING.getTime();

  private constructor({ app, url, db, vendors, say }: StageOptions) {
    this.vendors = vendors;
    this.stripe = packageAt(vendors.stripe);
    this.say = say;
    this.#app = app;
    this.#db = db;
    this.#url = url;
  }

  /** Customers register by their own clocks; then time stands still. */
  static async open(options: StageOptions, names: readonly string[]): Promise<Map<string, Person>> {
    const stage = new Stage(options);
    stage.vendors.appStore.notifyAt(`${options.url}/v1/webhooks/app-store`);
    const people = new Map<string, Person>();
    for (const name of names) people.set(name, await stage.#registers(name));
    await stopTime(options.db);
    await advanceTo(options.db, BEGINNING.toISOString());
    return people;
  }

  async #registers(name: string): Promise<Person> {
    const visitor = new Customer(this.#url);
    const email = `${name.toLowerCase()}@example.com`;
    const password = 'Analytical-Engine-1843';
    const company_name = `${name} & Co`;
    await visitor.call('POST /v1/auth/register', {
      body: { email, password, full_name: name, company_name },
    });
    const { body } = await visitor.call('POST /v1/auth/login', { body: { email, password } });
    const made = await visitor.call('POST /v1/api-keys', {
      body: { name: 'demo', scopes: ['*'] },
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    const calls = new Customer(this.#url, String(made.body['key']));
    const names = await calls.call('GET /v1/billing/purchases');
    if (names.status !== 200) throw new Error(`${name} could not register: ${JSON.stringify(made.body)}`);
    return new Person(this, { name, calls, accountId: String(names.body['app_account_token']) as AccountId });
  }

  /** A story begins: its day 0 is now. */
  begin(title: string): void {
    this.#dayZero = this.vendors.stripe.now().getTime();
    this.say(`\n${title}`);
  }

  /** Days since the story began; a part of a day is told in hours. */
  get day(): string {
    const passed = (this.vendors.stripe.now().getTime() - this.#dayZero) / DAY;
    return `day ${String(Math.floor(passed)).padStart(2)}`;
  }

  /** All clocks go on to a day of the story, and everybody is told what happened meanwhile. */
  async until(day: number): Promise<void> {
    const at = this.#dayZero + day * DAY + TWO_HOURS;
    await advanceTo(this.#db, new Date(at).toISOString());
    const { stripe, appStore, googlePlay } = this.vendors;
    stripe.advanceTo(new Date(at));
    appStore.world.advance((at - appStore.world.now()) / DAY);
    googlePlay.advance((at - googlePlay.now().getTime()) / DAY);
    await this.settle();
  }

  /** What the providers have told is seen to, and what the jobs of each minute do is done. */
  async settle(): Promise<void> {
    const { stripe, appStore, googlePlay } = this.vendors;
    const { inbox, acknowledging, suspensions } = this.#app.modules;
    await stripe.idle();
    await appStore.idle();
    for (const told of googlePlay.told().slice(this.#pushed)) {
      const { body, headers } = await googlePlay.push(told, PUSH);
      await fetch(`${this.#url}/v1/webhooks/google-play`, { method: 'POST', body, headers });
    }
    this.#pushed = googlePlay.told().length;
    await inbox.drain();
    await acknowledging.run();
    await suspensions.run();
    await inbox.drain();
  }

  /**
   * The mails of an account, oldest first, as they are read: the subject, and what it says. Time stands still during an act, and what
   * one act makes of two objects is fetched by two workers: mails of one instant are told in the order of their templates’ names.
   */
  async mailsOf(accountId: AccountId): Promise<{ id: string; mail: string }[]> {
    const { secrets } = this.#app.modules;
    const rows = await this.#db.asMigrator(
      statement<StoredMessage>(
        `select account_id, id, user_id, recipient, template, status, facts, attempts, created_at, false as is_over
         from mail.messages where account_id = $1 and facts is not null order by created_at, template, id`,
        [accountId],
      ),
    );
    return rows.map((row) => {
      const { template, facts } = openMessage(secrets, row);
      const { subject, text } = render(templateCalled(template), facts, plainBrand('Plinth'));
      return { id: row.id, mail: `${subject}\n${text}` };
    });
  }

  /** What an account's subscriptions bring in a month, as the operator's report counts it. */
  async recurringOf(accountId: AccountId): Promise<string> {
    const rows = await this.#db.asMigrator(
      statement<{ currency: string; monthly: number }>(
        `select currency, round(sum(yearly) / 12)::int as monthly from billing.recurring(app.now() + interval '1 second', 'sandbox')
         where account_id = $1 group by currency order by currency`,
        [accountId],
      ),
    );
    return rows.length === 0
      ? '0.00'
      : rows.map(({ monthly, currency }) => money(monthly, currency)).join(', ');
  }

  /** What was sold and went back, as the operator's books have it. */
  async booksOf(accountId: AccountId): Promise<string> {
    const [from, until] = [this.#dayZero - DAY, this.vendors.stripe.now().getTime() + DAY].map((at) =>
      new Date(at).toISOString().slice(0, 10),
    );
    const asked = { group: ['kind'], zone: 'UTC', accountId, from, until } as const;
    const report = await this.#app.modules.reports.revenue(asked);
    const sums = new Map<string, number>();
    for (const { kind = '', currency, gross_minor: gross } of await report.page({ limit: 100 }))
      sums.set(`${kind} ${currency}`, (sums.get(`${kind} ${currency}`) ?? 0) + gross);
    const parts = [...sums]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, gross]) => {
        const [kind = '', currency = ''] = key.split(' ');
        return `${kind} ${money(gross, currency)}`;
      });
    return parts.length === 0 ? 'nothing' : parts.join(', ');
  }
}

const money = (minor: number, currency: string) => `${(minor / 100).toFixed(2)} ${currency.toUpperCase()}`;

interface PersonInput {
  readonly name: string;
  readonly accountId: AccountId;
  readonly calls: Customer;
}

/** A customer who buys, with what they and the operator see of it. */
export class Person {
  readonly stage: Stage;
  readonly name: string;
  readonly accountId: AccountId;
  readonly #calls: Customer;
  readonly #read = new Set<string>();

  constructor(stage: Stage, { name, accountId, calls }: PersonInput) {
    this.stage = stage;
    this.name = name;
    this.accountId = accountId;
    this.#calls = calls;
  }

  /** What they do, and then all that they and the operator see. */
  async does(what: string, act: () => unknown, product = 'reel'): Promise<void> {
    this.#begins(what);
    await act();
    await this.stage.settle();
    await this.#shows(product);
  }

  /** What has become of them by now. */
  async sees(what: string, product = 'reel'): Promise<void> {
    this.#begins(what);
    await this.#shows(product);
  }

  #begins(what: string): void {
    this.stage.say(`  ${this.stage.day}  ${what}`);
  }

  /** Calls, and prints the answer unless it is a success. */
  async call(call: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const answered = await this.#calls.call(call, body === undefined ? {} : { body });
    const { code } = (answered.body['error'] ?? {}) as { code?: string };
    if (answered.status >= 400) this.stage.say(`          ${call} answers ${answered.status} ${code}`);
    return answered.body;
  }

  /** Whether what the plan is for may be done. */
  async triesTheGate(key: string): Promise<void> {
    const post = { platform: 'x', topic: 'Small gardens', language: 'en', variants: 1 };
    const { status, body } = await this.#calls.call('POST /v1/create', {
      body: post,
      headers: { 'idempotency-key': key },
    });
    const { code = '' } = (body['error'] ?? {}) as { code?: string };
    this.stage.say(`          POST /v1/create answers ${status}${code === '' ? '' : ` ${code}`}`);
  }

  async #shows(product: string): Promise<void> {
    const { say } = this.stage;
    const { data } = (await this.call('GET /v1/billing/entitlements')) as { data: readonly HeldPlan[] };
    const held = data.find((one) => one.product === product);
    const until = held?.grace ?? held?.until ?? null;
    const plan = held?.plan ?? 'none';
    const word = (held?.grace ?? null) === null ? 'until' : 'kept until';
    const mrr = await this.stage.recurringOf(this.accountId);
    say(`          plan ${plan}${until === null ? '' : `, ${word} ${minute(until)}`} | MRR ${mrr}`);
    const mails = await this.stage.mailsOf(this.accountId);
    for (const { id, mail } of mails.filter((one) => !this.#read.has(one.id))) {
      this.#read.add(id);
      this.#reads(mail);
    }
  }

  #reads(mail: string): void {
    const [subject, ...text] = mail.split('\n');
    this.stage.say(`          mail: ${subject}`);
    // Without who signs.
    const said = text
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(0, -1);
    for (const line of said)
      this.stage.say(`            ${line.replaceAll(/https?:\/\/\S+/g, '<its page>')}`);
  }

  async sums(): Promise<void> {
    this.stage.say(`          books: ${await this.stage.booksOf(this.accountId)}`);
  }
}

interface HeldPlan {
  readonly product: string;
  readonly plan: string | null;
  readonly until: string | null;
  readonly grace: string | null;
}

export const minute = (at: string) => at.slice(0, 16).replace('T', ' ');
