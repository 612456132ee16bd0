import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  inEffect: ['version {version} of the plans file is in effect', 'Version {version} der Tarifdatei gilt'],
  newer: [
    'Another operator has changed the draft or the plans ({who}). Yours is refused until you have taken over theirs.',
    'Entwurf oder Tarife wurden geändert ({who}). Deine werden abgelehnt, bis du die neuen übernommen hast.',
  ],
  takeNewer: ['Take over the new ones', 'Die neuen übernehmen'],
  form: ['Form', 'Formular'],
  text: ['Text of the file', 'Text der Datei'],
  value: ['Value', 'Wert'],
  plans: ['plans', 'Tarife'],
  add_ons: ['add-ons', 'Zusätze'],
  limits: ['limits', 'Limits'],
  features: ['features', 'Funktionen'],
  keep: ['Keep as a draft', 'Als Entwurf behalten'],
  push: ['Put into effect', 'In Kraft setzen'],
  discard: ['Discard the draft', 'Entwurf verwerfen'],
  changes: ['What would change', 'Was sich ändern würde'],
  noChanges: ['Nothing: these plans are in effect.', 'Nichts: diese Tarife gelten.'],
  touched: ['{plan}: {count} accounts', '{plan}: {count} Konten'],
  keepTerms: [
    '{count} more bought it and keep their terms',
    '{count} weitere haben ihn gekauft und behalten ihre Bedingungen',
  ],
  over: [
    '{count} of them have used more {limit} by now than they will have',
    '{count} davon haben schon mehr {limit} genutzt, als sie haben werden',
  ],
  versions: ['Versions', 'Versionen'],
  noVersions: [
    'No plans file was put into effect yet. With one, prices and limits change without a new release, and each version is kept here: push one by “plinth plans push”.',
    'Noch gilt keine Tarifdatei. Mit einer ändern sich Preise und Limits ohne neue Auslieferung, und jede Version steht hier: „plinth plans push“ setzt eine in Kraft.',
  ],
  version: ['Version', 'Version'],
  from: ['From', 'Von'],
  file: ['a file of the server', 'einer Datei des Servers'],
  api: ['the API', 'der API'],
});
