import type { SignedCaller } from '../server-caller.ts';

/** A conversation of the sample's owner with Prism's mirror. */
interface Conversation {
  readonly title: string;
  readonly says: readonly string[];
}

/** By the days of the sample. */
const CONVERSATIONS: Readonly<Record<number, Conversation>> = {
  4: {
    title: 'Before the move',
    says: ['I am torn about the move.', 'I look forward to the garden, and I am sad to leave my friends.'],
  },
  11: {
    title: 'A long week',
    says: ['I am tired of meetings and proud of what we shipped.', 'I want a morning without calls.'],
  },
  18: {
    title: 'The talk with Sam',
    says: ['I was angry at first, and then relieved that we talked.', 'I am grateful that Sam listened.'],
  },
  25: {
    title: 'Running again',
    says: ['I ran this morning and felt calm.', 'I am hopeful about the spring.'],
  },
  32: {
    title: 'A new team',
    says: ['I am curious about the new team, and a little anxious.', 'I want to learn their names first.'],
  },
};
/** Thoughts that are turned, and whether that helped. */
const THOUGHTS: Readonly<Record<number, readonly [string, boolean]>> = {
  6: ['I always ruin everything.', true],
  14: ['They only keep me because they are polite.', true],
  21: ['If I say no once, nobody asks me again.', false],
  29: ['I should have known this years ago.', true],
  36: ['A day without a plan is a lost day.', true],
};
const GOAL_DAY = 8;

/** A day's work that is kept in the memory: what was said, what was decided, and which file it is about. */
interface Work {
  readonly title: string;
  readonly said: readonly [question: string, answer: string];
  readonly decision: string;
  readonly because: string;
  readonly file: string;
}

const WORK: Readonly<Record<number, Work>> = {
  5: {
    title: 'Why the import is slow',
    said: [
      'The import of users takes an hour. Why?',
      'parseUserId in src/import/users.ts reads the whole file for each row. Read it once.',
    ],
    decision: 'Read the file of users once',
    because: 'The file is read before the first row and kept in a map by id.',
    file: 'src/import/users.ts',
  },
  15: {
    title: 'Invoices of two currencies',
    said: [
      'A customer pays in euros and another one in dollars. Where is that said?',
      'src/billing/invoice.ts takes the currency of the customer, and sums are kept for each currency.',
    ],
    decision: 'Sums are kept for each currency',
    because: 'Two currencies have no sum without a rate, and a rate is of a day.',
    file: 'src/billing/invoice.ts',
  },
  26: {
    title: 'The import in parts',
    said: [
      'The import of users needs 2 GB now. Can src/import/users.ts read in parts?',
      'Sort the file by id first: then one part is in memory at a time.',
    ],
    decision: 'The import reads a sorted file in parts',
    because: 'A map of all users outgrew the memory of the smallest machine.',
    file: 'src/import/users.ts',
  },
};
const CONTEXT_DAY = 3;

/** The owner in the organization and as a person, and the products that run here. */
interface Owner {
  readonly owner: SignedCaller;
  readonly person: SignedCaller;
  readonly products: ReadonlySet<string>;
}

/** Does a day's acts of the sample's owner: pages of a person show that person's own. */
export async function ownDay({ owner, person, products }: Owner, day: number): Promise<void> {
  if (products.has('prism')) await reflect(person, day);
  if (products.has('coditect')) await remember(owner, day);
}

async function remember(owner: SignedCaller, day: number): Promise<void> {
  if (day === CONTEXT_DAY)
    await owner.call('POST /v1/context/technical', {
      name: 'architecture.md',
      text: 'One server in front of one PostgreSQL. Jobs are rows.',
    });
  const work = WORK[day];
  if (work === undefined) return;
  const { title, said, decision, because, file } = work;
  const { id: session } = await owner.call('POST /v1/sessions', { client_id: `sample-${day}`, title });
  const messages = said.map((text, index) => ({
    client_id: `sample-${day}-${index}`,
    role: index === 0 ? 'user' : 'assistant',
    text,
  }));
  await owner.call(`POST /v1/sessions/${String(session)}/messages`, { messages });
  const { id } = await owner.call('POST /v1/decisions', {
    client_id: `sample-adr-${day}`,
    title: decision,
    context: said[0],
    rationale: because,
  });
  await owner.call(`POST /v1/decisions/${String(id)}/links`, { type: 'implements', path: file });
}

async function reflect(person: SignedCaller, day: number): Promise<void> {
  const conversation = CONVERSATIONS[day];
  if (conversation !== undefined) await converse(person, conversation);
  const [thought, helpful] = THOUGHTS[day] ?? [];
  if (thought !== undefined) {
    const { id } = await person.call('POST /v1/turns', { thought, style: 'gentle' });
    await person.call(`POST /v1/turns/${String(id)}/feedback`, { helpful });
  }
  if (day === GOAL_DAY) await setGoal(person);
}

async function converse(person: SignedCaller, { title, says }: Conversation): Promise<void> {
  // Nothing is drawn from words before their person has said that it may be.
  await person.call('PATCH /v1/profile', { consents: { insights: true } });
  const { id } = await person.call('POST /v1/mirror/sessions', { title });
  for (const content of says) await person.call('POST /v1/mirror/messages', { session_id: id, content });
  await person.call(`POST /v1/mirror/sessions/${String(id)}/close?wait=25`);
}

async function setGoal(person: SignedCaller): Promise<void> {
  const { id: goal } = await person.call('POST /v1/lens/goals', {
    title: 'Run ten kilometres',
    why: 'To have a clear head in the evening',
  });
  for (const title of ['Put the shoes beside the door', 'Run three kilometres on Sunday']) {
    const { id } = await person.call(`POST /v1/lens/goals/${String(goal)}/actions`, { title });
    if (title.startsWith('Put')) await person.call(`PATCH /v1/lens/actions/${String(id)}`, { done: true });
  }
}
