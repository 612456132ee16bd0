import { pageTexts } from '@plinth/console';

export const texts = pageTexts({
  studio: ['Studio', 'Studio'],
  topic: ['Topic', 'Thema'],
  topicExample: ['Why small teams ship faster', 'Warum kleine Teams schneller liefern'],
  platform: ['Platform', 'Plattform'],
  language: ['Language', 'Sprache'],
  boosted: ['{boost} until {end}', '{boost} bis {end}'],
  boost: ['{boost}: {plan} for {days} days, {price} once', '{boost}: {plan} für {days} Tage, einmal {price}'],
  variants: ['Variants', 'Varianten'],
  write: ['Write', 'Schreiben'],
  writing: ['Variants written: {count}', 'Geschriebene Varianten: {count}'],
  stop: ['Stop', 'Anhalten'],
  chosen: ['chosen', 'gewählt'],
  choose: ['Choose', 'Wählen'],
  edit: ['Edit', 'Bearbeiten'],
  done: ['Done', 'Fertig'],
  save: ['Save to the library', 'In die Bibliothek'],
  saved: ['In the library', 'In der Bibliothek'],
  tooLong: ['longer than {platform} takes', 'länger, als {platform} nimmt'],
  again: ['Write anew', 'Neu schreiben'],
  part: ['Part', 'Teil'],
  hook: ['First line', 'Erste Zeile'],
  body: ['Text', 'Text'],
  cta: ['What readers should do', 'Was Leser tun sollen'],
  hashtags: ['Hashtags', 'Hashtags'],
  whole: ['Everything', 'Alles'],
  wish: ['What should be different', 'Was anders sein soll'],
  chooseFirst: [
    'Choose a variant first: its parts are written anew, and the rest of it stays.',
    'Wähle zuerst eine Variante: Teile von ihr werden neu geschrieben, der Rest bleibt.',
  ],
  drafts: ['Drafts', 'Entwürfe'],
  noDrafts: [
    'No draft yet. Name a topic above, and press Write.',
    'Noch kein Entwurf. Nenne oben ein Thema, und drücke auf Schreiben.',
  ],
  when: ['When', 'Wann'],
  library: ['Library', 'Bibliothek'],
  search: ['Words, a “phrase”, -without', 'Wörter, eine „Wendung“, -ohne'],
  allPlatforms: ['All platforms', 'Alle Plattformen'],
  noAssets: [
    'Nothing here. What you save in the studio is kept here.',
    'Hier ist nichts. Was du im Studio behältst, steht hier.',
  ],
  nothingFound: ['Nothing has these words.', 'Nichts hat diese Wörter.'],
  status: ['Status', 'Zustand'],
  tags: ['Tags', 'Schlagwörter'],
  remove: ['To the trash', 'In den Papierkorb'],
  restore: ['Restore', 'Zurückholen'],
  trash: ['Trash', 'Papierkorb'],
  noTrash: ['The trash is empty.', 'Der Papierkorb ist leer.'],
});

/** Platforms that posts are written for, each as it calls itself. */
export const PLATFORMS = {
  linkedin: 'LinkedIn',
  x: 'X',
  instagram: 'Instagram',
  tiktok: 'TikTok',
  youtube: 'YouTube',
} as const;
export type Platform = keyof typeof PLATFORMS;

export const isPlatform = (value: string | undefined): value is Platform =>
  value !== undefined && Object.hasOwn(PLATFORMS, value);

/** A platform's own name; one that a repository of yours adds is called as in the API. */
export const platformName = (platform: string): string =>
  isPlatform(platform) ? PLATFORMS[platform] : platform;

/** Languages that posts are written in, each as its speakers call it; the API takes any other one, too. */
export const LANGUAGES = [
  ['en', 'English'],
  ['de', 'Deutsch'],
  ['fr', 'Français'],
  ['es', 'Español'],
  ['it', 'Italiano'],
  ['pt-BR', 'Português'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['ja', '日本語'],
] as const;

export const languageName = (tag: string): string => LANGUAGES.find(([one]) => one === tag)?.[1] ?? tag;
