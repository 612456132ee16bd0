/** Days that the sample tells: a month, and the days before it that reports compare it with. */
export const DAYS = 38;

/** A card of Stripe's list for tests that is taken, and declined when it is charged. */
const FAILS_LATER = '4000000000000341';

/** A customer of the sample, by the days of it: 1 is the first. */
export interface Arrival {
  readonly day: number;
  readonly name: string;
  readonly company: string;
  readonly email: string;
  readonly product: 'gateway' | 'reel';
  /** Calls of a working day when they arrive. */
  readonly calls: number;
  readonly plan?: string;
  readonly buysOn?: number;
  /** `granted`: by the operator, without a payment. */
  readonly card?: string;
  readonly refundedOn?: number;
  /** Minor units. */
  readonly refund?: number;
  /** Asks for more than the plan has, at times. */
  readonly greedy?: true;
}

const at = (name: string) => `${name}@sample.example`;

export const ARRIVALS: readonly Arrival[] = [
  {
    day: 1,
    name: 'Ada Lovelace',
    company: 'Analytical Works',
    email: at('ada'),
    product: 'gateway',
    calls: 3,
    plan: 'scale',
    buysOn: 2,
  },
  {
    day: 1,
    name: 'Grace Hopper',
    company: 'Compiler & Co',
    email: at('grace'),
    product: 'gateway',
    calls: 2,
    plan: 'team',
    buysOn: 4,
  },
  {
    day: 2,
    name: 'Mary Somerville',
    company: 'Somerville Studio',
    email: at('mary'),
    product: 'reel',
    calls: 1,
    plan: 'standard',
    buysOn: 2,
  },
  {
    day: 4,
    name: 'Emmy Noether',
    company: 'Noether Rings',
    email: at('emmy'),
    product: 'gateway',
    calls: 1,
    greedy: true,
  },
  {
    day: 6,
    name: 'Sophie Germain',
    company: 'Germain Press',
    email: at('sophie'),
    product: 'reel',
    calls: 1,
    plan: 'basic',
    buysOn: 6,
    greedy: true,
  },
  {
    day: 9,
    name: 'Hedy Lamarr',
    company: 'Frequency Labs',
    email: at('hedy'),
    product: 'gateway',
    calls: 2,
    plan: 'scale',
    buysOn: 22,
    card: FAILS_LATER,
  },
  {
    day: 12,
    name: 'Maria Agnesi',
    company: 'Agnesi Media',
    email: at('agnesi'),
    product: 'reel',
    calls: 1,
    plan: 'pro',
    buysOn: 13,
    refundedOn: 13,
    refund: 1_500,
  },
  {
    day: 16,
    name: 'Rosalind Franklin',
    company: 'Helix Imaging',
    email: at('rosalind'),
    product: 'gateway',
    calls: 2,
    plan: 'team',
    buysOn: 17,
  },
  {
    day: 19,
    name: 'Annie Easley',
    company: 'Easley Launch',
    email: at('annie'),
    product: 'gateway',
    calls: 1,
    greedy: true,
  },
  {
    day: 23,
    name: 'Lise Meitner',
    company: 'Meitner Energy',
    email: at('lise'),
    product: 'gateway',
    calls: 1,
    plan: 'scale',
    buysOn: 24,
    card: 'granted',
  },
  {
    day: 27,
    name: 'Chien-Shiung Wu',
    company: 'Parity Design',
    email: at('wu'),
    product: 'reel',
    calls: 1,
    plan: 'standard',
    buysOn: 28,
  },
  {
    day: 32,
    name: 'Katherine Johnson',
    company: 'Orbit Figures',
    email: at('katherine'),
    product: 'gateway',
    calls: 2,
    plan: 'team',
    buysOn: 33,
  },
  {
    day: 36,
    name: 'Jocelyn Bell',
    company: 'Pulsar Notes',
    email: at('jocelyn'),
    product: 'reel',
    calls: 1,
    plan: 'basic',
    buysOn: 36,
  },
  {
    day: 37,
    name: 'Vera Rubin',
    company: 'Rotation Curves',
    email: at('vera'),
    product: 'gateway',
    calls: 1,
  },
];

/** Prompts of their calls. */
export const TOPICS = [
  'Why small teams ship faster',
  'A release note for a faster search',
  'Three questions for a first interview',
  'How a garden saves water in August',
  'A subject line for the autumn offer',
  'Notes of a call about a late delivery',
  'A kinder answer to an angry customer',
];
