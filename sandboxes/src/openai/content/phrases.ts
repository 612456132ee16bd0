import type { Language } from './words.ts';

type Phrases = readonly [string, ...string[]];

/**
 * Templates of one language. {t} is the topic as it was given, {k} and {l} are keywords of it, {a} is the audience. A topic may be a noun, a
 * clause or a question, so it only stands where a title can.
 */
export interface PhraseBook {
  readonly hooks: Phrases;
  readonly openings: Phrases;
  readonly points: Phrases;
  readonly closings: Phrases;
  readonly calls: Phrases;
  readonly audience: string;
  /** An answer to a greeting. */
  readonly opener: string;
  readonly replies: Phrases;
  /** Another side of a thought. */
  readonly turns: Phrases;
  readonly questions: Phrases;
  readonly summaries: Phrases;
  readonly reasons: Phrases;
  readonly actions: Phrases;
}

/** What the sandbox writes with: six hooks, openings and calls, for the most variants that a request has. */
export const PHRASES: Readonly<Record<Language, PhraseBook>> = {
  en: {
    hooks: [
      '{t}: the part nobody talks about',
      'What to leave out of “{t}”',
      '{t}: it starts smaller than you think',
      'The short answer to “{t}” is not the obvious one',
      '{t}, explained without the jargon',
      'Before you try “{t}”, read this',
    ],
    openings: [
      'Everyone has an opinion on {k}. Few have tried it for a month.',
      'With {k}, the first step is always smaller than it looks.',
      'It is easy to look at {k} from the wrong end.',
      'Most advice on {k} skips the part that matters.',
      'Here is “{k}”, in plain words.',
      'When {k} feels hard, it is usually one habit too many.',
    ],
    points: [
      'Pick one thing, give it a week, and write down what changes.',
      'Less waiting, fewer hand-overs: that is where “{l}” comes from.',
      'What you leave out matters more than what you add.',
      'Talk about “{l}” before you talk about tools.',
      'Decide close to the work, and say out loud why.',
      'Look at “{l}” every week, not every quarter.',
    ],
    closings: [
      'Small steps, taken every day, beat big plans.',
      'The rest follows sooner than you expect.',
      'Do it once, and you will not go back.',
      'That is all there is to it.',
    ],
    calls: [
      'What is your experience with {k}? Tell us in the comments.',
      'Save this for your next planning day.',
      'Send it to someone who needs to read it today.',
      'Follow along for more on {k}.',
      'Which part would you start with?',
      'Say below where you see it differently.',
    ],
    audience: 'This one is for {a}.',
    opener: 'What would you like to begin with?',
    replies: [
      'Most of it comes down to “{k}”. Begin there, keep it small, and look at “{l}” after a week. What you leave out matters more than what you add.',
      'Start with “{k}”: one step that takes ten minutes. Then see what it changes for “{l}”. The rest follows sooner than you expect.',
      'First settle what “{k}” means for you, then look at “{l}”, and decide by what you see. Small steps, taken every day, beat big plans.',
    ],
    turns: [
      'There is more to “{k}” than this one moment: what went well before counts too.',
      '“{k}” is one part of the picture. The other part is what you have already done about it.',
    ],
    questions: [
      'What is one thing about “{k}” that you could look at today?',
      'When was “{k}” a little easier, and what was different then?',
    ],
    summaries: [
      'You spoke of “{k}” and “{l}”. What you want first has become clearer; when to begin stayed open.',
      'It was about “{k}” and “{l}”. You named what matters, and left the next step open.',
    ],
    reasons: [
      'It makes “{k}” clear enough to begin.',
      'After it you know more about “{k}”.',
      'It can be done today.',
    ],
    actions: ['Begin with “{k}”', 'Write down what “{k}” needs first', 'Ask somebody about “{k}”'],
  },
  de: {
    hooks: [
      '{t}: worüber kaum jemand spricht',
      'Was man bei „{t}“ weglassen kann',
      '{t}: Es beginnt kleiner, als man denkt',
      'Die kurze Antwort auf „{t}“ ist nicht die naheliegende',
      '{t}, ohne Fachchinesisch erklärt',
      'Lies das, bevor du „{t}“ angehst',
    ],
    openings: [
      'Zum Thema „{k}“ hat jeder eine Meinung. Ausprobiert haben es wenige.',
      'Bei „{k}“ ist der erste Schritt immer kleiner, als er aussieht.',
      'Man betrachtet „{k}“ leicht vom falschen Ende her.',
      'Die meisten Ratschläge zu „{k}“ lassen das Wichtigste weg.',
      '„{k}“, in klaren Worten.',
      'Wenn „{k}“ schwerfällt, ist es meist eine Gewohnheit zu viel.',
    ],
    points: [
      'Nimm dir eine Sache vor, gib ihr eine Woche und schreib auf, was sich ändert.',
      'Weniger warten, weniger übergeben: Daher kommt „{l}“.',
      'Was man weglässt, zählt mehr als das, was man hinzufügt.',
      'Sprich über „{l}“, bevor du über Werkzeuge sprichst.',
      'Entscheide nah an der Arbeit und sag laut, warum.',
      'Sieh dir „{l}“ jede Woche an, nicht jedes Quartal.',
    ],
    closings: [
      'Kleine Schritte, jeden Tag, schlagen große Pläne.',
      'Der Rest kommt früher, als man denkt.',
      'Einmal gemacht, will man nicht mehr zurück.',
      'Mehr ist es nicht.',
    ],
    calls: [
      'Welche Erfahrung hast du mit „{k}“? Schreib es in die Kommentare.',
      'Speichere dir das für den nächsten Planungstag.',
      'Schick es jemandem, der es heute lesen sollte.',
      'Folge uns für mehr zum Thema „{k}“.',
      'Mit welchem Teil fängst du an?',
      'Schreib uns, wo du es anders siehst.',
    ],
    audience: 'Gedacht für: {a}.',
    opener: 'Womit möchtest du anfangen?',
    replies: [
      'Das meiste hängt an „{k}“. Fang dort an, halte es klein und sieh dir nach einer Woche „{l}“ an.',
      'Beginne mit „{k}“: ein Schritt, der zehn Minuten dauert. Sieh dann, was er für „{l}“ ändert.',
      'Kläre zuerst, was „{k}“ für dich heißt, sieh dir dann „{l}“ an und entscheide nach dem, was du siehst.',
    ],
    turns: [
      'Zu „{k}“ gehört mehr als dieser eine Moment: Was vorher gelang, zählt auch.',
      '„{k}“ ist ein Teil des Bildes. Der andere ist, was du schon dafür getan hast.',
    ],
    questions: [
      'Was an „{k}“ könntest du dir heute ansehen?',
      'Wann war „{k}“ etwas leichter, und was war da anders?',
    ],
    summaries: [
      'Du hast von „{k}“ und „{l}“ gesprochen. Was zuerst kommt, ist klarer; wann es beginnt, blieb offen.',
      'Es ging um „{k}“ und „{l}“. Du hast benannt, was zählt; der nächste Schritt blieb offen.',
    ],
    reasons: [
      'So wird „{k}“ klar genug, um zu beginnen.',
      'Danach weißt du mehr über „{k}“.',
      'Das geht noch heute.',
    ],
    actions: ['Beginne mit „{k}“', 'Schreib auf, was „{k}“ zuerst braucht', 'Frag jemanden nach „{k}“'],
  },
  fr: {
    hooks: [
      '{t} : ce dont personne ne parle',
      'Ce qu’on peut retirer de « {t} »',
      '{t} : tout commence plus petit qu’on ne croit',
      'La réponse courte à « {t} » surprend',
      '{t}, expliqué sans jargon',
      'À lire avant de se lancer dans « {t} »',
    ],
    openings: [
      'Tout le monde a un avis sur « {k} ». Peu de gens ont essayé pendant un mois.',
      'Avec « {k} », le premier pas est toujours plus petit qu’il n’en a l’air.',
      'On prend facilement « {k} » par le mauvais bout.',
      'La plupart des conseils sur « {k} » oublient l’essentiel.',
      'Voici « {k} » en mots simples.',
      'Si « {k} » semble difficile, c’est souvent une habitude de trop.',
    ],
    points: [
      'Choisissez une seule chose, donnez-lui une semaine et notez ce qui change.',
      'Moins d’attente, moins de passages de relais : voilà d’où vient « {l} ».',
      'Ce qu’on enlève compte plus que ce qu’on ajoute.',
      'Parlez de « {l} » avant de parler d’outils.',
      'Décidez au plus près du travail, et dites pourquoi.',
      'Regardez « {l} » chaque semaine, pas chaque trimestre.',
    ],
    closings: [
      'De petits pas, chaque jour, valent mieux que de grands plans.',
      'Le reste vient plus vite qu’on ne le pense.',
      'Une fois suffit pour ne plus revenir en arrière.',
      'Il n’en faut pas plus.',
    ],
    calls: [
      'Quelle est votre expérience de « {k} » ? Dites-le en commentaire.',
      'Gardez ceci pour votre prochaine journée.',
      'Envoyez-le à quelqu’un qui doit le lire.',
      'Suivez-nous pour en savoir plus sur « {k} ».',
      'Par quelle partie commenceriez-vous ?',
      'Dites-nous où vous voyez les choses autrement.',
    ],
    audience: 'Pensé pour : {a}.',
    opener: 'Par quoi voulez-vous commencer ?',
    replies: [
      'L’essentiel tient à « {k} ». Commencez par là, restez modeste et regardez « {l} » après une semaine.',
      'Commencez par « {k} » : un pas de dix minutes. Voyez ensuite ce qu’il change pour « {l} ».',
      'Dites d’abord ce que « {k} » signifie pour vous, regardez ensuite « {l} », puis décidez.',
    ],
    turns: [
      'Il y a plus dans « {k} » que ce seul moment : ce qui a réussi avant compte aussi.',
      '« {k} » est une partie du tableau. L’autre est ce que vous avez déjà fait.',
    ],
    questions: [
      'Que pourriez-vous regarder aujourd’hui dans « {k} » ?',
      'Quand « {k} » était-il un peu plus facile, et qu’est-ce qui était différent ?',
    ],
    summaries: [
      'Vous avez parlé de « {k} » et de « {l} ». La priorité est plus claire ; le début reste ouvert.',
      'Il s’agissait de « {k} » et de « {l} ». L’important est dit ; le prochain pas reste ouvert.',
    ],
    reasons: [
      'Cela rend « {k} » assez clair pour commencer.',
      'Après, vous en saurez plus sur « {k} ».',
      'C’est faisable aujourd’hui.',
    ],
    actions: [
      'Commencez par « {k} »',
      'Notez ce qu’il faut d’abord à « {k} »',
      'Parlez de « {k} » à quelqu’un',
    ],
  },
  es: {
    hooks: [
      '{t}: lo que nadie cuenta',
      'Lo que sobra en «{t}»',
      '{t}: todo empieza más pequeño de lo que crees',
      'La respuesta corta a «{t}» no es la evidente',
      '{t}, explicado sin tecnicismos',
      'Lee esto antes de empezar con «{t}»',
    ],
    openings: [
      'Todo el mundo opina sobre «{k}». Pocos lo han probado un mes entero.',
      'Con «{k}», el primer paso siempre es más pequeño de lo que parece.',
      'Es fácil mirar «{k}» desde el lado equivocado.',
      'La mayoría de los consejos sobre «{k}» olvidan lo que importa.',
      'Esto es «{k}», en palabras sencillas.',
      'Si «{k}» parece difícil, suele sobrar una costumbre.',
    ],
    points: [
      'Elige una sola cosa, dale una semana y apunta qué cambia.',
      'Menos esperas y menos traspasos: de ahí viene «{l}».',
      'Lo que quitas importa más que lo que añades.',
      'Habla de «{l}» antes de hablar de herramientas.',
      'Decide cerca del trabajo y di en voz alta por qué.',
      'Mira «{l}» cada semana, no cada trimestre.',
    ],
    closings: [
      'Los pasos pequeños de cada día ganan a los grandes planes.',
      'Lo demás llega antes de lo que esperas.',
      'Hazlo una vez y no querrás volver atrás.',
      'No hace falta más.',
    ],
    calls: [
      '¿Cuál es tu experiencia con «{k}»? Cuéntalo en los comentarios.',
      'Guárdalo para tu próximo día de planificación.',
      'Envíalo a alguien que deba leerlo hoy.',
      'Síguenos para saber más sobre «{k}».',
      '¿Por qué parte empezarías?',
      'Dinos en qué lo ves de otra manera.',
    ],
    audience: 'Pensado para: {a}.',
    opener: '¿Con qué quieres empezar?',
    replies: [
      'Casi todo depende de «{k}». Empieza por ahí, mantenlo pequeño y mira «{l}» al cabo de una semana.',
      'Empieza por «{k}»: un paso de diez minutos. Mira después qué cambia para «{l}».',
      'Aclara primero qué significa «{k}» para ti, mira después «{l}» y decide por lo que veas.',
    ],
    turns: [
      'En «{k}» hay más que este momento: lo que salió bien antes también cuenta.',
      '«{k}» es una parte del cuadro. La otra es lo que ya has hecho.',
    ],
    questions: [
      '¿Qué podrías mirar hoy de «{k}»?',
      '¿Cuándo fue «{k}» un poco más fácil, y qué era distinto?',
    ],
    summaries: [
      'Has hablado de «{k}» y de «{l}». Lo primero está más claro; cuándo empezar queda abierto.',
      'Se trataba de «{k}» y de «{l}». Lo importante está dicho; el siguiente paso queda abierto.',
    ],
    reasons: [
      'Hace que «{k}» sea bastante claro para empezar.',
      'Después sabrás más de «{k}».',
      'Se puede hacer hoy.',
    ],
    actions: ['Empieza por «{k}»', 'Anota qué necesita primero «{k}»', 'Pregunta a alguien por «{k}»'],
  },
};
