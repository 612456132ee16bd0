import { pageTexts } from '@plinth/console';

/** Categories and permissions by their ids; all texts are in English and German. */
const LISTS = {
  'category.productivity': ['Productivity', 'Produktivität'],
  'category.projects': ['Projects', 'Projekte'],
  'category.notes': ['Notes', 'Notizen'],
  'category.communication': ['Communication', 'Kommunikation'],
  'category.calendar': ['Calendar', 'Kalender'],
  'category.research': ['Research', 'Recherche'],
  'category.business': ['Business', 'Geschäft'],
  'category.developer_tools': ['Developer tools', 'Entwicklerwerkzeuge'],
  'permission.read_tasks': ['Read your tasks', 'Deine Aufgaben lesen'],
  'permission.write_tasks': ['Create, change and delete tasks', 'Aufgaben anlegen, ändern und löschen'],
  'permission.read_notes': ['Read your notes', 'Deine Notizen lesen'],
  'permission.write_notes': ['Create, change and delete notes', 'Notizen anlegen, ändern und löschen'],
  'permission.read_projects': [
    'Read your projects and their checkpoints',
    'Deine Projekte und ihre Meilensteine lesen',
  ],
  'permission.write_projects': [
    'Create, change and delete projects and checkpoints',
    'Projekte und Meilensteine anlegen, ändern und löschen',
  ],
  'permission.read_memory': [
    'Search what the assistant remembers',
    'Durchsuchen, woran sich der Assistent erinnert',
  ],
  'permission.run_agents': [
    'Have agents work on what you ask, on your plan',
    'Agenten auf deinen Tarif für dich arbeiten lassen',
  ],
  'permission.read_files': ['Read files that you choose', 'Dateien lesen, die du auswählst'],
  'permission.write_files': ['Write files where you choose', 'Dateien dort schreiben, wo du willst'],
  'permission.notify': ['Show notifications', 'Benachrichtigungen zeigen'],
  'permission.network': ['Send to and receive from {host}', 'An {host} senden und von dort empfangen'],
} as const;

export const texts = pageTexts({
  ...LISTS,
  plugins: ['Plugins', 'Plugins'],
  browse: ['Browse', 'Stöbern'],
  installed: ['Installed', 'Installiert'],
  category: ['Category', 'Kategorie'],
  allCategories: ['All categories', 'Alle Kategorien'],
  search: ['Search plugins', 'Plugins suchen'],
  sort: ['Order', 'Reihenfolge'],
  rating: ['Best rated', 'Am besten bewertet'],
  installs: ['Most installed', 'Am meisten installiert'],
  newest: ['Newest', 'Neueste'],
  noneFits: ['No plugin fits.', 'Kein Plugin passt.'],
  noneInstalled: [
    'Nothing is installed yet. Browse the plugins.',
    'Noch ist nichts installiert. Stöbere in den Plugins.',
  ],
  name: ['Name', 'Name'],
  author: ['Author', 'Autor'],
  price: ['Price', 'Preis'],
  free: ['free', 'kostenlos'],
  ratings: ['Rating', 'Bewertung'],
  ofRatings: ['{average} of 5 ({count})', '{average} von 5 ({count})'],
  installCount: ['Installs', 'Installationen'],
  found: ['Found: {count}', 'Gefunden: {count}'],
  previous: ['Previous page', 'Vorige Seite'],
  next: ['Next page', 'Nächste Seite'],
  version: ['Version', 'Version'],
  permissions: ['What it may do', 'Was es darf'],
  noPermissions: ['It asks for nothing.', 'Es verlangt nichts.'],
  versions: ['Versions', 'Versionen'],
  published: ['Published', 'Veröffentlicht'],
  size: ['Size', 'Größe'],
  state: ['State', 'Stand'],
  has: ['You have', 'Du hast'],
  bought: ['bought', 'gekauft'],
  install: ['Allow this and install', 'Erlauben und installieren'],
  buy: ['Allow this and buy for {price}', 'Erlauben und für {price} kaufen'],
  update: ['Allow this and download {version}', 'Erlauben und {version} herunterladen'],
  adminsBuy: ['An owner or admin of the account buys it.', 'Ein Besitzer oder Admin des Kontos kauft es.'],
  membersInstall: ['Members of the account install it.', 'Mitglieder des Kontos installieren es.'],
  membersDevelop: ['Members of the account see its plugins.', 'Mitglieder des Kontos sehen seine Plugins.'],
  download: ['Download {version}', '{version} herunterladen'],
  pay: ['Pay {price}', '{price} bezahlen'],
  waiting: ['It is yours as soon as it is paid there.', 'Es gehört dir, sobald es dort bezahlt ist.'],
  verified: [
    'Version {version} was verified and downloaded.',
    'Version {version} wurde geprüft und heruntergeladen.',
  ],
  uninstall: ['Uninstall', 'Deinstallieren'],
  notOffered: ['It is not offered at the moment.', 'Es wird gerade nicht angeboten.'],
  orphaned: [
    'Its developer is gone: there will be no further version.',
    'Der Entwickler ist weg: es kommt keine weitere Version.',
  ],
  removed: [
    'It was removed: delete what you have of it. {why}',
    'Es wurde entfernt: lösche, was du davon hast. {why}',
  ],
  newPermissions: ['Waits for your consent', 'Wartet auf deine Zustimmung'],
  rate: ['Rate', 'Bewerten'],
  stars: ['Stars', 'Sterne'],
  developer: ['My plugins', 'Meine Plugins'],
  submit: ['Submit', 'Einreichen'],
  keys: ['Signing keys', 'Signaturschlüssel'],
  earnings: ['Earnings', 'Einnahmen'],
  noOwn: [
    'You have submitted nothing yet. Your plugins, their reviews and their sales are listed here: submit the first version.',
    'Du hast noch nichts eingereicht. Hier stehen deine Plugins, ihre Prüfung und ihre Verkäufe: Reiche die erste Version ein.',
  ],
  payeeNeeded: [
    'Not offered until you can be paid: see Earnings.',
    'Nicht angeboten, bis dir gezahlt werden kann: siehe Einnahmen.',
  ],
  withdraw: ['Withdraw', 'Zurückziehen'],
  draft: ['not published', 'nicht veröffentlicht'],
  offered: ['offered', 'angeboten'],
  withdrawn: ['withdrawn', 'zurückgezogen'],
  pending_upload: ['package missing', 'Paket fehlt'],
  pending_review: ['waits for review', 'wartet auf Prüfung'],
  approved: ['approved', 'freigegeben'],
  rejected: ['rejected', 'abgelehnt'],
  notes: ['Notes', 'Anmerkungen'],
  checklist: ['Checklist', 'Checkliste'],
  notChecked: ['Not checked yet.', 'Noch nicht geprüft.'],
  check: ['Check', 'Prüfung'],
  passed: ['passed', 'bestanden'],
  failed: ['failed', 'nicht bestanden'],
  look: ['to look at', 'anzusehen'],
  findings: ['Findings', 'Funde'],
  choose: ['Choose the package', 'Paket auswählen'],
  zip: ['A ZIP up to 20 MB with manifest.json at its top.', 'Ein ZIP bis 20 MB, oben darin manifest.json.'],
  noManifest: [
    'There is no readable manifest.json in this ZIP.',
    'In diesem ZIP ist kein lesbares manifest.json.',
  ],
  key: ['Key', 'Schlüssel'],
  noKeys: [
    'You have no key yet: make one under Signing keys.',
    'Du hast noch keinen Schlüssel: erstelle einen unter Signaturschlüssel.',
  ],
  signature: [
    'Private key in PEM, which stays in this page; or a signature of the SHA-256 in base64',
    'Privater Schlüssel in PEM, der diese Seite nicht verlässt; oder eine Signatur des SHA-256 in Base64',
  ],
  send: ['Sign and submit', 'Signieren und einreichen'],
  notSent: [
    'The package was not taken. Submit it again.',
    'Das Paket kam nicht an. Reiche es noch einmal ein.',
  ],
  submitted: ['{name} {version} waits for review.', '{name} {version} wartet auf Prüfung.'],
  keyName: ['Name of the key', 'Name des Schlüssels'],
  publicKey: [
    'Public key in PEM; empty: one is made here',
    'Öffentlicher Schlüssel in PEM; leer: hier wird einer erstellt',
  ],
  add: ['Add', 'Hinzufügen'],
  keyMade: [
    'Download the private key now: it is kept nowhere.',
    'Lade den privaten Schlüssel jetzt herunter: er wird nirgends aufbewahrt.',
  ],
  saveKey: ['Download the private key', 'Privaten Schlüssel herunterladen'],
  revoke: ['Revoke', 'Widerrufen'],
  revoked: ['revoked', 'widerrufen'],
  active: ['signs', 'signiert'],
  made: ['Made', 'Erstellt'],
  payee: ['Getting paid', 'Auszahlung an dich'],
  none: [
    'Say at Stripe how you are paid; free plugins need none of it.',
    'Sag bei Stripe, wie du bezahlt wirst; kostenlose Plugins brauchen das nicht.',
  ],
  onboarding: ['Stripe still asks for something.', 'Stripe fragt noch etwas.'],
  payable: ['You can be paid.', 'Dir kann gezahlt werden.'],
  restricted: ['Stripe asks for something first.', 'Stripe verlangt erst noch etwas.'],
  country: ['Where you live', 'Wo du lebst'],
  sameCountry: ['In the country of this shop', 'Im Land dieses Shops'],
  onboard: ['Open Stripe’s page', 'Stripes Seite öffnen'],
  month: ['Month', 'Monat'],
  sales: ['Sales', 'Verkäufe'],
  total: ['Paid, less refunds', 'Bezahlt, ohne Erstattetes'],
  share: ['Your share', 'Dein Anteil'],
  noSales: ['Nothing was sold in this month.', 'In diesem Monat wurde nichts verkauft.'],
  owed: ['Owed to you', 'Dir geschuldet'],
  payableNow: ['Payable now', 'Jetzt fällig'],
  minimum: ['Smallest payout', 'Kleinste Auszahlung'],
  sent: ['Paid out in all', 'Insgesamt ausgezahlt'],
  payouts: ['Payouts', 'Auszahlungen'],
  noPayouts: ['Nothing was paid out yet.', 'Noch wurde nichts ausgezahlt.'],
  open: ['under way', 'unterwegs'],
  paid: ['paid', 'bezahlt'],
  refused: ['refused, and owed as before', 'abgelehnt, weiterhin geschuldet'],
  review: ['Plugin review', 'Plugin-Prüfung'],
  queue: ['Waiting for review', 'Warten auf Prüfung'],
  noneWaits: [
    'No version waits. Each that developers submit waits here for your approval, with what the checks found.',
    'Keine Version wartet. Was Entwickler einreichen, wartet hier auf deine Freigabe, mit dem, was die Prüfungen fanden.',
  ],
  submittedAt: ['Submitted', 'Eingereicht'],
  blocked: ['a hard check failed', 'eine harte Prüfung schlug fehl'],
  ready: ['checked', 'geprüft'],
  missing: ['There is no such plugin.', 'Dieses Plugin gibt es nicht.'],
  files: ['Files changed', 'Geänderte Dateien'],
  noFiles: ['No file changed.', 'Keine Datei hat sich geändert.'],
  file: ['File', 'Datei'],
  change: ['Change', 'Änderung'],
  added: ['added', 'neu'],
  changed: ['changed', 'geändert'],
  notesForDeveloper: [
    'Notes; a rejection is mailed with them',
    'Anmerkungen; eine Ablehnung geht damit per Mail',
  ],
  approve: ['Approve', 'Freigeben'],
  reject: ['Reject', 'Ablehnen'],
  reason: ['Reason to remove it, which its users are told', 'Grund der Entfernung, den die Nutzer erfahren'],
  remove: ['Remove', 'Entfernen'],
  account: ['Developer', 'Entwickler'],
});

type Key = keyof typeof texts;
type Say = (key: Key, parts?: Readonly<Record<string, string>>) => string;

const isKey = (key: string): key is Key => Object.hasOwn(texts, key);

/** What a category is called; one that only a newer server knows, by its id. */
export function categoryText(say: Say, id: string): string {
  const key = `category.${id}`;
  return isKey(key) ? say(key) : id;
}

export function permissionText(say: Say, id: string): string {
  const [name = '', host = ''] = id.split(/:(.*)/s);
  const key = `permission.${name}`;
  return isKey(key) ? say(key, { host }) : id;
}

export const CATEGORIES = Object.keys(LISTS).flatMap((key) =>
  key.startsWith('category.') ? [key.slice('category.'.length)] : [],
);
