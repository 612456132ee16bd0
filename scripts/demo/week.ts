import { type Database, statement } from '#platform/db';
import { Customer, type Reply } from './customer.ts';
import { type Stage, showCall, showStream } from './stage.ts';

const ADA = { email: 'ada.reflects@example.com', password: 'Analytical-Engine-1843' };
const MESSAGE = 'I am torn about the move to Lisbon, and I miss my garden already.';

/** What a week's test looks at. */
export interface Week {
  /** The kinds of events of the reply, in their order. */
  readonly streamed: readonly string[];
  /** The answer to a person in a crisis. */
  readonly crisis: Reply['body'];
  /** What is used of each limit, before and after that. */
  readonly used: readonly [before: unknown, after: unknown];
  /** How many weeks the spectrum has, with the session and after its deletion. */
  readonly spectrum: readonly [number, number];
}

/** Where the week takes place: a server, its owner's key, and what only its director may do. */
interface Narrator extends Pick<Stage, 'url' | 'ownerKey' | 'advance' | 'say'> {
  /** Resolves when the jobs that draw fragments are done. */
  drawn(): Promise<void>;
}

/** A person's week with Prism over HTTP: thoughts, a conversation, a crisis, a plan, goals, and what goes when it is deleted. */
export async function aWeek(stage: Narrator): Promise<Week> {
  const person = new Person(stage, await arrives(stage));
  await person.turnsThoughts();
  const { session, streamed } = await person.reflects();
  const { crisis, used } = await person.isInACrisis(session);
  await person.buys();
  await person.setsAGoal();
  const spectrum = await person.looksBack(session);
  return { streamed, crisis, used, spectrum };
}

async function arrives(stage: Narrator): Promise<Customer> {
  stage.say('\nAda registers for herself: Prism holds data of people, not of organizations.');
  const at = { stage, by: new Customer(stage.url) };
  await showCall(at, 'POST /v1/auth/register', { body: ADA, expect: 201 });
  const { body } = await showCall(at, 'POST /v1/auth/login', { body: ADA, expect: 200 });
  return new Customer(stage.url, String(body['access_token']));
}

class Person {
  readonly stage: Narrator;
  readonly by: Customer;

  constructor(stage: Narrator, by: Customer) {
    this.stage = stage;
    this.by = by;
  }

  async turnsThoughts(): Promise<void> {
    this.stage.say('\nShe says where she is: days and weeks are hers, and so are the helplines.');
    const profile = { locale: 'en-GB', time_zone: 'Europe/London', focus_areas: ['work', 'sleep'] };
    await showCall(this, 'PATCH /v1/profile', { body: profile, expect: 200 });
    this.stage.say('\nA thought is turned. Three a day are free; the fourth is told what would do.');
    const thought = { thought: 'I always ruin everything.', style: 'direct' };
    const { body } = await showCall(this, 'POST /v1/turns', { body: thought, expect: 200 });
    const feedback = { body: { helpful: true }, expect: 200 };
    await showCall(this, `POST /v1/turns/${String(body['id'])}/feedback`, feedback);
    for (let n = 0; n < 2; n += 1) await this.by.call('POST /v1/turns', { body: thought });
    await showCall(this, 'POST /v1/turns', { body: thought, expect: 429 });
  }

  async reflects(): Promise<{ session: string; streamed: string[] }> {
    this.stage.say('\nA conversation with the mirror, word by word.');
    const opened = await showCall(this, 'POST /v1/mirror/sessions', { body: {}, expect: 201 });
    const session = String(opened.body['id']);
    const said = { session_id: session, content: MESSAGE };
    const events = await showStream(this, 'POST /v1/mirror/messages', { body: said });
    this.stage.say('\nClosed, it comes to a summary. What was drawn out of it stands beside it.');
    await showCall(this, `POST /v1/mirror/sessions/${session}/close`, { expect: 200 });
    await this.stage.drawn();
    await showCall(this, `GET /v1/mirror/sessions/${session}`, { expect: 200 });
    return { session, streamed: events.map(({ event }) => event) };
  }

  async isInACrisis(session: string): Promise<Pick<Week, 'crisis' | 'used'>> {
    this.stage.say(
      '\nSomebody in a crisis has words and helplines, whatever is used up, in a session that is closed too. Nothing is generated, kept or charged.',
    );
    const readUsage = async () => (await this.by.call('GET /v1/usage')).body['data'];
    const before = await readUsage();
    const said = { session_id: session, content: 'I want to kill myself tonight.' };
    const { body } = await showCall(this, 'POST /v1/mirror/messages', { body: said, expect: 200 });
    return { crisis: body, used: [before, await readUsage()] };
  }

  async buys(): Promise<void> {
    this.stage.say(
      '\nHow her feelings moved is in the plan, which the owner gives her. A store would do the same.',
    );
    await showCall(this, 'GET /v1/spectrum', { expect: 402 });
    const by = new Customer(this.stage.url, this.stage.ownerKey);
    const body = { email: ADA.email, product: 'prism', plan: 'prism.prism' };
    await showCall({ stage: this.stage, by }, 'POST /v1/admin/grants', { body, expect: 201 });
  }

  async setsAGoal(): Promise<void> {
    this.stage.say('\nA goal, and three next actions. Nothing of them is saved until she takes one.');
    const body = { title: 'Run ten kilometres', why: 'A clear head' };
    const goal = `/v1/lens/goals/${String((await showCall(this, 'POST /v1/lens/goals', { body, expect: 201 })).body['id'])}`;
    const suggested = await showCall(this, `POST ${goal}/suggest`, { expect: 200 });
    const [first] = suggested.body['suggestions'] as { title: string }[];
    const days = [1, 2];
    for (const day of days) {
      const action = { title: first?.title, source: 'suggested' };
      const added = await showCall(this, `POST ${goal}/actions`, { body: action, expect: 201 });
      const done = { body: { done: true }, expect: 200 };
      await showCall(this, `PATCH /v1/lens/actions/${String(added.body['id'])}`, done);
      if (day < days.length) await this.stage.advance('1 day');
    }
    await showCall(this, `GET ${goal}`, { expect: 200 });
  }

  async looksBack(session: string): Promise<Week['spectrum']> {
    this.stage.say('\nHer spectrum by weeks. A session that she deletes leaves it in the same moment.');
    const weeks = async () => {
      const { body } = await showCall(this, 'GET /v1/spectrum?bucket=week', { expect: 200 });
      return (body['data'] as unknown[]).length;
    };
    const before = await weeks();
    await showCall(this, `DELETE /v1/mirror/sessions/${session}`, { expect: 200 });
    return [before, await weeks()];
  }
}

/** How many messages have a job that will draw their fragments. */
export async function fragmentsDue(db: Database): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>(`select count(*)::int as n from prism.mirror_messages where drawing = 'due'`),
  );
  return row?.n ?? 0;
}
