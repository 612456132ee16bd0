import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  by: ['Grouped by', 'Gruppiert nach'],
  product: ['By product', 'Nach Produkt'],
  feature: ['By feature', 'Nach Funktion'],
  model: ['By model', 'Nach Modell'],
  key: ['By key', 'Nach Schlüssel'],
  show: ['Shown', 'Gezeigt'],
  cost: ['Cost', 'Kosten'],
  charge: ['Charge', 'Preis'],
  calls: ['Calls', 'Aufrufe'],
  tokens: ['Tokens', 'Token'],
  days: ['Days', 'Tage'],
  last: ['Last {days} days', 'Letzte {days} Tage'],
  others: ['Others', 'Andere'],
  person: ['A person, without a key', 'Eine Person, ohne Schlüssel'],
  sum: ['Sum', 'Summe'],
  sums: ['Sums', 'Summen'],
  daily: ['By day', 'Nach Tag'],
  day: ['Day', 'Tag'],
  chart: ['{what} by day, the largest on {day}: {most}', '{what} nach Tag, am meisten am {day}: {most}'],
  hide: ['Leave out or show', 'Weglassen oder zeigen'],
  none: [
    'Nothing was used in these days. Send a call from the first page, or choose more days.',
    'In diesen Tagen wurde nichts genutzt. Sende einen Aufruf von der ersten Seite, oder wähle mehr Tage.',
  ],
  cut: [
    'There are more groups than are shown: choose fewer days.',
    'Es gibt mehr Gruppen, als gezeigt werden: wähle weniger Tage.',
  ],
});
