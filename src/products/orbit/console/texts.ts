import { pageTexts } from '@plinth/console';

/** Kinds of sections. All texts are in English and German. */
const SECTIONS = {
  overview: ['Overview', 'Überblick'],
  objectives: ['Objectives', 'Ziele'],
  deliverables: ['Deliverables', 'Leistungen'],
  timeline: ['Timeline', 'Zeitplan'],
  budget: ['Budget', 'Budget'],
  assumptions: ['Assumptions', 'Annahmen'],
  exclusions: ['Exclusions', 'Ausschlüsse'],
  risks: ['Risks', 'Risiken'],
  acceptance: ['Acceptance', 'Abnahme'],
  other: ['Other', 'Sonstiges'],
} as const;

const BOTH = {
  scopes: ['Scopes', 'Scopes'],
  organizations: [
    'Scopes belong to organizations. Choose one above, or make one under Members.',
    'Scopes gehören Organisationen. Wähle oben eine, oder lege unter Mitglieder eine an.',
  ],
  noScopes: [
    'No scope yet. Give one a title above: documents of your client become its sections.',
    'Noch kein Scope. Gib oben einen Titel an: Aus Dokumenten deines Kunden werden seine Abschnitte.',
  ],
  noneFits: ['No scope fits. Search for less.', 'Kein Scope passt. Suche nach weniger.'],
  titleExample: ['Title, such as: A new shop', 'Titel, etwa: Ein neuer Laden'],
  title: ['Title', 'Titel'],
  client: ['Client', 'Kunde'],
  template: ['Template', 'Vorlage'],
  noTemplate: ['Without a template', 'Ohne Vorlage'],
  create: ['Create', 'Anlegen'],
  search: ['Words in title, client, text', 'Wörter in Titel, Kunde, Text'],
  status: ['Status', 'Zustand'],
  gone: ['The document is deleted.', 'Das Dokument ist gelöscht.'],
  changed: ['Changed', 'Geändert'],
  draft: ['draft', 'Entwurf'],
  in_review: ['in review', 'in Prüfung'],
  approved: ['approved', 'freigegeben'],
  sent: ['sent', 'versandt'],
  archived: ['archived', 'abgelegt'],
  alone: ['Nobody else has it open.', 'Sonst hat ihn niemand offen.'],
  others: ['Here too: {names}', 'Auch hier: {names}'],
  editing: ['{name} (edits {title})', '{name} (bearbeitet {title})'],
  editsThis: ['{names} edits this', '{names} bearbeitet das'],
  lost: [
    'Changes of others come late: the connection to them is lost. Trying again.',
    'Änderungen anderer kommen verspätet: Die Verbindung dazu ist weg. Neuer Versuch läuft.',
  ],
  sections: ['Text', 'Text'],
  noSections: [
    'No section yet. Add one below, or extract them from documents.',
    'Noch kein Abschnitt. Füge unten einen hinzu, oder gewinne sie aus Dokumenten.',
  ],
  ...SECTIONS,
  type: ['Kind of section', 'Art des Abschnitts'],
  newTitle: ['New section', 'Neuer Abschnitt'],
  add: ['Add', 'Hinzufügen'],
  edit: ['Edit', 'Bearbeiten'],
  text: ['Text', 'Text'],
  save: ['Save', 'Speichern'],
  discard: ['Discard', 'Verwerfen'],
  conflict: [
    'Somebody has saved this section meanwhile, as below. What you typed is still here.',
    'Jemand hat diesen Abschnitt inzwischen gespeichert, wie unten steht. Was du getippt hast, ist noch da.',
  ],
  deleted: [
    'Somebody has deleted this section meanwhile. What you typed is still here.',
    'Jemand hat diesen Abschnitt inzwischen gelöscht. Was du getippt hast, ist noch da.',
  ],
  keepMine: ['Save mine instead', 'Meinen speichern'],
  takeTheirs: ['Take theirs', 'Ihren nehmen'],
  addAgain: ['Add it again', 'Wieder hinzufügen'],
  place: ['{name}, page {page}', '{name}, Seite {page}'],
  pageOf: ['Page {page} of {pages}', 'Seite {page} von {pages}'],
  comments: ['Comments', 'Kommentare'],
  noComments: ['No comment yet.', 'Noch kein Kommentar.'],
  words: ['What should others know?', 'Was sollen andere wissen?'],
  comment: ['Comment', 'Kommentieren'],
  answer: ['Your answer', 'Deine Antwort'],
  reply: ['Answer', 'Antworten'],
  resolve: ['Resolve', 'Erledigt'],
  resolved: ['resolved', 'erledigt'],
  reopen: ['Reopen', 'Wieder öffnen'],
  saidNoMore: ['deleted', 'gelöscht'],
  documents: ['Documents', 'Dokumente'],
  document: ['Document', 'Dokument'],
  noDocuments: [
    'No document yet. Upload what your client wrote.',
    'Noch kein Dokument. Lade hoch, was dein Kunde geschrieben hat.',
  ],
  upload: ['Upload a document', 'Dokument hochladen'],
  formats: ['PDF, Word, Markdown, text, HTML, PNG, JPEG', 'PDF, Word, Markdown, Text, HTML, PNG, JPEG'],
  notSent: ['not sent', 'nicht gesendet'],
  pending: ['waits', 'wartet'],
  processing: ['is read', 'wird gelesen'],
  completed: ['done', 'fertig'],
  failed: ['failed', 'gescheitert'],
  queued: ['waits', 'wartet'],
  running: ['is made', 'wird erstellt'],
  cancelled: ['cancelled', 'abgebrochen'],
  pages: ['Pages', 'Seiten'],
  size: ['Size', 'Größe'],
  download: ['Download', 'Herunterladen'],
  extraction: ['Extraction', 'Auswertung'],
  extract: ['Extract sections from {count} documents', 'Abschnitte aus {count} Dokumenten gewinnen'],
  oneCall: ['It is one AI call, however long they are.', 'Das ist ein KI-Aufruf, wie lang sie auch sind.'],
  parts: ['{done} of {total} parts read', '{done} von {total} Teilen gelesen'],
  cancel: ['Cancel', 'Abbrechen'],
  extracted: ['{items} findings in {sections} new sections', '{items} Funde in {sections} neuen Abschnitten'],
  notRead: ['Not read: {name}, pages {pages} ({reason})', 'Nicht gelesen: {name}, Seiten {pages} ({reason})'],
  contradict: [
    'Documents contradict each other: {subject}: {values}',
    'Dokumente widersprechen sich: {subject}: {values}',
  ],
  exports: ['Export', 'Export'],
  noExports: [
    'No file yet. Choose a format and export.',
    'Noch keine Datei. Wähle ein Format, und exportiere.',
  ],
  export: ['Export', 'Exportieren'],
  format: ['Format', 'Format'],
  withSources: ['With the sources', 'Mit den Quellen'],
  made: ['Made', 'Erstellt'],
} as const;

type Key = keyof typeof BOTH;
const textsAt = (language: 0 | 1) =>
  Object.fromEntries(Object.entries(BOTH).map(([key, both]) => [key, both[language]])) as Record<Key, string>;

export const texts = pageTexts({ en: textsAt(0), de: textsAt(1) });

type Kind = keyof typeof SECTIONS;
export const KINDS = Object.keys(SECTIONS) as readonly Kind[];

/** What is chosen from, by what it is called. */
export const namesOf = <K extends Key>(keys: readonly K[], say: (key: K) => string) =>
  Object.fromEntries(keys.map((key) => [key, say(key)])) as Record<K, string>;
