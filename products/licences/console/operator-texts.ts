import { pageTexts } from '@plinth/console';

export const DAYS = ['7', '30', '90'] as const;

/** A day of UTC, so many before today. */
export const daysAgo = (days: number): string =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** Events of the compliance report, as the API names them. */
export const ACTIONS = [
  'account.closed',
  'account.erased',
  'account.restored',
  'audit.exported',
  'export.asked',
  'export.downloaded',
  'export.ready',
  'privacy.settings_changed',
  'user.closed',
  'user.erased',
  'user.restored',
  'privacy.released',
] as const;

export const texts = pageTexts({
  tenants: ['Activity', 'Aktivität'],
  'tenants.about': [
    'Calls, cost, memory and sessions of each account.',
    'Aufrufe, Kosten, Gedächtnis und Sitzungen jedes Kontos.',
  ],
  'tenants.none': [
    'No account yet. Each one is listed here, with zeros until it does something.',
    'Noch kein Konto. Jedes steht hier, mit Nullen, bis es etwas tut.',
  ],
  span: ['Days', 'Tage'],
  lastDays: ['Last {days} days', 'Letzte {days} Tage'],
  customer: ['Customer', 'Kunde'],
  calls: ['Calls', 'Aufrufe'],
  cost_micros: ['Model cost', 'Modellkosten'],
  memory_messages: ['Messages remembered', 'Gemerkte Nachrichten'],
  sessions: ['Licence sessions', 'Lizenzsitzungen'],
  activeDays: ['Active days', 'Aktive Tage'],
  lastActive: ['Last active', 'Zuletzt aktiv'],
  anomalies: ['Unusual days', 'Ungewöhnliche Tage'],
  'anomalies.about': [
    'Days of the last month on which an account did far more than on the same weekday before.',
    'Tage des letzten Monats, an denen ein Konto weit mehr tat als am gleichen Wochentag zuvor.',
  ],
  'anomalies.none': [
    'No account did far more than usual. A leaked key or a loop in a client would show here.',
    'Kein Konto tat weit mehr als üblich. Ein entwendeter Schlüssel oder eine Schleife in einem Client stünde hier.',
  ],
  day: ['Day', 'Tag'],
  measure: ['Measure', 'Maß'],
  value: ['That day', 'An dem Tag'],
  usual: ['Usual', 'Üblich'],
  madeOf: ['{measure} of {day}', '{measure} vom {day}'],
  weeks: ['The same weekday before, and this day', 'Der gleiche Wochentag zuvor und dieser Tag'],
  parts: ['The largest parts of it', 'Die größten Teile davon'],
  'parts.none': ['Its parts are not known any more.', 'Die Teile davon sind nicht mehr bekannt.'],
  feature: ['Feature', 'Funktion'],
  model: ['Model', 'Modell'],
  user: ['User', 'Person'],
  compliance: ['Compliance', 'Compliance'],
  report: ['Report', 'Bericht'],
  releases: ['Releases', 'Veröffentlichungen'],
  what: ['Event', 'Ereignis'],
  anything: ['Any event', 'Jedes Ereignis'],
  when: ['When', 'Wann'],
  proof: ['Proof', 'Nachweis'],
  'proof.rows': [
    '{before} rows before, {after} after, in {tables} tables',
    '{before} Zeilen zuvor, {after} danach, in {tables} Tabellen',
  ],
  'report.none': [
    'Nothing was exported, erased or released in a year. Each of these is listed here, an erasure with its proof.',
    'In einem Jahr wurde nichts exportiert, gelöscht oder veröffentlicht. All das steht hier, eine Löschung mit ihrem Nachweis.',
  ],
  'account.closed': ['Account closed', 'Konto geschlossen'],
  'account.erased': ['Account erased', 'Konto gelöscht'],
  'account.restored': ['Account restored', 'Konto wiederhergestellt'],
  'audit.exported': ['Audit log exported', 'Protokoll exportiert'],
  'export.asked': ['Export asked for', 'Export verlangt'],
  'export.downloaded': ['Export downloaded', 'Export geladen'],
  'export.ready': ['Export ready', 'Export fertig'],
  'privacy.settings_changed': ['Statistics: opted in or out', 'Statistik: ein- oder ausgetragen'],
  'user.closed': ['User closed', 'Person geschlossen'],
  'user.erased': ['User erased', 'Person gelöscht'],
  'user.restored': ['User restored', 'Person wiederhergestellt'],
  'privacy.released': ['Statistics released', 'Statistik veröffentlicht'],
  optOut: ['Opt out', 'Austragen'],
  'optOut.about': [
    'Takes accounts out of platform-wide statistics. An account takes part by its own choice alone.',
    'Nimmt Konten aus den Statistiken der Plattform. Teil nimmt ein Konto nur durch eigene Wahl.',
  ],
  'optOut.accounts': ['Ids of accounts', 'Kennungen von Konten'],
  'optOut.done': ['Accounts taken out: {count}', 'Ausgetragene Konten: {count}'],
  released: ['Released', 'Veröffentlicht'],
  period: ['Period', 'Zeitraum'],
  epsilon: ['Epsilon', 'Epsilon'],
  left: ['Budget left', 'Budget übrig'],
  group: ['Smallest group', 'Kleinste Gruppe'],
  kinds: ['Kinds', 'Arten'],
  shown: ['Shown', 'Gezeigt'],
  'releases.none': [
    'Nothing was released over all accounts yet. A release is listed here with its noise and what is left of the budget.',
    'Noch wurde über alle Konten nichts veröffentlicht. Eine Veröffentlichung steht hier mit ihrem Rauschen und dem Rest des Budgets.',
  ],
});
