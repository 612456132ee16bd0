/** A thing that people come to do, named by its verbs, and the page where they do it. The search finds it in both languages. */
interface Verb {
  readonly to: string;
  readonly text: readonly [en: string, de: string];
  readonly isOperators?: boolean;
}

export const VERBS: readonly Verb[] = [
  { to: '/app/plan', text: ['Upgrade, change or cancel the plan', 'Tarif upgraden, wechseln oder kündigen'] },
  { to: '/app/invoices', text: ['Pay or download an invoice', 'Rechnung bezahlen oder herunterladen'] },
  { to: '/app/keys', text: ['Create an API key', 'API-Schlüssel anlegen'] },
  { to: '/app/keys', text: ['Revoke or rotate an API key', 'API-Schlüssel widerrufen oder erneuern'] },
  { to: '/app/members', text: ['Invite or remove a member', 'Mitglied einladen oder entfernen'] },
  {
    to: '/app/security',
    text: ['Change the password or the second factor', 'Passwort oder zweiten Faktor ändern'],
  },
  {
    to: '/app/security',
    text: ['Export or delete my data', 'Meine Daten exportieren oder löschen'],
  },
  {
    to: '/app/customers',
    isOperators: true,
    text: ['Refund a customer’s payment', 'Zahlung eines Kunden erstatten'],
  },
  {
    to: '/app/customers',
    isOperators: true,
    text: ['Give a customer credits or a plan', 'Kunden Guthaben oder Tarif geben'],
  },
  {
    to: '/app/customers',
    isOperators: true,
    text: ['Suspend or reinstate a customer', 'Kunden sperren oder entsperren'],
  },
  { to: '/app/payouts', isOperators: true, text: ['Pay out what is owed', 'Auszahlen, was geschuldet ist'] },
  {
    to: '/app/dead-letters',
    isOperators: true,
    text: ['Replay a dead letter', 'Gescheiterte Nachricht wiederholen'],
  },
  {
    to: '/app/providers',
    isOperators: true,
    text: ['Route a model to another provider', 'Modell zu einem anderen Anbieter leiten'],
  },
  {
    to: '/app/webhooks',
    isOperators: true,
    text: ['Test or replay a webhook', 'Webhook prüfen oder wiederholen'],
  },
];
