import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  none: [
    'Nothing has been billed yet. The first invoice comes with the first plan that is paid:',
    'Es wurde noch nichts berechnet. Die erste Rechnung kommt mit dem ersten bezahlten Tarif:',
  ],
  number: ['Invoice', 'Rechnung'],
  issued: ['Issued', 'Gestellt'],
  what: ['What', 'Wofür'],
  state: ['State', 'Stand'],
  tax: ['Tax in it', 'Steuer darin'],
  total: ['Total', 'Summe'],
  past: ['past {limit}', 'über {limit} hinaus'],
  open: ['open', 'offen'],
  paid: ['paid', 'bezahlt'],
  void: ['void', 'aufgehoben'],
  uncollectible: ['written off', 'abgeschrieben'],
  refunded: ['{amount} refunded', '{amount} erstattet'],
  pay: ['Pay', 'Bezahlen'],
  again: ['tried again', 'nächster Versuch'],
});
