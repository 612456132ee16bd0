import { describe, expect, test } from 'vitest';
import type { Platform } from '../../../products/reel/platforms.ts';
import type { Brief } from '../briefs.ts';
import { type Candidate, RULES } from './index.ts';

const BRIEF: Brief = {
  id: 'test',
  topic: 'Sourdough in a cold kitchen',
  language: 'en',
  audience: 'people who bake on Sundays',
  brand_voice: 'Avoids: game-changer.',
  avoid: ['game-changer'],
};

const GOOD = {
  hook: 'Your sourdough is flat because the kitchen is cold',
  body: 'Put the bowl on top of the fridge tonight.\n\nThe dough rises where the warm air gathers, and by morning it has a dome in place of a dent. Your hands did nothing wrong. The room did.',
  cta: 'Save this for Sunday morning.',
  hashtags: ['#Sourdough', '#ColdKitchen'],
};

/** The same, as short as X wants it. */
const SHORT = {
  ...GOOD,
  body: 'Put the bowl on top of the fridge tonight: warm air gathers there, and the dough finds it.',
};

const ANOTHER = {
  hook: 'Your oven light is a proofing box for sourdough',
  body: 'Switch it on, close the door, and slide the dough in for the night. No gadget beats a bulb that is already there.',
  cta: 'Where does your dough rest in winter?',
  hashtags: ['#SourdoughTips'],
};

interface Change {
  readonly post?: Partial<Candidate['post']>;
  readonly brief?: Partial<Brief>;
  readonly platform?: Platform;
  readonly others?: Candidate['others'];
}

function candidate({ post, brief, platform = 'instagram', others = [ANOTHER] }: Change = {}): Candidate {
  return { brief: { ...BRIEF, ...brief }, platform, post: { ...GOOD, ...post }, others };
}

function objections(change: Change): string[] {
  return RULES.flatMap(({ name, objection }) => (objection(candidate(change)) === undefined ? [] : [name]));
}

test.each(['tiktok', 'instagram', 'youtube'] as const)('a good post keeps all rules on %s', (platform) => {
  expect(objections({ platform })).toEqual([]);
});

test('a good post keeps all rules on X, where it is shorter', () => {
  expect(objections({ platform: 'x', post: SHORT })).toEqual([]);
});

/** Bad posts, each with the rule that strikes it out. */
const BAD: readonly (readonly [rule: string, what: string, change: Change])[] = [
  [
    'hook length',
    'a hook that nobody reads to its end',
    { post: { hook: `${GOOD.hook}, ${'and so on '.repeat(8)}` } },
  ],
  ['hook length', 'a hook of two lines', { post: { hook: 'Cold kitchens\nflatten sourdough' } }],
  ['hook opens', 'a greeting', { post: { hook: 'Hey everyone, sourdough time' } }],
  [
    'hook opens',
    'a worn opening',
    { post: { hook: 'Did you know that sourdough sleeps in a cold kitchen?' } },
  ],
  ['hook opens', 'a question that no answers', { post: { hook: 'Struggling with sourdough?' } }],
  [
    'hook opens',
    'a German question that ja answers',
    { brief: { language: 'de' }, post: { hook: 'Geht dein Sourdough nicht auf?' } },
  ],
  [
    'hook concrete',
    'a hook that could stand before anything',
    { post: { hook: 'This one thing will surprise you' } },
  ],
  [
    'on topic',
    'a post about something else',
    { post: ANOTHER, brief: { topic: 'How to answer a rent increase letter' } },
  ],
  [
    'one idea',
    'a list of everything',
    { post: { body: 'Remember sourdough:\n- flour\n- water\n- salt\n- time\n- warmth' } },
  ],
  [
    'one idea',
    'a second thought after a second thought',
    { post: { body: `${GOOD.body} Also, weigh it. Also, wait.` } },
  ],
  ['one idea', 'too many sentences for X', { platform: 'x', post: { body: 'One. Two. Three. Four. Five.' } }],
  [
    'no invented figures',
    'a percentage from nowhere',
    { post: { body: `${GOOD.body} It rises 40 % faster.` } },
  ],
  ['no invented figures', 'a price from nowhere', { post: { body: `${GOOD.body} It costs $5.` } }],
  ['one call', 'no call', { post: { cta: '' } }],
  ['one call', 'two calls', { post: { cta: 'Save this and follow for more.' } }],
  ['one call', 'a sentence that asks for nothing', { post: { cta: 'Bread is life.' } }],
  [
    'one call',
    'two calls in Spanish',
    { brief: { language: 'es' }, post: { cta: 'Guárdalo y compártelo con alguien.' } },
  ],
  ['call at the end', 'a call in the body', { post: { body: `${GOOD.body} Link in bio!` } }],
  ['hashtags valid', 'no hashtags', { post: { hashtags: [] } }],
  [
    'hashtags valid',
    'more hashtags than X shows',
    { platform: 'x', post: { hashtags: ['#Sourdough', '#Cold', '#Kitchen'] } },
  ],
  ['hashtags valid', 'one hashtag twice', { post: { hashtags: ['#Sourdough', '#sourdough'] } }],
  ['hashtags valid', 'a hashtag of two words', { post: { hashtags: ['#cold kitchen'] } }],
  ['hashtags valid', 'a hashtag that fits any post', { post: { hashtags: ['#Sourdough', '#fyp'] } }],
  ['hashtags related', 'hashtags of another post', { post: { hashtags: ['#Crypto', '#Investing'] } }],
  ['language', 'an English post where German was asked for', { brief: { language: 'de' } }],
  ['length', 'a post that X refuses', { platform: 'x', post: { body: 'The room was cold. '.repeat(20) } }],
  ['length', 'a post that says nothing', { platform: 'linkedin', post: { body: 'Warm it.' } }],
  ['plain text', 'markdown', { post: { body: `**Warm it.** ${GOOD.body}` } }],
  ['plain text', 'a placeholder', { post: { cta: 'Save this for [your next event].' } }],
  ['plain text', 'a label', { post: { hook: 'Hook: cold kitchens flatten sourdough' } }],
  ['plain text', 'quotation marks around a part', { post: { hook: `"${GOOD.hook}"` } }],
  [
    'plain text',
    'a model that speaks of itself',
    { post: { body: `As an AI, I bake nothing. ${GOOD.body}` } },
  ],
  ['brand words', 'a word that the brand avoids', { post: { body: `${GOOD.body} A real game-changer.` } }],
  ['variants differ', 'the same post twice', { others: [{ ...GOOD, hook: 'Another hook about sourdough' }] }],
  ['variants differ', 'the same hook twice', { others: [{ ...ANOTHER, hook: GOOD.hook.toUpperCase() }] }],
  [
    'prompt kept',
    'a post that recites our prompt',
    {
      post: {
        body: 'You are the editor whom creators hire when a post has to be read to its end. Sourdough.',
      },
    },
  ],
];

describe('a bad post is struck out', () => {
  test.each(BAD)('by the rule "%s": %s', (rule, _what, change) => {
    expect(objections(change)).toContain(rule);
  });

  test('and every rule has a bad post of its own', () => {
    expect(new Set(BAD.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ name }) => name)));
  });
});

/** What rules must not be wrong about. */
const FINE: readonly (readonly [what: string, change: Change])[] = [
  ['an open question as a hook', { post: { hook: 'Why does sourdough sulk in a cold kitchen?' } }],
  [
    'a number of the brief',
    { brief: { topic: 'Sourdough at 17 °C' }, post: { body: `${GOOD.body} At 17 °C it sleeps.` } },
  ],
  ['a small count of its own', { post: { body: `${GOOD.body} It takes 2 bowls.` } }],
  ['a call that is a question', { post: { cta: 'Where does your dough rest?' } }],
  ['a call that shares an answer', { post: { cta: 'Share your coldest bake in the comments.' } }],
  [
    'words of a topic that look like markup',
    { brief: { topic: '**Sourdough** tips' }, post: { hook: '**Sourdough** tips for a cold kitchen' } },
  ],
  [
    'a German post for LinkedIn',
    {
      platform: 'linkedin',
      brief: { topic: 'Belege für die Steuer das ganze Jahr über sammeln', language: 'de' },
      post: {
        hook: 'Der Schuhkarton unter dem Schreibtisch kostet dich den April',
        body: 'Im Januar passt der erste Beleg noch hinein. Im Herbst klemmt der Deckel, und im April sitzt du mit verblasstem Thermopapier am Küchentisch.\n\nEs geht ruhiger. Jeder Beleg bekommt am selben Abend ein Foto und einen Ordner mit dem Namen des Monats. Mehr ist es nicht: kein neues Programm, kein Wochenende.\n\nWas du am Montag tun kannst: Leg den Ordner für diesen Monat an und fotografiere die Belege, die gerade in deiner Jackentasche stecken.',
        cta: 'Wo liegen deine Belege gerade? Schreib es in die Kommentare.',
        hashtags: ['#Steuer', '#Belege', '#Selbstständig'],
      },
      others: [],
    },
  ],
  [
    'a French post on X, with its narrow spaces',
    {
      platform: 'x',
      brief: { topic: 'Aller au travail à vélo quand il pleut', language: 'fr' },
      post: {
        hook: 'À vélo sous la pluie, ce sont les mains qui lâchent en premier',
        body: 'Pas les jambes. Des gants secs dans la sacoche, et le trajet redevient un trajet.',
        cta: 'Et vous, que gardez-vous au sec ?',
        hashtags: ['#VéloTaf'],
      },
      others: [],
    },
  ],
  [
    'a Spanish script for TikTok',
    {
      platform: 'tiktok',
      brief: { topic: 'Llevar un cuaderno de gastos en papel', language: 'es-MX' },
      post: {
        hook: 'Tu cuaderno de gastos sabe más que tu aplicación',
        body: 'Ábrelo en la cocina.\nEscribe el café de hoy.\nEscribe el pan.\nCuando la mano apunta, la cabeza se entera.\nUna aplicación suma sola; tú no ves nada.',
        cta: 'Guárdalo para la próxima quincena.',
        hashtags: ['#GastosEnPapel', '#CuadernoDeGastos'],
      },
      others: [],
    },
  ],
  [
    'a Japanese post, which says more in fewer letters',
    {
      brief: { topic: '寒い台所のパン作り', language: 'ja' },
      post: {
        hook: '寒い台所がパンをつぶしている',
        body: '今夜はボウルを冷蔵庫の上に置いてみましょう。あたたかい空気は上にたまります。朝には生地がふっくらと丸くなっています。手のせいではなく、部屋のせいでした。台所のいちばん高い場所を、パンの寝床にしてください。',
        cta: '次に焼く日のために保存してください。',
        hashtags: ['#パン作り', '#寒い台所'],
      },
      others: [],
    },
  ],
];

describe('a post is not struck out', () => {
  test.each(FINE)('for %s', (_what, change) => {
    expect(objections(change)).toEqual([]);
  });
});
