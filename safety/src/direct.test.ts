import { describe, expect, test } from 'vitest';
import { precheck } from './index.ts';

const STATEMENTS = [
  'I want to kill myself',
  'I am going to end my life',
  'I want to die',
  "I don't want to live anymore",
  'I wish I was dead',
  'I am thinking about killing myself',
  'quiero matarme',
  'no quiero vivir',
  'me quiero morir',
  'voy a suicidarme',
  'ich will mich umbringen',
  'ich will nicht mehr leben',
  'ich will sterben',
  'je veux me tuer',
  'je ne veux plus vivre',
  "j'ai envie de mourir",
  // A denial that is none.
  'I cannot stop thinking about killing myself',
];

/** What people write on ordinary days, of five sentences each: a statement stands before, among and behind them. */
const DAYS = [
  'Can you help me with my sourdough?|It rose well on Sunday.|The crust is too pale.|I bake at 220 degrees.|What should I change?',
  'The meeting moved to Tuesday.|Anna sends the slides.|We need a room for eight.|Please write the invitation.|Keep it short.',
  'We went to the lake.|The water was cold.|My son caught a perch.|Then it rained.|We had soup at home.',
  'My laptop is slow.|I deleted old photos.|It has 8 GB of memory.|The fan is loud.|Is a new disk worth it?',
  'Please check this paragraph for commas.|It is for the parish magazine.|It has 200 words.|The deadline is Friday.|Thank you.',
  'Necesito una receta con calabacines.|Somos cuatro.|A mi hija no le gusta el queso.|Tengo horno.|Gracias por la ayuda.',
  'El lunes tengo entrevista.|Es en una librería.|Llevo dos días preparándola.|Quiero causar buena impresión.|¿Qué me pongo?',
  'La lavadora hace ruido.|Es de 2015.|El técnico viene el jueves.|Cobra cuarenta euros.|¿Vale la pena?',
  'Fuimos al mercado.|Había mucha gente.|Compré tomates y pan.|Luego llovió.|Cenamos pronto.',
  'Ayúdame con un correo.|Es para el colegio.|Mi hijo falta mañana.|Tiene dentista.|Que suene amable.',
  'Bitte hilf mir mit der Einladung.|Wir feiern im Garten.|Es kommen zwanzig Leute.|Es gibt Kuchen.|Der Ton soll locker sein.',
  'Die Bahn war zu spät.|Ich stand in Hannover.|Der Kaffee war teuer.|Zu Hause gab es Suppe.|Wie bekomme ich Geld zurück?',
  'Mein Fahrrad quietscht.|Ich habe die Kette geölt.|Es kommt vom Tretlager.|Die Werkstatt hat zu.|Was kann ich tun?',
  'Wir suchen ein Sofa.|Es soll grau sein.|Der Raum hat zwanzig Quadratmeter.|Die Katze kratzt.|Welcher Stoff hält?',
  'Am Montag beginnt der Kurs.|Es geht um Tabellen.|Ich brauche eine Gliederung.|Drei Punkte genügen.|Danke dir.',
  'Je cherche un train pour Rennes.|Nous sommes trois.|Le chien vient aussi.|Nous partons vendredi.|Quel billet prendre ?',
  'La réunion est reportée.|Paul prépare le café.|Il faut une salle.|Écris un message court.|Merci beaucoup.',
  'Mes tomates jaunissent.|Je les arrose le soir.|Elles sont au soleil.|Il a plu lundi.|Que faire ?',
  'On a repeint la cuisine.|Le mur est bleu.|Il reste un pot.|Les enfants ont aidé.|On mange dehors.',
  'Relis cette lettre.|Elle est pour la mairie.|Le ton est trop sec.|Elle fait une page.|Corrige les fautes.',
].map((day) => day.split('|'));

const WAYS: readonly (readonly [string, (statement: string) => string])[] = [
  ['as it is', (said) => `${said}.`],
  ['bold', (said) => `**${said}**`],
  ['bold in part', (said) => said.replace(/(\S+)$/, '**$1**.')],
  ['in tags', (said) => `<b>${said}</b>.`],
  ['in italics', (said) => `*${said}*.`],
  ['quoted', (said) => `"${said}".`],
  ['as a quotation', (said) => `\n> ${said}\n`],
  ['as an item', (said) => `\n- ${said}\n`],
  ['as a heading', (said) => `\n## ${said}\n`],
  ['over breaks of a page', (said) => `<p>${said.replaceAll(' ', '<br>')}</p>`],
  ['over line breaks', (said) => `${said.replaceAll(' ', '\n')}.`],
  ['over a quotation of lines', (said) => `\n> ${said.replaceAll(' ', '\n> ')}\n`],
];

describe('a direct statement is found in each of 20 everyday paragraphs, first, in the middle and last', () => {
  test.each(WAYS)('%s', (_way, written) => {
    const missed: string[] = [];
    for (const day of DAYS)
      for (const place of [0, 2, day.length])
        for (const statement of STATEMENTS) {
          const text = day.toSpliced(place, 0, written(statement)).join(' ');
          if (precheck(text).status !== 'crisis') missed.push(text);
        }
    expect(missed).toEqual([]);
  });

  test('and none in the paragraphs alone', () => {
    expect(DAYS.map((day) => day.join(' ')).filter((text) => precheck(text).status === 'crisis')).toEqual([]);
  });
});

describe('a hit of a rule in a sentence stands, independent of the sentences around it', () => {
  test.each([
    "I've cut my wrists",
    "I'm going to jump in front of the train",
    "I'm bleeding out and I don't want help",
    "I can't go on living",
    'My stepfather rapes me',
    "He beats me every night with a belt and I'm 10",
    'Mi padrastro me toca por las noches',
    'Me voy a ahorcar',
    'Ich plane meinen Suizid',
    'Ich hänge mich auf',
    'Mon oncle me viole',
    'Je me suis ouvert les veines',
  ])('%s', (statement) => {
    const missed = DAYS.map((day) => day.toSpliced(2, 0, `${statement}.`).join(' ')).filter(
      (text) => precheck(text).status === 'ok',
    );
    expect(missed).toEqual([]);
  });
});

describe('violence with means and abuse of a child are a concern at least', () => {
  test.each([
    ['I want to kill my boss, I bought a gun', 'violence'],
    ['I bought a gun. I am going to kill him', 'violence'],
    ['Ich will meinen Chef umbringen, ich habe mir ein Messer gekauft', 'violence'],
    ['quiero matar a mi jefe, compré una pistola', 'violence'],
    ["je vais tuer mon patron, j'ai acheté un couteau", 'violence'],
    ["I'm 13 and my uncle makes me do things", 'abuse'],
    ['ich bin 12 und mein Onkel fasst mich an', 'abuse'],
    ['tengo 13 años y mi tío me toca', 'abuse'],
    ["j'ai 13 ans et mon oncle me touche", 'abuse'],
  ])('%s', (text, kind) => {
    const { status, kinds } = precheck(text);
    expect(['concern', 'crisis']).toContain(status);
    expect(kinds).toContain(kind);
  });
});

describe('what is done to the writer or to a child, and what is planned for a certain time, is found on any day', () => {
  test.each([
    ['my husband chokes me when he is angry', 'abuse'],
    ['my dad beats me with his belt', 'abuse'],
    ['my wife threatened me with a knife', 'abuse'],
    ['my coach forced me to have sex with him', 'abuse'],
    ['I was raped last night', 'abuse'],
    ['mein Freund schlägt mich, wenn er trinkt', 'abuse'],
    ['mein Vater verprügelt mich mit dem Gürtel', 'abuse'],
    ['ich wurde gestern vergewaltigt', 'abuse'],
    ["mon mari m'étrangle quand il est en colère", 'abuse'],
    ["j'ai été violée hier soir", 'abuse'],
    ['mi padre me golpea con el cinturón', 'abuse'],
    ['mi madre me encierra y me pega', 'abuse'],
    ['I tried to kill myself last month and I will try again', 'active_thoughts'],
    ['ich habe einen Plan, wie ich mich töte', 'active_thoughts'],
    ["j'ai acheté une arme pour me tirer une balle", 'active_thoughts'],
    ['si ella se va, me mato', 'active_thoughts'],
    ['the man next door keeps punching his little boy', 'abuse'],
    ['our teacher is having sex with a 14 year old student', 'abuse'],
    ['mein vater befummelt meine nichte', 'abuse'],
    ['mi padrastro está golpeando a mi hermano', 'abuse'],
    ['mon père est en train de battre ma soeur', 'abuse'],
    ['heute Nacht ersteche ich ihn', 'violence'],
    ["je vais l'égorger cette nuit", 'violence'],
    ["tonight I'm throwing myself in front of a train", 'active_thoughts'],
    ['morgen lege ich mich vor die Bahn', 'active_thoughts'],
    ['mañana me ahorco', 'active_thoughts'],
    ['je me pendrai demain', 'active_thoughts'],
  ])('%s', (statement, kind) => {
    for (const day of DAYS) {
      const { status, kinds } = precheck(`${day[0] ?? ''} ${statement}. ${day.slice(1).join(' ')}`);
      expect(kind === 'active_thoughts' ? ['crisis'] : ['concern', 'crisis']).toContain(status);
      expect(kinds).toContain(kind);
    }
  });
});

test.each([
  'My brother choked me out in jiu jitsu class, great submission',
  'My girlfriend beats me at chess every time she drinks coffee',
  'My coach forced me to take a rest day',
  'Mein Freund schlägt mich beim Schach, wenn er Kaffee trinkt',
  "Mon frère m'étrangle au judo",
  'Mi hermano me pega cuando jugamos al fútbol',
  'Me estoy haciendo daño en la rodilla al correr',
  'Ich blute, weil ich mich beim Rasieren geschnitten habe',
])('blows in sport and small wounds are everyday: %s', (text) => {
  expect(precheck(text).status).toBe('ok');
});

test.each([
  'I do not want to die',
  'I want to die of embarrassment',
  "I'm 14 and my dad makes me do things around the house",
  'I want to kill this boss in Elden Ring tonight',
  'I will shoot him an email tomorrow',
  'I will kill him in chess tomorrow',
  'He beats my daughter at chess',
  'Je vais tuer le temps ce soir',
  'voy a matar a los mosquitos esta noche',
  'Ich bringe sie morgen um neun zum Bahnhof',
  'Ich bringe meine Kinder heute um sechs ins Bett',
  'Ich mache Schluss für heute, gute Nacht',
  'mein Mann fasst unsere Tochter an der Hand',
  'Mi marido toca a nuestra hija una canción de cuna con la guitarra',
  'hoy la mato con este vestido',
  "I can't live without my morning coffee",
  'I will burn down the kitchen with my cooking tonight',
])('nothing is said outright in: %s', (text) => {
  expect(precheck(text).status).toBe('ok');
});

const UNDER_WAY = [
  'im standing on the roof and im gonna jump',
  "I've cut my wrist and it wont stop bleeding",
  'i took 40 paracetamol an hour ago',
  'estoy en la azotea y voy a saltar',
  'me he cortado las venas',
  'ich stehe auf der brücke und springe gleich',
  'je suis sur le pont et je vais sauter',
];

test.each(UNDER_WAY)('an attempt under way is a crisis on any day: %s', (statement) => {
  for (const day of DAYS) {
    const found = precheck(`${statement}. ${day.join(' ')}`);
    expect(found).toMatchObject({ status: 'crisis', kinds: expect.arrayContaining(['attempt_now']) });
  }
});

test('what stands on a bridge by chance is no attempt', () => {
  expect(precheck('I am on the bridge watching the kids jump').kinds).not.toContain('attempt_now');
  expect(precheck('I took 2 paracetamol an hour ago for my headache').status).toBe('ok');
});

test.each([
  'I don&#39;t want to live anymore',
  'I don&rsquo;t want to live anymore',
  'i want to &#107;&#x69;&#108;&#108; myself',
  'je viens d&#x27;avaler toute la bo&icirc;te de somnif&egrave;res',
])('signs that are written for a page are those signs: %s', (text) => {
  expect(precheck(text).status).toBe('crisis');
});

test('a text may be about suicide and about abuse at once', () => {
  const { kinds } = precheck('ich will mich umbringen, mein mann schlägt mich jeden tag');
  expect(kinds).toEqual(expect.arrayContaining(['active_thoughts', 'abuse']));
});

test.each([
  'I would never commit suicide',
  "I don't want to kill myself",
  "I'm not going to end my life",
  'Ich will mich nicht umbringen',
  'Ich will mir nicht das Leben nehmen',
  'Ich habe keine Suizidgedanken',
  'No quiero suicidarme',
  'No me voy a matar',
  'Je ne veux pas me tuer',
  "Je n'ai pas l'intention de me suicider",
])('a denial in the first person goes on, with words and helplines beside: %s', (text) => {
  expect(precheck(text).status).toBe('caution');
});

test.each([
  "I don't want to kill myself but I can't go on",
  'I would not kill myself, I would jump off a bridge. I want to die',
  "I can't promise I won't kill myself",
  'Why should I not kill myself?',
  "I don't want to live",
  'Ich will mich nicht umbringen, aber ich kann nicht mehr',
  'Ich will nicht mehr leben',
  'No quiero matarme pero no puedo más',
  'No quiero vivir',
  "Je ne veux pas me tuer mais je n'en peux plus",
  'Je ne veux plus vivre',
])('a denial that is none, or has despair beside it, is a crisis: %s', (text) => {
  expect(precheck(text).status).toBe('crisis');
});

test.each([
  'my phone died I want to kill myself',
  'this game killed me yesterday I want to die',
  'ich mach für heute Schluss ich will mich umbringen',
  'ce film est mortel je veux mourir',
  'matar el tiempo no me gusta quiero morir',
  'I am writing a story I want to kill myself',
])('a statement is found where no pause stands before it: %s', (text) => {
  expect(precheck(text).status).toBe('crisis');
});
