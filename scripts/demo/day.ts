import { Customer, type Reply } from './customer.ts';
import { type Denial, type Stage, showCall, showStream } from './stage.ts';

const ADA = { email: 'ada@example.com', password: 'Analytical-Engine-1843', full_name: 'Ada Lovelace' };
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster', audience: 'founders' };

/** The limits that she meets, in the order of the day. */
export const LIMITS = [
  'concurrent',
  'regenerate_cooldown',
  'hourly',
  'generations',
  'full_regenerations',
] as const;

/** What a day's test looks at. */
export interface Day {
  /** The denials that Ada met, by the limit's name. */
  readonly denials: Readonly<Record<string, Denial>>;
  /** The kinds of events on the first stream, in their order. */
  readonly streamed: readonly string[];
  /** Ids of the assets that a search found, best first. */
  readonly found: Readonly<Record<string, readonly string[]>>;
}

/** A creator's day over HTTP: plan, create, watch, select, regenerate, save, search, and each limit with its reset. */
export async function aDay(stage: Stage): Promise<Day> {
  const ada = await arrives(stage);
  const actor = new Actor(stage, ada);
  await actor.withoutAPlan();
  await actor.gets({ plan: 'reel.basic' });
  const { draft, variant, streamed } = await actor.createsAndWatches();
  await actor.cancelsAndMeetsConcurrency();
  await actor.regenerates(draft, variant);
  const found = await actor.savesAndSearches(draft, variant);
  await actor.usesUpTheHour();
  await actor.paysForWhatSheAskedFor();
  await actor.usesUpTheMonth();
  await actor.boosts(draft);
  await actor.usesUpFullRegenerations(draft);
  await showCall(actor, 'GET /v1/usage', { expect: 200 });
  return { denials: actor.denials, streamed, found };
}

async function arrives(stage: Stage): Promise<Customer> {
  stage.say('\nAda registers, signs in and makes a key for her program.');
  const visitor = new Customer(stage.url);
  const at = { stage, by: visitor };
  await showCall(at, 'POST /v1/auth/register', { body: ADA, expect: 201 });
  const { email, password } = ADA;
  const { body } = await showCall(at, 'POST /v1/auth/login', { body: { email, password }, expect: 200 });
  const headers = { authorization: `Bearer ${String(body['access_token'])}` };
  const made = await showCall(at, 'POST /v1/api-keys', {
    body: { name: 'my program', scopes: ['*'] },
    headers,
    expect: 201,
  });
  return new Customer(stage.url, String(made.body['key']));
}

/** Ada, and what she has met so far. */
class Actor {
  readonly stage: Stage;
  readonly by: Customer;
  readonly denials: Record<string, Denial> = {};
  readonly #owner: Customer;

  constructor(stage: Stage, by: Customer) {
    this.stage = stage;
    this.by = by;
    this.#owner = new Customer(stage.url, stage.ownerKey);
  }

  async withoutAPlan(): Promise<void> {
    this.stage.say('\nWithout a plan she is told which one would do.');
    await showCall(this, 'GET /v1/plans', { expect: 200 });
    await showCall(this, 'POST /v1/create', { body: POST, expect: 402 });
  }

  async gets(what: { plan: string } | { add_on: string }): Promise<Reply> {
    const [name] = Object.values(what);
    this.stage.say(`\nThe owner gives her ${name}. It bites at once.`);
    const body = { email: ADA.email, product: 'reel', ...what };
    return showCall({ stage: this.stage, by: this.#owner }, 'POST /v1/admin/grants', { body, expect: 201 });
  }

  async createsAndWatches(): Promise<{ draft: string; variant: string; streamed: string[] }> {
    this.stage.say('\nShe asks for a post, and watches it being written.');
    const headers = { 'idempotency-key': 'the-first-post' };
    const { body } = await showCall(this, 'POST /v1/create', { body: POST, headers, expect: 202 });
    const events = await showStream(this, `GET ${String(body['status_url'])}`);
    this.stage.say('\nThe same key again is the same post; nothing is charged twice.');
    await showCall(this, 'POST /v1/create', { body: POST, headers, expect: 202 });
    this.stage.say('\nMore variants than the plan has are not sold to her.');
    await showCall(this, 'POST /v1/create', { body: { ...POST, variants: 3 }, expect: 402 });
    const draft = String(body['draft_id']);
    const read = await showCall(this, `GET /v1/drafts/${draft}`, { expect: 200 });
    const [first] = read.body['variants'] as { id: string }[];
    const variant = first?.id ?? '';
    this.stage.say('\nShe selects a variant. A stale version of the draft can not overwrite hers.');
    const etag = read.headers.get('etag') ?? '';
    const patch = { headers: { 'if-match': etag }, body: { selected_variant_id: variant } };
    await showCall(this, `PATCH /v1/drafts/${draft}`, { ...patch, expect: 200 });
    await showCall(this, `PATCH /v1/drafts/${draft}`, { ...patch, expect: 412 });
    return { draft, variant, streamed: events.map(({ event }) => event) };
  }

  async cancelsAndMeetsConcurrency(): Promise<void> {
    this.stage.say(
      '\nThe model keeps silent. Basic runs one at a time: a second is denied, until she cancels.',
    );
    this.stage.nextCallHangs();
    const { body } = await showCall(this, 'POST /v1/create', { body: POST, expect: 202 });
    await this.denied('POST /v1/create', POST);
    await showCall(this, `POST /v1/generations/${String(body['generation_id'])}/cancel`, { expect: 200 });
  }

  async regenerates(draft: string, variant: string): Promise<void> {
    this.stage.say('\nA sharper hook for the selected variant; the rest of it stays.');
    const wish = { draft_id: draft, mode: 'targeted', target: 'hook', instructions: 'start with a number' };
    const { body } = await showCall(this, 'POST /v1/regenerate', { body: wish, expect: 202 });
    await showStream(this, `GET ${String(body['status_url'])}`);
    this.stage.say('\nAgain at once: a draft rests for 20 seconds. The whole post anew is not in basic.');
    await this.denied('POST /v1/regenerate', wish);
    await showCall(this, 'POST /v1/regenerate', { body: { draft_id: draft, mode: 'full' }, expect: 402 });
    await showCall(this, `GET /v1/drafts/${draft}`, { expect: 200 });
    if (variant === '') throw new Error('the draft had no variant');
  }

  async savesAndSearches(draft: string, variant: string): Promise<Record<string, string[]>> {
    this.stage.say('\nWhat she likes goes to the library, and what she wrote herself; both are found.');
    const ours = { draft_id: draft, variant_id: variant, title: 'Small teams', tags: ['team', 'shipping'] };
    await showCall(this, 'POST /v1/library/assets', { body: ours, expect: 201 });
    const german = {
      platform: 'instagram',
      language: 'de',
      hook: 'Drei Häuser, ein Garten.',
      body: 'Wir haben unsere alten Häuser selbst gedämmt und zeigen, was es gekostet hat.',
      tags: ['bauen'],
    };
    const saved = await showCall(this, 'POST /v1/library/assets', { body: german, expect: 201 });
    const found: Record<string, string[]> = {};
    for (const words of ['shipped teams', 'Haus']) found[words] = await this.#search(words);
    const path = `/v1/library/assets/${String(saved.body['id'])}`;
    await showCall(this, `DELETE ${path}`, { expect: 200 });
    found['Haus, deleted'] = await this.#search('Haus');
    await showCall(this, `POST ${path}/restore`, { expect: 200 });
    return found;
  }

  async #search(words: string): Promise<string[]> {
    const { body } = await showCall(this, `GET /v1/library/assets?q=${encodeURIComponent(words)}`, {
      expect: 200,
    });
    return (body['data'] as { id: string }[]).map(({ id }) => id);
  }

  async usesUpTheHour(): Promise<void> {
    this.stage.say('\nShe goes on until the hour is used up, and comes back when it resets.');
    await this.#createUntil('hourly');
    await this.stage.advance('1 hour');
    this.stage.say('  … an hour later');
    await this.#creates(1);
  }

  async paysForWhatSheAskedFor(): Promise<void> {
    this.stage.say(
      '\nA model writes far more than it was asked for: she pays for what she asked, and goes on.',
    );
    this.stage.nextCallIsDear();
    await this.#creates(2);
  }

  async usesUpTheMonth(): Promise<void> {
    this.stage.say('\nHour by hour she uses up the month.');
    for (let hour = 0; this.denials['generations'] === undefined; hour += 1) {
      if (hour > 10) throw new Error('the month has no end');
      await this.stage.advance('1 hour');
      await this.#createUntil('generations', 'hourly');
    }
  }

  async boosts(draft: string): Promise<void> {
    await this.gets({ add_on: 'reel.pro_boost' });
    this.stage.say('\nWith the boost she has what pro has: a new post in five variants.');
    const wish = { draft_id: draft, mode: 'full', variants: 5 };
    const { body } = await showCall(this, 'POST /v1/regenerate', { body: wish, expect: 202 });
    await showStream(this, `GET ${String(body['status_url'])}`);
    this.stage.say('\nA second boost begins when the first has ended. After both she is back on basic.');
    await showCall({ stage: this.stage, by: this.#owner }, 'POST /v1/admin/grants', {
      body: { email: ADA.email, product: 'reel', add_on: 'reel.pro_boost' },
      expect: 201,
    });
    await this.stage.advance('31 days');
    this.stage.say('  … 31 days later');
    await this.#creates(1, { ...POST, variants: 5 });
    await this.stage.advance('30 days');
    this.stage.say('  … 61 days after the first');
    await showCall(this, 'POST /v1/create', { body: { ...POST, variants: 5 }, expect: 402 });
  }

  async usesUpFullRegenerations(draft: string): Promise<void> {
    await this.gets({ plan: 'reel.standard' });
    this.stage.say('\nStandard has 20 new starts a month.');
    const wish = { draft_id: draft, mode: 'full' };
    for (let made = 0; made < 20; made += 1) {
      const { body } = await this.by.call('POST /v1/regenerate', { body: wish });
      await this.#finished(body);
      await this.stage.advance('20 seconds');
    }
    await this.denied('POST /v1/regenerate', wish);
  }

  /** Creates until a limit says no; a denial by `between` alone is waited for by the caller. */
  async #createUntil(limit: string, between?: string): Promise<void> {
    for (;;) {
      const reply = await this.by.call('POST /v1/create', { body: POST });
      if (reply.status === 202) {
        await this.#finished(reply.body);
        continue;
      }
      const { limit: met } = this.#met('POST /v1/create', reply);
      if (met !== limit && met !== between) throw new Error(`${met} was met in place of ${limit}`);
      return;
    }
  }

  async #creates(count: number, body: object = POST): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      const reply = await showCall(this, 'POST /v1/create', { body, expect: 202 });
      await this.#finished(reply.body);
    }
  }

  async #finished(accepted: Reply['body']): Promise<void> {
    const path = String(accepted['status_url']);
    const { body } = await this.by.call(`GET ${path}?wait=20`);
    if (body['status'] !== 'completed') throw new Error(`a generation ended as ${JSON.stringify(body)}`);
  }

  async denied(call: string, body: object): Promise<void> {
    this.#met(call, await this.by.call(call, { body }));
  }

  #met(call: string, reply: Reply): Denial {
    const error = reply.body['error'] as { code?: string; details?: Denial } | undefined;
    if (error?.code !== 'limit_exceeded' || error.details === undefined) {
      throw new Error(`${call} was not denied: ${reply.status} ${JSON.stringify(reply.body)}`);
    }
    const { details } = error;
    this.denials[details.limit] ??= details;
    this.stage.say(`  ${call}`);
    const upgrade = details.upgrade === null ? '' : `, more with ${details.upgrade}`;
    const { limit, used, max, resets_at } = details;
    this.stage.say(`    429 ${limit}: ${used} of ${max} used, resets at ${resets_at}${upgrade}`);
    return details;
  }
}
